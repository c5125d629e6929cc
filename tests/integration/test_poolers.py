"""A pooler in front of the server takes away what the store's sessions begin with: their role above all."""

from __future__ import annotations

from uuid import uuid4

import pytest

from eventstore.failures import StoreUnavailable
from eventstore.migrations import migrate
from eventstore.records import Appended
from eventstore.store import EventStore
from tests.integration.administration import administer
from tests.integration.pooler import pooler
from tests.integration.test_event_store import batch

SAID = r"at 127\.0\.0\.1:\d+/.* a pooler .*: give the server's own address"


@pytest.mark.parametrize("refuses", [True, False], ids=["refused", "dropped"])
async def test_nobody_works_without_what_the_session_begins_with(database_url: str, refuses: bool) -> None:
    """With the rights of whoever connected, who may be an administrator, instead of the application's."""
    async with pooler(database_url, refuses=refuses) as url:
        with pytest.raises(StoreUnavailable, match=SAID):
            await EventStore.connect(url)


@pytest.mark.parametrize("refuses", [True, False], ids=["refused", "dropped"])
async def test_nobody_migrates_through_it(empty_database_url: str, refuses: bool) -> None:
    """What is locked for a session would be locked for somebody else's."""
    async with pooler(empty_database_url, refuses=refuses) as url:
        with pytest.raises(StoreUnavailable, match=SAID):
            await migrate(url)


async def test_a_user_who_begins_in_another_role_is_taken_for_no_pooler(empty_database_url: str) -> None:
    """As those that are made for a day, and whose objects have to belong to somebody who stays."""
    user = f"of_today_{uuid4().hex}"
    await administer(empty_database_url, f"create role {user} login superuser password 'w'; create role owner_{user}")
    await administer(
        empty_database_url, f"alter role owner_{user} superuser; alter role {user} set role = owner_{user}"
    )
    try:
        url = f"postgresql://{user}:w@{empty_database_url.rpartition('@')[2]}"
        assert await migrate(url)
        async with await EventStore.connect(url) as store:
            assert await store.append(batch()) == Appended(first=1, last=1)
            line = await store.listen("anything", lambda: None)
            await line.close()
    finally:
        await administer(
            empty_database_url,
            f"reassign owned by owner_{user} to current_user; drop owned by owner_{user}; drop role owner_{user};"
            f" reassign owned by {user} to current_user; drop owned by {user}; drop role {user}",
        )
