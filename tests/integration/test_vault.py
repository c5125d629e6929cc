"""Answers in the database: sealed, opened with the key, gone with it; the seals of the streams hold all the while."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4, uuid5

import asyncpg
import pytest
from test_event_store import connection_to, until_somebody_waits

from domain.roster import BigFive, Person
from domain.sealing import is_sealed
from eventstore.people import people, save_people
from eventstore.records import AlreadyThere, Appended, Batch, JsonObject, NewEvent
from eventstore.sequencer import publish
from eventstore.store import READER, EventStore
from eventstore.vault import MasterKeyError, new_master_key
from eventstore.verification import verify

KEY = new_master_key()
ANSWER: JsonObject = {
    "type": "CheckpointAnswered",
    "safety": 2,
    "nested": {"text": "what nobody else may read", "id": "g1"},
}
SEALED = ("safety", "nested.text")
STREAM = "pairing/spring/P032~P031"


def answered(by: str = "P031", *, stream: str = STREAM, expected: int = 0) -> Batch:
    command = uuid4()
    return Batch(
        stream=stream,
        expected=expected,
        command_id=command,
        correlation_id=uuid5(command, "correlation"),
        causation_id=None,
        actor_role="mentee",
        actor_id=by,
        source="mentee",
        idempotency_key=f"key-{command}",
        program_version=1,
        events=(
            NewEvent(
                event_id=uuid5(command, "event"),
                type="CheckpointAnswered",
                schema_version=1,
                occurred_at=datetime(2026, 3, 2, 9, tzinfo=UTC),
                data=ANSWER,
                sealed=SEALED,
            ),
        ),
    )


async def stored(database_url: str) -> list[Any]:
    connection = await asyncpg.connect(database_url)
    try:
        return [row["data"] for row in await connection.fetch("select data from pairloom.event order by event_no")]
    finally:
        await connection.close()


async def test_what_is_stored_says_nothing_and_the_key_opens_it(database_url: str) -> None:
    async with await EventStore.connect(database_url, master_key=KEY) as store:
        assert await store.append(answered()) == Appended(first=1, last=1)

        (written,) = await stored(database_url)
        assert "nobody else" not in written
        assert "$sealed" in written
        (event,) = await store.read(STREAM)
        assert event.data == ANSWER
    async with await EventStore.connect(database_url) as without:
        (event,) = await without.read(STREAM)
        assert is_sealed(event.data["safety"])


async def test_the_same_command_again_is_answered_with_what_was_stored_first(database_url: str) -> None:
    batch = answered()
    async with await EventStore.connect(database_url, master_key=KEY) as store:
        await store.append(batch)
        again = await store.append(batch)

    assert isinstance(again, AlreadyThere)
    assert again.events[0].data == ANSWER


async def test_an_erased_answer_is_none_for_ever_and_the_record_stays_whole(database_url: str) -> None:
    async with await EventStore.connect(database_url, master_key=KEY) as store:
        await store.append(answered("P031"))
        await store.append(answered("P032", expected=1))
        await publish(store)
        before = await verify(store)

        assert await store.erase_answers("spring", ["P031", "P099"]) == 2
        assert await store.erase_answers("spring", ["P031", "P099"]) == 0

        gone, kept = await store.read(STREAM)
        assert gone.data == ANSWER | {"safety": None, "nested": {"text": None, "id": "g1"}}
        assert kept.data == ANSWER
        after = await verify(store)
        assert (after.seal, after.findings) == (before.seal, ())

        await store.append(answered("P031", expected=2))
        assert (await store.read(STREAM, after=2))[0].data == gone.data, (
            "no other key is ever made for an erased person"
        )


async def test_an_erased_person_is_gone_from_the_roster_too(database_url: str) -> None:
    async with await EventStore.connect(database_url, master_key=KEY) as store, connection_to(database_url) as admin:
        await store.append(answered("P031"))
        for person in ("P031", "P032"):
            await admin.execute("insert into pairloom.person values ('spring', $1, '{}')", person)

        await store.erase_person("spring", "P031")
        await store.erase_person("spring", "P031")

        assert [row["person_id"] for row in await admin.fetch("select person_id from pairloom.person")] == ["P032"]
        assert (await store.read(STREAM))[0].data["safety"] is None


def person(identifier: str, *, name: str) -> Person:
    traits = BigFive(openness=0.5, conscientiousness=0.5, extraversion=0.5, agreeableness=0.5, neuroticism=0.5)
    return Person(
        id=identifier, name=name, email="somebody@example.org", role="mentee", grade=3, department="IT",
        site="York", country="GB", zone="Europe/London", birth_year=1990, traits=traits,
    )  # fmt: skip


async def test_a_roster_that_is_saved_again_brings_nobody_back_who_was_erased(store: EventStore) -> None:
    before = [person(name, name="Before") for name in ("P031", "P032", "P033")]
    await save_people(store, "spring", before)
    await store.erase_person("spring", "P031")  # with or without a key: this one never had one

    after = [person(name, name="After") for name in ("P031", "P032", "P034")]
    await save_people(store, "spring", after)
    assert [(p.id, p.name) for p in await people(store, "spring")] == [
        ("P032", "After"),
        ("P033", "Before"),
        ("P034", "After"),
    ]
    await save_people(store, "autumn", after[:1])
    assert [p.id for p in await people(store, "autumn")] == ["P031"], "erased is a person in one cohort"


@pytest.mark.parametrize("first", ["the roster", "the erasure"])
async def test_who_is_erased_while_a_roster_is_saved_is_erased(
    store: EventStore, database_url: str, first: str
) -> None:
    saving = "select pairloom.save_people('spring', array['P031'], array['{}'::json])"
    erasing = "select pairloom.erase_person('spring', 'P031')"
    one, other = (saving, erasing) if first == "the roster" else (erasing, saving)
    async with connection_to(database_url) as early, connection_to(database_url) as late:
        transaction = early.transaction()
        await transaction.start()
        await early.execute(one)
        waiting = asyncio.create_task(late.execute(other))
        await until_somebody_waits(database_url)
        await transaction.commit()
        await waiting
        assert await early.fetch("select from pairloom.person") == []


async def test_the_roster_is_written_through_its_function_alone(store: EventStore) -> None:
    async with store.connection() as connection:
        for statement in (
            "insert into pairloom.person values ('spring', 'P031', '{}')",
            "update pairloom.person set profile = '{}'",
            "delete from pairloom.person",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_what_was_erased_does_not_wait_for_more_dead_rows_to_be_vacuumed(database_url: str) -> None:
    options = "select reloptions from pg_class where oid = $1::regclass"
    async with connection_to(database_url) as asking:
        for table in ("pairloom.person", "pairloom.person_key"):
            assert set(await asking.fetchval(options, table) or ()) >= {
                "autovacuum_vacuum_threshold=0",
                "autovacuum_vacuum_scale_factor=0",
            }


async def test_one_cohorts_key_opens_nothing_of_another_and_a_moved_answer_is_no_answer(database_url: str) -> None:
    async with await EventStore.connect(database_url, master_key=KEY) as store, connection_to(database_url) as admin:
        await store.append(answered("P031"))
        await store.append(answered("P031", stream="pairing/autumn/P032~P031"))
        assert await admin.fetchval("select count(distinct wrapped) from pairloom.person_key") == 2

        await store.erase_answers("autumn", ["P031"])
        assert (await store.read(STREAM))[0].data == ANSWER


async def test_a_worker_with_another_key_or_none_is_told_so(database_url: str) -> None:
    async with await EventStore.connect(database_url) as store:
        await store.check_master_key()
    async with await EventStore.connect(database_url, master_key=KEY) as store:
        await store.append(answered())
        await store.check_master_key()
    async with await EventStore.connect(database_url, master_key=new_master_key()) as store:
        with pytest.raises(MasterKeyError, match="is not the key under which"):
            await store.check_master_key()
    async with await EventStore.connect(database_url) as store:
        with pytest.raises(MasterKeyError, match="PAIRLOOM_MASTER_KEY is not set"):
            await store.check_master_key()


@pytest.mark.parametrize("written", ["secret", "c2hvcnQ=", "ä" * 44])
async def test_what_is_no_key_is_refused_without_being_quoted(database_url: str, written: str) -> None:
    with pytest.raises(MasterKeyError) as refused:
        await EventStore.connect(database_url, master_key=written)
    assert "store new-key" in str(refused.value)
    assert written not in str(refused.value)


async def test_readers_and_analysts_have_no_way_to_the_keys(database_url: str) -> None:
    async with await EventStore.connect(database_url, role=READER) as reader, reader.connection() as connection:
        for statement in (
            "select * from pairloom.person_key",
            "select pairloom.keys_of('spring', array['P031'])",
            "select pairloom.erase_keys('spring', array['P031'])",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(statement)


async def test_two_workers_that_seal_for_the_first_time_at_once_use_one_key(database_url: str) -> None:
    async with (
        await EventStore.connect(database_url, master_key=KEY) as one,
        await EventStore.connect(database_url, master_key=KEY) as other,
    ):
        streams = [f"pairing/spring/{uuid4().hex}" for _ in range(20)]
        for number, stream in enumerate(streams):
            store = (one, other)[number % 2]
            await store.append(answered("P031", stream=stream))
        for stream in streams:
            assert (await one.read(stream))[0].data == ANSWER
