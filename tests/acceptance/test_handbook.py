"""The handbook, walked through from its first command to its last on a system that runs: each does what it says."""

from __future__ import annotations

import asyncio
import json
import shlex
from pathlib import Path

from typer.testing import CliRunner

from eventstore.people import people
from eventstore.store import EventStore
from operations.cli import app
from operations.servers import running_ground
from tests.acceptance.command_line import development, run
from tests.acceptance.handbook import handbook_commands

SAID = {
    "program check": "no mistakes found",
    "roster check examples/late-joiners.csv": "1 mentor, 1 mentee: no mistakes found, beside the people of spring",
    "roster check": "no mistakes found",
    "cohort create spring": "on the waiting list",
    "cohort show spring": "REVIEW",
    "cohort explain spring P032": "is paired with",
    "cohort explain spring P001": "has no partner",
    "cohort match spring --what-if": "With the weights skills 8",
    "cohort override spring pin": "is made anew around your correction",
    "cohort override spring forbid": "28 pairs stay, 1 goes, 1 comes instead",
    "cohort create autumn": "Somebody says yes:  pairloom cohort act autumn accept_invitation --as mentee:P001",
    "cohort act autumn accept_invitation --as mentor:P032": "A mentor enrolled.",
    "cohort act autumn accept_invitation --as mentee:P002": "A mentee enrolled.",
    "cohort act autumn decline_invitation": "Somebody does not take part.",
    "cohort show autumn": "68 people invited: 2 take part, 1 declined, 65 have not answered.",
    "cohort match autumn": "1 mentor and 1 mentee take part",
    "cohort approve spring": "approved by head-of-learning",
    "cohort launch spring": "pairings of spring are launched.",
    "today": "approve pairs",
    "cohort list": "spring  RUNNING",
    "cohort status spring": "launched",
    "pairing show spring/P032~P031": "accept_offer or decline_offer",
    "pairing history spring/P032~P031": "The pairing was offered to both.",
    "pairing commands": "schedule_meeting",
    "pairing act spring/P032~P031 accept_offer --as mentor:P032": "The mentor accepted the offer.",
    "pairing act spring/P032~P031 accept_offer --as mentee:P031": "and the program began.",
    "pairing act spring/P032~P031 complete_training --as service:": "The mentor completed the training.",
    "pairing act spring/P032~P031 waive_training": "The mentee's training was waived.",
    "pairing act spring/P032~P031 pause": "The pairing was paused until further notice",
    "pairing act spring/P032~P031 resume": "The pairing goes on.",
    "pairing act spring/P032~P031 close_early": "The pairing was closed early",
    "pairing act spring/P032~P031 undo_close": "The close was taken back",
    "cohort suspend spring": "spring is SUSPENDED.",
    "cohort resume spring": "spring is RUNNING.",
    "cohort amend spring --program examples/digital-fluency-2.yaml --preview": "Nothing was changed",
    "cohort amend spring --program examples/digital-fluency-2.yaml --yes": '"AMBER without a meeting held" moves in 1',
    "cohort commands": "suspend_cohort",
    "cohort join spring": "On the waiting list of spring now, 2 people: P069, P070.",
    "cohort act spring approve_rematches": "Re-matches were approved: ",
    "store export spring": "events of spring are in",
    "cohort close spring": "spring is CANCELLED.",
    "cohort hand-over spring": "people of spring in ",
    "cohort act spring erase_subject": "A participant's data are to be erased.",
}
"""By how a command begins, what it must say."""

WRITTEN = ("spring.jsonl", "next.csv")


def test_every_command_of_the_handbook_does_what_it_says(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with development(data):
        for command in handbook_commands():
            words = shlex.split(command)[1:]
            said = _run(data, [str(data / word) if word in WRITTEN else word for word in words])
            expected = next((text for start, text in SAID.items() if " ".join(words).startswith(start)), None)
            assert expected is not None, f"{command}: the test does not know what it must say"
            assert expected in said, f"{command}: {said}"
            _once_more(data, words)


def _run(data: Path, words: list[str]) -> str:
    """In this process: thirty times the start of an interpreter would be most of the test."""
    needs_no_server = words[1:2] in (["check"], ["commands"]) and "--cohort" not in words
    arguments = [*words, *([] if needs_no_server else ["--data", str(data)])]
    done = CliRunner(env={"COLUMNS": "160"}).invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, f"{words}: {done.output}"
    return done.stdout


def _once_more(data: Path, words: list[str]) -> None:
    """What the page promises of repetitions, refusals and questions, at the places where they can be tried."""
    match words:
        case ["pairing", "act", _, "accept_offer", "--as", "mentee:P031", "--key", _]:
            again = run(*words, "--data", data, "--json")
            assert json.loads(again.stdout)["receipt"]["duplicate"], "the same key happens once"
            refused = run(*words[:-1], "another-key", "--data", data, "--json")
            failure = json.loads(refused.stdout)
            assert (refused.returncode, failure["failure"], failure["code"]) == (1, "refused", "stage")
        case ["cohort", "suspend", *_]:
            unasked = run("cohort", "close", "spring", "--as", "head-of-learning", "--reason", "none", "--data", data)
            assert (unasked.returncode, "Repeat it with --yes" in unasked.stderr) == (1, True)
        case ["cohort", "create", "autumn", *_]:
            again = run(*words, "--data", data)
            assert (again.returncode, "nobody is invited now" in again.stderr) == (0, True)
            enrols = run(*words[:-1], "--data", data)
            assert (enrols.returncode, "asks its people by invitation" in enrols.stderr) == (1, True)
        case ["cohort", "join", *_]:
            asyncio.run(_once_stored(running_ground(data).database_url, "RematchProposed"))
            assert "On the waiting list already, 2 people: P069, P070." in _run(data, words), "nobody joins twice"
        case ["store", "export", *_]:
            database = running_ground(data).database_url
            assert {"HistoryViewed", "DataExported"} <= asyncio.run(_types(database, "cohort/spring"))
        case ["cohort", "act", _, "erase_subject", *_]:
            asyncio.run(_until_erased(running_ground(data).database_url))
        case _:
            pass


async def _once_stored(database: str, event: str) -> None:
    async with asyncio.timeout(60):
        while event not in await _types(database, "cohort/spring"):  # noqa: ASYNC110  # by the worker
            await asyncio.sleep(0.2)


async def _until_erased(database: str) -> None:
    await _once_stored(database, "SubjectErased")
    async with await EventStore.connect(database, max_size=1) as store:
        assert "P031" not in {person.id for person in await people(store, "spring")}


async def _types(database: str, stream: str) -> set[str]:
    async with await EventStore.connect(database, max_size=1) as store:
        return {event.type for event in await store.read(stream)}
