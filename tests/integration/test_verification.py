"""`verify` names what somebody has changed behind the store's back."""

from __future__ import annotations

import pytest

from eventstore import verification
from eventstore.sequencer import publish
from eventstore.store import EventStore
from eventstore.verification import seal_at, verify
from tests.integration.administration import administer
from tests.integration.test_event_store import STREAM, batch

WITHOUT_GUARDS = "set session_replication_role = replica; "
"""Somebody with every right can do what the triggers refuse."""

PASSED_OVER = "update pairloom.sequencer set next_xid = pg_snapshot_xmax(pg_current_snapshot())"
"""As if everything that is visible had been published."""


async def fill(store: EventStore) -> None:
    for number in range(4):
        await store.append(batch(expected=3 * number, size=3))
    await store.append(batch(stream="pairing/spring/other", size=2))
    await publish(store)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verification, "PAGE", 5)


async def test_an_untouched_record_is_whole(store: EventStore) -> None:
    assert (await verify(store)).findings == ()
    await fill(store)
    steps: list[tuple[int, int]] = []
    verified = await verify(store, lambda done, total: steps.append((done, total)))
    assert (verified.position, verified.findings) == (14, ())
    assert steps == [(5, 14), (10, 14), (14, 14)]
    assert verified.seal == await seal_at(store, 14)
    await store.append(batch(stream="pairing/spring/third"))
    assert (await verify(store)).findings == ()


@pytest.mark.parametrize(
    ("tampering", "kind", "stream", "version"),
    [
        (f"update pairloom.event set data = '{{}}' where stream_id = '{STREAM}' and version = 7", "changed", STREAM, 7),
        (
            f"update pairloom.event set data = data::text::json where version = 2 and stream_id = '{STREAM}'",
            None,
            "",
            0,
        ),
        (
            "update pairloom.event set occurred_at = occurred_at + interval '1 microsecond'"
            " where stream_id = 'pairing/spring/other' and version = 1",
            "changed",
            "pairing/spring/other",
            1,
        ),
        (
            f"update pairloom.event set actor_id = 'al' where stream_id = '{STREAM}' and version = 1",
            "changed",
            STREAM,
            1,
        ),
        (f"delete from pairloom.event where stream_id = '{STREAM}' and version = 6", "missing", STREAM, 6),
        (f"update pairloom.feed set seal = '\\x00' where stream_id = '{STREAM}' and version = 5", "changed", STREAM, 5),
        (f"delete from pairloom.feed where stream_id = '{STREAM}' and version = 5", "gap", STREAM, 6),
        (f"update pairloom.feed set partition = 63 - partition where stream_id = '{STREAM}'", "misplaced", STREAM, 1),
        ("delete from pairloom.feed where position > 12", "end", "feed", None),
    ],
)
async def test_the_first_wrong_event_is_named(
    store: EventStore, database_url: str, tampering: str, kind: str | None, stream: str, version: int | None
) -> None:
    await fill(store)
    await administer(database_url, WITHOUT_GUARDS + tampering)
    findings = (await verify(store)).findings
    if kind is None:
        assert findings == ()
    else:
        assert (findings[0].kind, findings[0].stream, findings[0].version) == (kind, stream, version)


LIES = {
    "the function of the content": """
alter function pairloom.content rename to honest;
create function pairloom.content(e pairloom.event) returns bytea language plpgsql as $$
begin
    if e.stream_id = '{stream}' and e.version = 7 then e.data := '{{"number":0}}'; end if;
    return pairloom.honest(e);
end;
$$
""",
    "a function before PostgreSQL's own": """
create schema lies;
grant usage on schema lies to public;
create function lies.convert_to(said text, encoding name) returns bytea language sql
return pg_catalog.convert_to(case said when '{{"number":999}}' then '{{"number":0}}' else said end, encoding);
do $$ begin execute format('alter database %I set search_path = lies, pg_catalog', current_database()); end $$
""",
}


@pytest.mark.parametrize("lie", LIES)
async def test_a_changed_event_is_not_hidden_by_a_changed_function(
    store: EventStore, database_url: str, lie: str
) -> None:
    await fill(store)
    changing = f"update pairloom.event set data = '{{\"number\":999}}' where stream_id = '{STREAM}' and version = 7;"
    await administer(database_url, WITHOUT_GUARDS + changing + LIES[lie].format(stream=STREAM))
    async with await EventStore.connect(database_url) as asking:
        [finding] = (await verify(asking)).findings
    assert (finding.kind, finding.stream, finding.version) == ("changed", STREAM, 7)


async def test_an_event_that_was_deleted_from_both_tables_leaves_a_hole_in_its_stream(
    store: EventStore, database_url: str
) -> None:
    await fill(store)
    await administer(
        database_url,
        WITHOUT_GUARDS
        + f"delete from pairloom.event where stream_id = '{STREAM}' and version = 4;"
        + f"delete from pairloom.feed where stream_id = '{STREAM}' and version = 4",
    )
    findings = (await verify(store)).findings
    assert [finding.kind for finding in findings] == ["gap", "versions"]
    assert "11 events" in findings[1].sentence


async def test_an_event_that_the_sequencer_passed_over_is_named(store: EventStore, database_url: str) -> None:
    await store.append(batch())
    await administer(database_url, PASSED_OVER)
    [finding] = (await verify(store)).findings
    assert (finding.kind, finding.stream, finding.version) == ("unpublished", STREAM, 1)
