"""A pooler in front of the server takes away what the store's sessions begin with: their role above all."""

from __future__ import annotations

import pytest

from eventstore.failures import StoreUnavailable
from eventstore.migrations import migrate
from eventstore.store import EventStore
from tests.integration.pooler import pooler

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
