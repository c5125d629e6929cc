"""The documents: every command runs, every query too, every link resolves, generated pages are current.

A command in a ```sh block runs here where it is cheap (RUN), or a test that runs it is named (ELSEWHERE).
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter

from activities.search_attributes import ALL
from docs.pages.lifecycle import COHORT_DIAGRAM, PAIRING_DIAGRAM
from domain.decider import Actor, Role
from domain.pairing.decider import evolve
from domain.pairing.proposal import CreatePairing
from domain.pairing.state import ACTIVE, ENDED, Pairing, Party, Stage
from embedded.ground import Ground
from intake.program_file import read_program
from rehearsal.assumptions import Assumptions, changed
from rehearsal.simulation import simulate
from serving.settings import Settings
from tests.acceptance.command_line import PAIRLOOM, PROJECT, run
from tests.acceptance.handbook import handbook_commands
from worker import running_worker
from workflows.contract import TASK_QUEUE, PairingInput
from workflows.pairing import PairingWorkflow

DOCUMENTS = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "deploy/README.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
]

DEMO, DOCS = "tests/acceptance/test_demo.py", "tests/acceptance/test_docs.py"
COHORT, STORE = ".venv/bin/pairloom cohort", ".venv/bin/pairloom store"
STORE_TESTS = "tests/acceptance/test_store_commands.py"
CHAOS = "tests/chaos/test_store.py::test_whoever_is_killed_nothing_acknowledged_is_lost_or_doubled"
RECONCILE = "tests/integration/test_reconcile.py"
REHEARSE = ".venv/bin/pairloom rehearse examples/digital-fluency.yaml examples/roster.csv"
REHEARSALS = "tests/acceptance/test_rehearse.py"
REHEARSED = f"{REHEARSALS}::test_a_program_is_rehearsed_and_compared"
DIFFERENTIAL = "tests/differential/test_differential.py::test_the_real_server_and_the_simulation_give_the_same_events"
WITH_A_START = "tests/acceptance/test_cohort_commands.py::test_what_is_wrong_is_a_sentence_and_an_exit_code"
HANDBOOK = "tests/acceptance/test_handbook.py::test_every_command_of_the_handbook_does_what_it_says"
ELSEWHERE = {
    **dict.fromkeys(handbook_commands(), HANDBOOK),
    "make demo": f"{DEMO}::test_every_pairing_ends_with_an_outcome_and_a_reason",
    'make demo ARGS="--keep"': f"{DEMO}::test_the_report_says_where_to_look_and_what_happened",
    'make demo ARGS="--json demo.json"': f"{DEMO}::test_the_written_figures_are_those_of_the_store",
    'make demo ARGS="--seed 8 --roster examples/roster.csv --program examples/digital-fluency.yaml"': (
        f"{DEMO}::test_the_real_server_and_the_pure_simulation_tell_the_same_stories"
    ),
    REHEARSE: REHEARSED,
    f"{REHEARSE} --html rehearsal.html --json rehearsal.json": REHEARSED,
    f"{REHEARSE} --compare stricter.yaml": REHEARSED,
    f"{REHEARSE} --people examples/people.yaml": REHEARSED,
    f"{REHEARSE} --on-server": f"{REHEARSALS}::test_one_run_is_held_to_a_real_server",
    ".venv/bin/pairloom rehearse --fit spring --to people.yaml": (
        f"{REHEARSALS}::test_a_running_cohort_is_rehearsed_to_its_end"
    ),
    ".venv/bin/pairloom rehearse --live spring": f"{REHEARSALS}::test_a_running_cohort_is_rehearsed_to_its_end",
    "make rehearse-differential": DIFFERENTIAL,
    'make rehearse-differential CASES=12 ARGS="--seed 5"': DIFFERENTIAL,
    "make stop": f"{DEMO}::test_every_pairing_ends_with_an_outcome_and_a_reason",
    "make worker": f"{DEMO}::test_a_killed_worker_changes_nothing_but_recorded_times",
    "make dev": "tests/acceptance/test_development.py::test_data_stays_between_two_runs",
    "make screenshots": f"{DOCS}::test_screenshots_without_a_demo_are_a_sentence",
    "make setup": f"{DOCS}::test_make_would_run_what_the_documents_say",
    "make test": f"{DOCS}::test_make_would_run_what_the_documents_say",
    "make deploy-check": f"{DOCS}::test_make_would_run_what_the_documents_say",
    "make lint": f"{DOCS}::test_make_would_run_what_the_documents_say",
    "make unit": f"{DOCS}::test_make_would_run_what_the_documents_say",
    'make unit ARGS="-k offer"': f"{DOCS}::test_make_would_run_what_the_documents_say",
    f"{COHORT} approve spring --as head-of-learning --start 2027-01-11": WITH_A_START,
    "make chaos ROUNDS=30": "tests/chaos/test_lifecycle.py::"
    "test_whoever_is_killed_pairings_go_on_and_nothing_is_lost_or_doubled",
    "make flood": "tests/integration/test_hostile_messages.py::test_a_flood_of_signals",
    "make chaos-store": CHAOS,
    "make chaos-store ROUNDS=10": CHAOS,
    "make bench NAME=event_store": "tests/unit/test_benchmarks.py::test_a_benchmark_that_is_not_there_is_a_sentence",
    f"{STORE} migrate": f"{STORE_TESTS}::test_migrate_says_what_it_did_and_can_be_repeated",
    f"{STORE} verify": f"{STORE_TESTS}::test_verify_holds_against_its_own_anchor_and_finds_a_change",
    f"{STORE} lag": f"{STORE_TESTS}::test_rebuild_fills_a_read_model_without_a_worker",
    f"{STORE} rebuild standing": f"{STORE_TESTS}::test_rebuild_fills_a_read_model_without_a_worker",
    f"{STORE} export spring --to spring.jsonl": f"{STORE_TESTS}::test_export_gives_analysts_everything_but_who",
    f"{STORE} export spring --to spring.parquet --format parquet": (
        f"{STORE_TESTS}::test_export_gives_analysts_everything_but_who"
    ),
    ".venv/bin/pairloom reconcile --dry-run": f"{RECONCILE}::test_a_terminated_pairing_goes_on_from_its_stream",
    ".venv/bin/pairloom reconcile --ahead": f"{RECONCILE}::test_workflows_that_are_ahead_of_their_stream_are_named",
    ".venv/bin/pairloom reconcile": f"{RECONCILE}::test_a_terminated_pairing_goes_on_from_its_stream",
    ".venv/bin/python -m docs.generate": f"{DOCS}::test_generated_pages_are_current",
}
"""Commands that are too dear or too far-reaching to run here, and the test that runs what they do."""

RUN: dict[str, Callable[[list[str]], list[str]]] = {
    ".venv/bin/pairloom ": lambda words: [*PAIRLOOM, *words[1:]],
    'make demo ARGS="--help"': lambda _: [*PAIRLOOM, "demo", "--help"],
    ".venv/bin/python -m pytest ": lambda words: [sys.executable, *words[1:], "--collect-only", "-q"],
    ".venv/bin/python -m docs.generate --check": lambda words: [sys.executable, *words[1:]],
}
"""By how a command starts: the cheap form of it that runs here."""

TEMPORAL = ".venv/bin/temporal "
"""Runs here against a server with one pairing."""

NOT_YET = {"domain/pairing/handover.py", "tests/unit/pairing/test_handover.py"}
"""Files of the example in CONTRIBUTING.md."""


def blocks(language: str) -> Iterator[tuple[Path, str]]:
    """Every fenced block of a language."""
    for document in DOCUMENTS:
        for found in re.finditer(rf"^ *```{language}\n(.*?)^ *```$", document.read_text("utf-8"), re.M | re.S):
            yield document, found[1]


def sh_commands() -> list[str]:
    """Every command of every ```sh block, once, on one line."""
    joined = (text.replace("\\\n", " ") for _, text in blocks("sh"))
    return list(dict.fromkeys(" ".join(line.split()) for text in joined for line in text.splitlines() if line.strip()))


def cheap(command: str) -> list[str] | None:
    """What to run here for the command, if anything."""
    if command in ELSEWHERE:
        return None
    return next((form(shlex.split(command)) for start, form in RUN.items() if command.startswith(start)), None)


@pytest.mark.parametrize("command", sh_commands())
def test_somebody_runs_the_command(command: str) -> None:
    assert command in ELSEWHERE or cheap(command) or command.startswith(TEMPORAL), (
        f"{command!r} is in a document and no test runs it: add it to RUN or ELSEWHERE in {DOCS}"
    )


@pytest.mark.parametrize("command", [command for command in sh_commands() if cheap(command)])
def test_the_command_succeeds(command: str) -> None:
    done = subprocess.run(
        cheap(command) or [], cwd=PROJECT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("command", "test"), ELSEWHERE.items())
def test_the_test_elsewhere_exists_and_its_command_is_in_a_document(command: str, test: str) -> None:
    file, _, name = test.partition("::")
    assert re.search(rf"^(async )?def {name}\(", (PROJECT / file).read_text("utf-8"), re.M)
    assert command in sh_commands()


@pytest.mark.parametrize(
    ("target", "parts"),
    [
        ("setup", []),
        ("test", ["ruff check .", "mypy --strict", "lint-imports", "-m pytest"]),
        ("lint", ["ruff check .", "ruff format --check .", "mypy --strict", "lint-imports"]),
        ("deploy-check", ["pytest tests/deploy"]),
        ("unit", ["-m pytest tests/unit"]),
    ],
)
def test_make_would_run_what_the_documents_say(target: str, parts: list[str]) -> None:
    done = subprocess.run(["make", "-n", target], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert all(part in done.stdout for part in parts)


def test_screenshots_without_a_demo_are_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "docs/screenshots.py", "--data", str(tmp_path), "--into", str(tmp_path)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "No demo is running" in done.stderr or "apt-get install chromium" in done.stderr
    assert "Traceback" not in done.stderr


def test_generated_pages_are_current() -> None:
    command = [sys.executable, "-m", "docs.generate", "--check"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_options_of_the_demo_are_in_the_readme() -> None:
    readme = (PROJECT / "README.md").read_text("utf-8")
    options = set(re.findall(r"--[a-z]+", run("demo", "--help", COLUMNS="200").stdout)) - {"--help"}
    assert options >= {"--keep", "--seed"}
    assert {option for option in options if f"`{option}" not in readme} == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.relative_to(PROJECT).as_posix())
def test_links_and_named_files_exist(document: Path) -> None:
    text = document.read_text("utf-8")
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if urlsplit(link).scheme:
            continue
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), f"{link} leads nowhere"
        assert not anchor or anchor in _anchors(target), f"{link}: there is no such heading"
    for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|sql|toml|yaml|md|csv|service))`", text):
        assert name in NOT_YET or (PROJECT / name).exists() or (document.parent / name).exists(), f"no file {name}"


def _anchors(document: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.fixture
def creation() -> CreatePairing:
    """The pairing that the documents speak of, its offer due a minute ago."""
    return CreatePairing(
        by=Actor(role=Role.COORDINATOR, id="launch"),
        key="create",
        pairing="P032~P031",
        cohort="spring",
        design=read_program(PROJECT / "examples" / "digital-fluency.yaml"),
        mentor=Party(participant="P032", zone="Europe/London"),
        mentee=Party(participant="P031", zone="Europe/London"),
        starts_at=datetime.now(UTC) - timedelta(minutes=1),
    )


@pytest_asyncio.fixture
async def namespace(ground: Ground) -> str:
    """A namespace of the test's own: which version is current must not reach other tests."""
    name = f"docs-{uuid4().hex}"
    code, said = await _temporal(ground, f"temporal operator namespace create --namespace {name}")
    assert code == 0, said
    return name


@pytest_asyncio.fixture
async def deployment(ground: Ground, namespace: str, database_url: str, creation: CreatePairing) -> AsyncIterator[str]:
    """A worker of version 0.1.0 in the namespace, and the example's pairing, which waits for that to be current."""
    await _until(ground, "temporal workflow list", namespace)
    client = await Client.connect(ground.temporal_address, namespace=namespace, data_converter=pydantic_data_converter)
    async with running_worker(client, Settings(database_url, build_id="0.1.0")):
        await client.start_workflow(
            PairingWorkflow.run,
            PairingInput(create=creation),
            id="pairing/spring/P032~P031",
            task_queue=TASK_QUEUE,
        )
        yield namespace


async def test_the_temporal_commands_succeed(ground: Ground, deployment: str) -> None:
    commands = [command for command in sh_commands() if command.startswith(TEMPORAL)]
    version = [command for command in commands if "set-current-version" in command]
    assert len(commands) > len(version) == 1
    await _until(ground, version[0], deployment)  # refused until the server has heard of the worker
    asked = f"{TEMPORAL} workflow query --workflow-id pairing/spring/P032~P031 --name version"
    await _until(ground, asked, deployment, says="2")  # created, offered
    for command in commands:
        if command not in version:
            code, said = await _temporal(ground, command, deployment)
            assert code == 0, said


async def test_every_saved_query_is_one_that_the_server_answers(ground: Ground, deployment: str) -> None:
    page = (PROJECT / "docs" / "admins.md").read_text("utf-8")
    queries = dict(re.findall(r"^\| ([^|]+) \| `((?:WorkflowType|Pairloom)[^`|]+)` \|$", page, re.M))
    assert {"RED pairings of a cohort", "Waiting for a mentor's answer"} <= set(queries)
    client = await Client.connect(ground.temporal_address, namespace=deployment)
    for query in queries.values():
        await client.count_workflows(query)
    one = "temporal operator search-attribute create"
    [command] = [command for command in sh_commands() if one in command]
    assert re.findall(r"--name (\w+) --type (\w+)", command) == [
        (key.name, key.indexed_value_type.name.title().replace("_L", "L").replace("_", "")) for key in ALL
    ]


async def _until(ground: Ground, command: str, namespace: str, says: str = "") -> None:
    for _ in range(60):
        code, said = await _temporal(ground, command, namespace)
        if code == 0 and says in said:
            return
        await asyncio.sleep(0.25)
    raise AssertionError(said)


async def _temporal(ground: Ground, command: str, namespace: str = "default") -> tuple[int, str]:
    """The command as documented, with address and namespace where the CLI looks for them."""
    process = await asyncio.create_subprocess_exec(
        *(str(Path(sys.executable).with_name("temporal")), *shlex.split(command)[1:]),
        env=os.environ | {"TEMPORAL_ADDRESS": ground.temporal_address, "TEMPORAL_NAMESPACE": namespace},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_every_sql_statement_runs(database_url: str) -> None:
    statements = [text for _, text in blocks("sql")]
    assert len(statements) >= 4
    connection = await asyncpg.connect(database_url)
    try:
        for text in statements:
            change = connection.transaction()
            await change.start()
            await connection.execute(text)
            await change.rollback()
    finally:
        await connection.close()


def test_pairings_change_their_stage_only_along_the_arrows_of_the_diagram(creation: CreatePairing) -> None:
    troubled = changed(
        Assumptions(),
        {
            "mentor.declines_offer": 0.1,
            "mentee.ignores_offer": 0.1,
            "mentor.asks_to_exit": 0.4,
            "mentee.goes_on_leave": 0.6,
        },
    )
    seen: set[tuple[Stage, Stage]] = set()
    for seed in range(60):
        state: Pairing | None = None
        for event in simulate(creation, seed, troubled):
            before, state = state, evolve(state, event)
            if before is not None and before.stage is not state.stage:
                seen.add((before.stage, state.stage))
    assert len(seen) >= 12
    assert seen <= _arrows()


def test_the_diagrams_are_on_the_page() -> None:
    drawn = [text.strip() for document, text in blocks("mermaid") if document.name == "lifecycle.md"]
    assert drawn == [PAIRING_DIAGRAM, COHORT_DIAGRAM]


def _arrows() -> set[tuple[Stage, Stage]]:
    groups = {"ACTIVE": list(ACTIVE), "ANY": [stage for stage in Stage if stage not in ENDED], "[*]": []}
    arrows: set[tuple[Stage, Stage]] = set()
    for source, target in re.findall(r"^ +(\S+) --> ([^:\s]+)", PAIRING_DIAGRAM, re.M):
        sources = groups[source] if source in groups else [Stage(source)]
        targets = groups[target] if target in groups else [Stage(target)]
        arrows |= {(a, b) for a in sources for b in targets}
    return arrows
