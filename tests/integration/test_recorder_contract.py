"""What a peer calls correct: the recorder contract tests of `eventsourcing` (PyPI), run against our store.

Run: its aggregate recorder's contract; its application recorder's contract (insert and select in the global order,
many writers beside readers).

Left out, as its promise is not ours:
- *subscribe* in `test_concurrent_throughput`: an iterator in one process, whose position is lost with it. Ours stores
  positions together with what was made of the events, under leases (`test_feed.py`).
- `NonInterleavingNotificationIDsBaseCase`: a batch takes neighbouring positions in the global order. That costs a lock
  around every insert, which is what makes its PostgreSQL recorder four times slower at 32 connections. Ours promises
  order inside a stream, and batches that are whole or not there.
- *tracking* and *process* recorders: positions of downstream consumers in the store of the events; ours are
  subscriptions.
- *infrastructure factory*, *mapper*, *transcoder*: that library's own parts.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from eventsourcing.persistence import AggregateRecorder, ApplicationRecorder
from eventsourcing.tests import persistence as contract

from tests.integration.eventsourcing_recorder import Recorder


class _AggregateContract(contract.AggregateRecorderTestCase):
    __test__ = False
    INITIAL_VERSION = 0
    recorder: Recorder

    def create_recorder(self) -> AggregateRecorder:
        return self.recorder


class _ApplicationContract(contract.ApplicationRecorderTestCase[ApplicationRecorder]):
    __test__ = False
    INITIAL_VERSION = 0
    recorder: Recorder

    def create_recorder(self) -> ApplicationRecorder:
        return self.recorder


@pytest.fixture
def aggregates(database_url: str) -> Iterator[Recorder]:
    recorder = Recorder(database_url, tells_positions=False)
    yield recorder
    recorder.close()


@pytest.fixture
def applications(database_url: str) -> Iterator[Recorder]:
    recorder = Recorder(database_url, tells_positions=True)
    yield recorder
    recorder.close()


def test_aggregate_recorder_insert_and_select(aggregates: Recorder) -> None:
    case = _AggregateContract("test_insert_and_select")
    case.recorder = aggregates
    case.test_insert_and_select()


def test_application_recorder_insert_and_select(applications: Recorder) -> None:
    case = _ApplicationContract("test_insert_select")
    case.recorder = applications
    case.test_insert_select()


def test_application_recorder_concurrent_writers_without_conflicts(applications: Recorder) -> None:
    """Ten writers, ten thousand events, two readers."""
    case = _ApplicationContract("test_concurrent_no_conflicts")
    case.recorder = applications
    case.test_concurrent_no_conflicts()
    assert applications.max_notification_id() == 10_000
