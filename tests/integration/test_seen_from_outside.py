"""What a platform and its operators see of a worker: metrics, probes, traces, logs; and nobody's words in any of it."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from administration import administer
from cuttable_proxy import cuttable
from live_pairing import COORDINATOR, LEARNING, MENTEE, MENTOR, begin, settings_for, when
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from span_collector import collecting
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from worker_under_test import PATIENCE, failing_start, ignored, lines, ready, running

from domain.pairing.goal_setting import GoalDraft, SetGoals
from domain.pairing.offer import AcceptOffer, DeclineOffer
from domain.pairing.training import CompleteTraining, WaiveTraining
from embedded.ground import Ground
from eventstore.store import EventStore
from serving.settings import Settings
from telemetry.checks import database_answers, worker_polls
from telemetry.traces import Traces
from worker import build_worker, running_worker

WORDS = "anna.schmidt@example.com"
"""What a sender puts into its keys and its texts, against all advice."""

COMPOSE = Path(__file__).parents[2] / "deploy" / "compose"

SAMPLE = re.compile(r"^(?P<name>\w+)(?:\{(?P<labels>.*)\})? (?P<value>\S+)$")


def free_address() -> str:
    """Where nobody listens now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as found:
        return f"127.0.0.1:{found.getsockname()[1]}"


def asked(address: str, path: str) -> tuple[int, str]:
    """Status and text of an answer; 0 where nobody answers."""
    try:
        with urlopen(f"http://{address}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as refused:
        return refused.code, refused.read().decode()
    except OSError as nobody:
        return 0, str(nobody)


def samples(text: str, name: str, **labels: str) -> list[float]:
    """The values of a metric whose labels include these."""
    found = [match for line in text.splitlines() if (match := SAMPLE.match(line)) and match["name"] == name]
    wanted = {f'{label}="{value}"' for label, value in labels.items()}
    return [float(match["value"]) for match in found if wanted <= set((match["labels"] or "").split(","))]


def asked_for_by_the_dashboard_and_the_alerts() -> set[str]:
    """The names of the metrics that deploy/ relies on."""
    text = "".join((COMPOSE / file).read_text() for file in ("grafana/pairloom.json", "alerts.yml"))
    names = set(re.findall(r"\b(?:pairloom|temporal)_[a-z_]+", text))
    return {re.sub(r"_(bucket|sum|count)$", "", name) for name in names}


async def test_metrics_probes_and_logs_of_a_worker(
    ground: Ground, temporal_client: Client, database_url: str, store: EventStore, tmp_path: Path
) -> None:
    queue, log = settings_for(database_url).task_queue, tmp_path / "worker.log"
    metrics, health = free_address(), free_address()
    given = {
        "TEMPORAL_ADDRESS": ground.temporal_address,
        "PAIRLOOM_DATABASE_URL": database_url,
        "PAIRLOOM_TASK_QUEUE": queue,
        "PAIRLOOM_METRICS": metrics,
        "PAIRLOOM_HEALTH": health,
    }
    with running(log, **given):
        status, sentence = await when(lambda: asyncio.to_thread(asked, health, "/readyz"), lambda found: found[0])
        assert (status, sentence) == (503, "The worker is starting.\n")
        assert asked(health, "/livez") == (200, "ok\n")
        await when(lambda: ready(log))
        await when(lambda: asyncio.to_thread(asked, health, "/readyz"), lambda found: found == (200, "ok\n"))
        assert asked(health, "/")[0] == 404

        pairing = await begin(temporal_client, store, queue)
        await pairing.once_stored("PairingOffered")
        accepts = AcceptOffer(by=MENTOR, key=WORDS)
        assert not (await pairing.send(accepts)).duplicate
        assert (await pairing.send(accepts)).duplicate
        await pairing.refusal(pairing.send(DeclineOffer(by=LEARNING, key=WORDS)))
        await pairing.handle.signal("training_completed", CompleteTraining(by=LEARNING, key=WORDS, side="mentor"))
        await when(lambda: ignored(log))  # an update in the same task would go before it
        await pairing.send(AcceptOffer(by=MENTEE, key=WORDS))
        await pairing.send(WaiveTraining(by=COORDINATOR, key=WORDS, side="mentor", reason=WORDS))
        text = await when(
            lambda: asyncio.to_thread(lambda: asked(metrics, "/metrics")[1]),
            lambda found: samples(found, "pairloom_rejections_total", code="stage"),
        )
        told = lines(log)

    def commands(command: str, outcome: str) -> list[float]:
        return samples(text, "pairloom_commands_total", command=command, outcome=outcome)

    assert commands("CreatePairing", "stored") == [1]
    assert commands("AcceptOffer", "stored") == [2]
    assert commands("AcceptOffer", "duplicate") == [1]
    assert commands("DeclineOffer", "rejected") == [1], "refused by the validator"
    assert samples(text, "pairloom_rejections_total", code="role") == [1]
    assert commands("CompleteTraining", "rejected") == [1], "a fact that is ignored"
    assert commands("CompleteTraining", "stored") == []
    answered = [line for line in told if line["event"] == "command answered"]
    assert samples(text, "pairloom_append_latency_seconds_count", outcome="appended") == [len(answered)]
    [idle] = samples(text, "pairloom_projection_lag_events", projection="standing#1")
    assert idle >= 0
    assert samples(text, "temporal_workflow_task_execution_latency_seconds_count", task_queue=queue)

    stored = await pairing.stored()
    [offered] = [line for line in answered if line["events"] == ["PairingOffered"]]
    assert offered["workflow_id"] == pairing.id
    assert offered["run_id"] == (await pairing.handle.describe()).run_id
    assert {line["command_id"] for line in answered} == {str(event.command_id) for event in stored}
    assert "trace_id" not in offered
    for words in (WORDS, MENTOR.id):
        assert words not in text
    assert WORDS not in log.read_text()

    exposed = set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))
    assert asked_for_by_the_dashboard_and_the_alerts() <= exposed

    # Another worker replays all of that, and counts none of it again; its gauges look at once.
    await administer(
        database_url,
        "insert into read_standing.pairing (cohort, id, version, stage, outcome, held, planned, open_items,"
        " next_deadline, status) values ('c', 'late', 1, 'OFFERED', '', 0, 0, 0, now() - interval '1 hour', '{}')",
    )
    due = await store.messages("")
    assert due > 0
    # In quiet hours they would wait for the morning.
    await administer(database_url, "update pairloom.message set deliver_after = now() - interval '1 minute'")
    version = {"TEMPORAL_DEPLOYMENT_NAME": "mentoring/worker", "TEMPORAL_WORKER_BUILD_ID": "v-2"}
    with running(tmp_path / "versioned.log", **given, **version):
        await when(lambda: asyncio.to_thread(asked, health, "/readyz"), lambda found: found == (200, "ok\n"))
    with running(log, **given):
        assert (await pairing.state()).cohort
        text = await when(
            lambda: asyncio.to_thread(lambda: asked(metrics, "/metrics")[1]),
            lambda found: samples(found, "pairloom_overdue_clocks"),
        )
    assert samples(text, "pairloom_commands_total") == []
    assert samples(text, "pairloom_overdue_clocks") == [1]
    assert samples(text, "pairloom_outbox_waiting_messages") == [due]
    assert samples(text, "pairloom_feed_unpublished_events") == [0]


async def test_one_trace_leads_from_the_client_to_the_sql(ground: Ground, database_url: str, store: EventStore) -> None:
    exporter = InMemorySpanExporter()
    traces = Traces({}, exporter)
    client = await Client.connect(
        ground.temporal_address, data_converter=pydantic_data_converter, interceptors=[traces.interceptor]
    )
    settings = settings_for(database_url)
    async with running_worker(client, settings, traces=traces):
        pairing = await begin(client, store, settings.task_queue)
        await pairing.once_stored("PairingOffered")
        exporter.clear()
        await pairing.send(AcceptOffer(by=MENTOR, key=WORDS))
        await pairing.refusal(pairing.send(SetGoals(by=MENTEE, key=WORDS, goals=(GoalDraft(text=WORDS),))))
    traces.close()
    spans = exporter.get_finished_spans()
    [asked_for] = [span for span in spans if span.name == "StartWorkflowUpdate:accept_offer"]
    trace = [span for span in spans if span.context.trace_id == asked_for.context.trace_id]
    by_id = {span.context.span_id: span.name for span in trace}
    causes = {span.name: by_id[span.parent.span_id] for span in trace if span.parent is not None}
    assert causes == {
        "ValidateUpdate:accept_offer": "StartWorkflowUpdate:accept_offer",
        "HandleUpdate:accept_offer": "StartWorkflowUpdate:accept_offer",
        "StartActivity:OfferAccepted": "StartWorkflowUpdate:accept_offer",
        "RunActivity:OfferAccepted": "StartActivity:OfferAccepted",
        "select pairloom.append_event": "RunActivity:OfferAccepted",
    }
    [sql] = [span for span in trace if span.name == "select pairloom.append_event"]
    assert sql.attributes is not None
    assert sql.attributes["db.system.name"] == "postgresql"
    for span in spans:
        assert WORDS not in span.to_json()


async def test_a_line_of_the_log_is_found_by_its_trace(
    ground: Ground, database_url: str, store: EventStore, tmp_path: Path
) -> None:
    """Of a worker as it is deployed, which sends its spans to a collector; its client has a trace of its own."""
    exporter = InMemorySpanExporter()
    traces, queue, log = Traces({}, exporter), settings_for(database_url).task_queue, tmp_path / "worker.log"
    client = await Client.connect(
        ground.temporal_address, data_converter=pydantic_data_converter, interceptors=[traces.interceptor]
    )
    given = {
        "TEMPORAL_ADDRESS": ground.temporal_address,
        "PAIRLOOM_DATABASE_URL": database_url,
        "PAIRLOOM_TASK_QUEUE": queue,
    }
    with collecting() as (address, spans):
        with running(log, **given, OTEL_EXPORTER_OTLP_ENDPOINT=address) as process:
            await when(lambda: ready(log))
            pairing = await begin(client, store, queue)
            await pairing.once_stored("PairingOffered")
            await pairing.send(AcceptOffer(by=MENTOR, key=WORDS))
            process.terminate()  # at its end it hands over what it still has
            assert await asyncio.to_thread(process.wait, PATIENCE) == 0
            told = lines(log)
        traces.close()
    [asked_for] = [span for span in exporter.get_finished_spans() if span.name == "StartWorkflowUpdate:accept_offer"]
    [line] = [line for line in told if line["event"] == "command answered" and line["events"] == ["OfferAccepted"]]
    [ran] = [span for span in spans if span.name == "RunActivity:OfferAccepted"]
    assert asked_for.context is not None
    assert line["trace_id"] == ran.trace_id.hex() == f"{asked_for.context.trace_id:032x}"
    assert line["span_id"] == ran.span_id.hex()
    assert "select pairloom.append_event" in {span.name for span in spans if span.parent_span_id == ran.span_id}


def test_without_an_address_for_spans_opentelemetry_is_not_even_imported() -> None:
    script = "import sys, worker; print(sorted(name for name in sys.modules if name.startswith('opentelemetry')))"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.replace("'", '"')) == []


@pytest.mark.parametrize(
    ("variables", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_TRACES_EXPORTER": "none"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318", "OTEL_SDK_DISABLED": "true"}, False),
    ],
)
def test_opentelemetrys_own_variables_turn_traces_on(variables: Mapping[str, str], wanted: bool) -> None:
    settings = Settings.from_environment(
        {"PAIRLOOM_DATABASE_URL": "postgresql://pairloom@127.0.0.1/pairloom"} | variables
    )
    assert settings.traces is wanted


@pytest.mark.parametrize("variable", ["PAIRLOOM_METRICS", "PAIRLOOM_HEALTH"])
def test_an_address_that_is_taken_is_a_sentence(variable: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        url = "postgresql://pairloom@127.0.0.1:1/pairloom"
        sentence = failing_start(PAIRLOOM_DATABASE_URL=url, **{variable: address})
    assert sentence.startswith(f"{variable} is {address}, where nothing can listen (")


async def test_a_worker_without_database_or_work_is_not_ready(temporal_client: Client, database_url: str) -> None:
    async with cuttable(database_url) as proxy, await EventStore.connect(proxy.url) as store:
        check = database_answers(store)
        assert await check() is None
        await proxy.cut()
        assert "PostgreSQL" in str(await check())
        await proxy.restore()
        assert await check() is None

        polling = build_worker(temporal_client, store, settings_for(database_url))
        check = worker_polls(temporal_client, polling)
        assert await check() == "The worker does not run."
        async with polling:
            await when(check, lambda amiss: amiss is None)
        assert await check() == "The worker does not run."
