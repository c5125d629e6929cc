"""The event store's promises, against the real database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4, uuid5

import asyncpg
import pytest
from pydantic import ValidationError

from domain.roster import BigFive, Person
from eventstore.failures import StoreRefused, StoreUnavailable, unavailable
from eventstore.people import people, people_named, save_people
from eventstore.records import AlreadyThere, Appended, AsOf, Batch, Conflict, JsonObject, NewEvent, NewMessage
from eventstore.store import EventStore, append_call

STREAM = "pairing/spring/ada-bo"
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)

forms = pytest.mark.parametrize(("size", "messages"), [(1, 0), (2, 0), (1, 1), (2, 1)])
"""Each is another statement, and one promise."""


def batch(
    command: UUID | None = None,
    *,
    stream: str = STREAM,
    expected: int = 0,
    size: int = 1,
    messages: int = 0,
    data: JsonObject | None = None,
) -> Batch:
    """What a workflow hands over: ids derived from the command, so a repetition is the same batch."""
    command = command or uuid4()
    return Batch(
        stream=stream,
        expected=expected,
        command_id=command,
        correlation_id=uuid5(command, "correlation"),
        causation_id=None,
        actor_role="mentee",
        actor_id="bo",
        source="update",
        idempotency_key=f"key-{command}",
        program_version=3,
        events=tuple(
            NewEvent(
                event_id=uuid5(command, f"event {n}"),
                type="MeetingLogged",
                schema_version=2,
                occurred_at=NINE + timedelta(minutes=n),
                data=data or {"number": n},
            )
            for n in range(size)
        ),
        messages=tuple(
            NewMessage(
                message_id=uuid5(command, f"message {n}"),
                to="role:coordinator",
                template="meeting_logged",
                deliver_after=NINE + timedelta(hours=n),
                about={"number": str(n)},
            )
            for n in range(messages)
        ),
    )


@asynccontextmanager
async def connection_to(url: str) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    opened = await asyncpg.connect(url)
    try:
        yield opened
    finally:
        await opened.close()


async def until_somebody_waits(url: str) -> int:
    """The pid of the backend of this database that waits for another's transaction."""
    async with connection_to(url) as watching, asyncio.timeout(10):
        while True:
            pid: int | None = await watching.fetchval(
                "select pid from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
            )
            if pid is not None:
                return pid
            await asyncio.sleep(0.01)


@forms
async def test_an_older_server_promises_the_same(
    database_url: str, monkeypatch: pytest.MonkeyPatch, size: int, messages: int
) -> None:
    monkeypatch.setattr("eventstore.store.PLANS_ARE_KEPT", 99)
    async with await EventStore.connect(database_url) as store:
        sent = batch(size=size, messages=messages)
        assert append_call(sent, 18)[0] != append_call(sent, 99)[0]
        assert await store.append(sent) == Appended(first=1, last=size)
        again = await store.append(sent.model_copy(update={"expected": size}))
        assert isinstance(again, AlreadyThere)
        assert (again.first, again.last) == (1, size)
        assert await store.append(batch(size=size, messages=messages)) == Conflict(current=size)
        assert (await store.count(), await store.messages("")) == (size, messages)


@forms
async def test_reads_back_what_was_appended(store: EventStore, size: int, messages: int) -> None:
    data: JsonObject = {
        "text": 'Grüße, 東京 \u0000 "quoted"',
        "big": 2**70,
        "float": 0.1,
        "none": None,
        "deep": [{"a": [1, 2.5, True]}],
    }
    at = datetime(2026, 3, 2, 9, 0, 0, 123456, timezone(timedelta(hours=2)))
    sent = batch(data=data, size=size, messages=messages)
    sent = sent.model_copy(
        update={
            "causation_id": uuid4(),
            "events": tuple(event.model_copy(update={"occurred_at": at}) for event in sent.events),
        }
    )
    before = datetime.now(UTC)

    assert await store.append(sent) == Appended(first=1, last=size)
    events = await store.read(STREAM)

    assert [(event.stream, event.version, event.command_seq) for event in events] == [
        (STREAM, number + 1, number) for number in range(size)
    ]
    for stored, new in zip(events, sent.events, strict=True):
        for name in ("event_id", "type", "schema_version", "occurred_at", "data"):
            assert getattr(stored, name) == getattr(new, name), name
        for name in (
            "command_id",
            "correlation_id",
            "causation_id",
            "actor_role",
            "actor_id",
            "source",
            "idempotency_key",
            "program_version",
        ):
            assert getattr(stored, name) == getattr(sent, name), name
        assert before - timedelta(seconds=1) <= stored.recorded_at <= datetime.now(UTC) + timedelta(seconds=1)
        assert type(stored).model_validate_json(stored.model_dump_json()) == stored


async def test_a_batch_is_numbered_on_from_the_stream_and_read_in_order(store: EventStore) -> None:
    await store.append(batch(size=2))
    assert await store.append(batch(expected=2, size=1000)) == Appended(first=3, last=1002)

    events = await store.read(STREAM, after=1)

    assert [event.version for event in events] == list(range(2, 1003))
    assert [event.command_seq for event in events] == [1, *range(1000)]
    assert [event.data["number"] for event in events] == [1, *range(1000)]
    assert await store.read(STREAM, after=1002) == []
    assert await store.read("pairing/spring/nobody") == []


@pytest.mark.parametrize("expected", [0, 2, 7])
@forms
async def test_a_wrong_expected_version_is_a_conflict(
    store: EventStore, expected: int, size: int, messages: int
) -> None:
    await store.append(batch())
    assert await store.append(batch(expected=expected, size=size, messages=messages)) == Conflict(current=1)
    assert (await store.count(), await store.messages("")) == (1, 0)


@forms
async def test_a_stream_without_events_stands_at_nought(store: EventStore, size: int, messages: int) -> None:
    assert await store.append(batch(expected=1, size=size, messages=messages)) == Conflict(current=0)


@pytest.mark.parametrize("expected", [0, 1, 3, 4, 99])
@forms
async def test_the_same_command_is_stored_once_whatever_version_it_expects(
    store: EventStore, expected: int, size: int, messages: int
) -> None:
    await store.append(batch())
    command, last = uuid4(), 1 + size
    await store.append(batch(command, expected=1, size=size, messages=messages))
    await store.append(batch(expected=last))

    answer = await store.append(batch(command, expected=expected, size=size, messages=messages))

    assert isinstance(answer, AlreadyThere)
    assert (answer.first, answer.last) == (2, last)
    assert list(answer.events) == (await store.read(STREAM))[1:last]
    assert (await store.count(), await store.messages("")) == (last + 1, messages)


async def test_a_command_may_write_two_streams(store: EventStore) -> None:
    command = uuid4()
    assert isinstance(await store.append(batch(command)), Appended)
    assert isinstance(await store.append(batch(command, stream="cohort/spring")), Appended)


@forms
async def test_the_same_command_on_two_connections_is_stored_once(database_url: str, size: int, messages: int) -> None:
    async with await EventStore.connect(database_url) as one, await EventStore.connect(database_url) as other:
        for number in range(20):
            again = batch(uuid4(), expected=number * size, size=size, messages=messages)
            answers = await asyncio.gather(one.append(again), other.append(again))
            assert sorted(answer.outcome for answer in answers) == ["already_there", "appended"]
        assert (await one.count(), await one.messages("")) == (20 * size, 20 * messages)


@forms
async def test_one_of_eight_rivals_wins(store: EventStore, size: int, messages: int) -> None:
    for number in range(10):
        stands, then = number * size, (number + 1) * size
        rivals = [batch(expected=stands, size=size, messages=messages) for _ in range(8)]
        answers = await asyncio.gather(*(store.append(rival) for rival in rivals))
        assert [a for a in answers if isinstance(a, Appended)] == [Appended(first=stands + 1, last=then)]
        assert [a for a in answers if isinstance(a, Conflict)] == [Conflict(current=then)] * 7


async def test_a_rival_that_commits_while_we_wait_makes_a_conflict(store: EventStore, database_url: str) -> None:
    async with store.transaction() as rival:
        await rival.fetchrow(*append_call(batch(size=2)))
        waiting = asyncio.create_task(store.append(batch()))
        await until_somebody_waits(database_url)
    assert await waiting == Conflict(current=2)


async def test_a_rival_that_gives_up_while_we_wait_leaves_us_the_version(store: EventStore, database_url: str) -> None:
    class ChangedItsMind(Exception): ...

    async def give_up() -> asyncio.Task[object]:
        async with store.transaction() as rival:
            await rival.fetchrow(*append_call(batch(size=2)))
            waiting: asyncio.Task[object] = asyncio.create_task(store.append(batch()))
            started.append(waiting)
            await until_somebody_waits(database_url)
            raise ChangedItsMind

    started: list[asyncio.Task[object]] = []
    with pytest.raises(ChangedItsMind):
        await give_up()
    assert await started[0] == Appended(first=1, last=1)


async def test_events_and_messages_are_stored_together_or_not_at_all(store: EventStore) -> None:
    first = batch(messages=2)
    await store.append(first)
    assert await store.messages("pairing/spring/") == 2

    taken = batch(expected=1, size=3, messages=2)
    taken = taken.model_copy(update={"messages": (taken.messages[0], first.messages[1])})
    with pytest.raises(StoreRefused, match="message_message_id"):
        await store.append(taken)

    assert (await store.count(), await store.messages("")) == (1, 2)


async def test_a_message_names_the_event_that_caused_it(store: EventStore, database_url: str) -> None:
    await store.append(batch())
    await store.append(batch(expected=1, size=2, messages=1))
    async with connection_to(database_url) as asking:
        row = await asking.fetchrow("select * from pairloom.message")
    assert row is not None
    assert (row["stream_id"], row["version"], row["recipient"]) == (STREAM, 3, "role:coordinator")
    assert (row["deliver_after"], row["about"], row["delivered_at"]) == (NINE, '{"number":"0"}', None)


@pytest.mark.parametrize(
    "change",
    [
        "update pairloom.event set data = '{}'",
        "update pairloom.event set data = '{}' where false",
        "delete from pairloom.event",
        "truncate pairloom.event",
    ],
)
async def test_stored_events_cannot_be_changed(store: EventStore, database_url: str, change: str) -> None:
    await store.append(batch())
    stored = await store.read(STREAM)
    async with connection_to(database_url) as editing:
        with pytest.raises(asyncpg.RaiseError, match=r"events are append-only: \w+ on pairloom.event is refused"):
            await editing.execute(change)
    assert await store.read(STREAM) == stored


@pytest.mark.parametrize("size", [0, 1001])
async def test_the_database_too_limits_a_batch(store: EventStore, size: int) -> None:
    events = batch().events * size
    with pytest.raises(StoreRefused):
        await store.append(batch().model_copy(update={"events": events}))
    assert await store.count() == 0


async def test_the_functions_are_for_those_whom_they_were_given_to(database_url: str) -> None:
    async with connection_to(database_url) as asking:
        rows = await asking.fetch(
            "select r.role, array_agg(distinct p.proname::text) as names"
            "  from pg_proc p cross join unnest(array['public', 'pairloom_reader', 'pairloom_app']) as r (role)"
            " where p.pronamespace = 'pairloom'::regnamespace and has_function_privilege(r.role, p.oid, 'execute')"
            " group by r.role"
        )
    may = {row["role"]: set(row["names"]) for row in rows}
    assert may.keys() == {"pairloom_reader", "pairloom_app"}
    assert not {name for name in may["pairloom_reader"] if name.startswith(("append", "publish", "erase", "key"))}
    assert {"append_event", "append_events", "append_event_with_messages", "append_events_with_messages"} <= may[
        "pairloom_app"
    ]
    assert not {"why_not_appended", "put_out", "enter_cluster", "refuse_change"} & may["pairloom_app"]


async def test_streams_and_counts_are_by_literal_prefix(store: EventStore) -> None:
    for stream in ("pairing/a/2", "pairing/a/10", "pairing/a_b/1", "pairing/a%/1", "pairing/b/~", "cohort/a"):
        await store.append(batch(stream=stream, size=2, messages=1))

    assert await store.streams("pairing/a/") == ["pairing/a/10", "pairing/a/2"]
    assert await store.streams("pairing/a_") == ["pairing/a_b/1"]
    assert await store.streams("pairing/a%") == ["pairing/a%/1"]
    assert await store.streams("pairing/b/~") == ["pairing/b/~"]
    assert await store.streams("pairing/c") == []
    assert len(await store.streams("")) == 6
    assert (await store.count("pairing/a"), await store.count("cohort/"), await store.count()) == (8, 2, 12)
    assert (await store.messages("pairing/a"), await store.messages("")) == (4, 6)


async def test_a_backend_that_dies_in_mid_append_leaves_nothing(store: EventStore, database_url: str) -> None:
    blocked_batch = batch(size=3, messages=2)

    async def die_with_everything_written() -> None:
        async with connection_to(database_url) as killer, store.transaction() as doomed:
            await doomed.fetchrow(*append_call(batch(size=2, messages=2)))
            blocked = asyncio.create_task(store.append(blocked_batch))
            await killer.execute("select pg_terminate_backend($1)", await until_somebody_waits(database_url))
            with pytest.raises(StoreUnavailable, match=r"broke|shutting down"):
                await blocked
            own = await doomed.fetchval("select pg_backend_pid()")
            await killer.execute("select pg_terminate_backend($1)", own)
            await doomed.execute("select 1")

    with pytest.raises(StoreUnavailable):
        await die_with_everything_written()

    assert (await store.count(), await store.messages("")) == (0, 0)
    assert await store.append(blocked_batch) == Appended(first=1, last=3)


async def test_a_store_without_tables_says_so(empty_database_url: str) -> None:
    async with await EventStore.connect(empty_database_url) as bare:
        with pytest.raises(StoreUnavailable, match="run its migrations first"):
            await bare.append(batch())


async def test_what_is_wrong_with_an_address_is_one_sentence_without_its_password(database_url: str) -> None:
    password = database_url.split(":")[2].split("@")[0]
    wrong = {
        database_url.replace(password, "wrong-secret"): "refused the user or the password",
        database_url.rpartition("/")[0] + "/nowhere": "has no database 'nowhere'",
        f"postgresql://pairloom:{password}@127.0.0.1:1/x": "No PostgreSQL answers at 127.0.0.1:1/x",
        f"mysql://pairloom:{password}@127.0.0.1/x": "expected postgresql://",
    }
    for url, part in wrong.items():
        with pytest.raises(StoreUnavailable) as failure:
            await EventStore.connect(url)
        assert part in failure.value.sentence
        assert password not in failure.value.sentence
        assert "wrong-secret" not in failure.value.sentence


async def test_a_read_only_database_is_named(database_url: str) -> None:
    name = database_url.rpartition("/")[2]
    async with connection_to(database_url) as owner:
        await owner.execute(f"alter database {name} set default_transaction_read_only = on")
        async with await EventStore.connect(database_url) as reading:
            with pytest.raises(StoreUnavailable, match="is read-only"):
                await reading.append(batch())


@pytest.mark.parametrize(
    ("error", "part"),
    [
        (asyncpg.DiskFullError("could not extend file"), "The disk of PostgreSQL at h:5/d is full"),
        (asyncpg.TooManyConnectionsError("sorry, too many clients"), "PostgreSQL at h:5/d has no connection left"),
        (asyncpg.AdminShutdownError("terminating connection"), "PostgreSQL at h:5/d is shutting down"),
        (TimeoutError(), "PostgreSQL at h:5/d did not answer in time"),
    ],
)
def test_what_cannot_be_provoked_here_has_its_sentence_too(error: Exception, part: str) -> None:
    sentence = unavailable(error, "postgresql://u:secret@h:5/d?password=secret")
    assert sentence is not None
    assert part in sentence.sentence
    assert "secret" not in sentence.sentence
    assert unavailable(KeyError("a defect of ours"), "postgresql://h/d") is None


@pytest.mark.parametrize("text", ["nul \x00", ""])
def test_a_record_that_postgresql_cannot_hold_is_refused_before_it_is_sent(text: str) -> None:
    sound = batch().model_dump()
    for field in ("stream", "idempotency_key", "actor_id"):
        with pytest.raises(ValidationError, match=field):
            Batch.model_validate(sound | {field: text})


async def test_text_that_is_not_unicode_is_refused_for_good(store: EventStore) -> None:
    with pytest.raises(StoreRefused):
        await store.append(batch(data={"half a surrogate pair": "\ud800"}))
    assert await store.count() == 0


async def test_people_are_saved_once_and_read_in_order(store: EventStore) -> None:
    def person(name: str, grade: int = 3) -> Person:
        traits = BigFive(openness=0.5, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)
        return Person(
            id=name.lower(), name=name, email=f"{name}@example.org", role="mentee", grade=grade, department="IT",
            site="York", country="GB", zone="Europe/London", birth_year=1990, interests=frozenset({"chess", "go"}),
            traits=traits,
        )  # fmt: skip

    await save_people(store, "spring", [person("Bo"), person("Ada")])
    await save_people(store, "spring", [person("Bo", grade=4)])
    await save_people(store, "autumn", [person("Cy")])

    assert await people(store, "spring") == [person("Ada"), person("Bo", grade=4)]
    assert await people(store, "summer") == []
    assert await people_named(store, "spring", {"bo", "cy"}) == [person("Bo", grade=4)]
    with pytest.raises(ValueError, match="1 repeated"):
        await save_people(store, "spring", [person("Di"), person("Di")])
    assert len(await people(store, "spring")) == 2


async def test_a_stream_as_it_stood_and_as_it_was_known(store: EventStore) -> None:
    await store.append(batch(size=3))
    [*_, known] = await store.read(STREAM)
    await store.append(batch(expected=3, size=2))
    happened = AsOf(effective=NINE + timedelta(minutes=1))
    # Both batches begin at nine: the second was recorded later, about the same minutes.
    assert [event.version for event in await store.read(STREAM, as_of=happened)] == [1, 2, 4, 5]
    assert [event.version for event in await store.read(STREAM, as_of=AsOf(recorded=known.recorded_at))] == [1, 2, 3]
    both = AsOf(effective=NINE, recorded=known.recorded_at)
    assert [event.version for event in await store.read(STREAM, as_of=both)] == [1]
    assert len(await store.read(STREAM, as_of=AsOf())) == 5
