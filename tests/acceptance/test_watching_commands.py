"""`pairloom today` and `pairloom pairing`, from the read model and the streams."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from eventstore.projections import Projector, prepare
from eventstore.store import EventStore
from operations.pairing_views import PairingShown
from readmodels.questions import Questions
from readmodels.standing import Standing
from tests.acceptance.command_line import run
from tests.integration.test_standing import START, live_through, lives


def said(url: str, *arguments: str) -> tuple[int, str]:
    done = run(*arguments, PAIRLOOM_DATABASE_URL=url, COLUMNS="200")
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
async def midway(database_url: str) -> str:
    (generation,) = await prepare(database_url, [Standing()])
    async with await EventStore.connect(database_url) as store:
        await live_through(store, START + timedelta(weeks=20))
        await Projector(store, Standing(), generation, "one").catch_up()
        assert await Questions(store).attention(START), "a quiet moment would show nothing"
    return database_url


async def test_today_ranks_what_needs_a_person(midway: str) -> None:
    code, listed = said(midway, "today", "--json")
    assert code == 0
    items = json.loads(listed)
    async with await EventStore.connect(midway) as store:
        pairings = await Questions(store).pairings()
    assert {item["id"] for item in items} == {item.id for pairing in pairings for item in pairing.items}
    code, table = said(midway, "today")
    assert code == 0
    assert [line.split()[0] for line in table.splitlines()[1:]] == [item["health"] for item in items]


async def test_what_the_read_model_lacks_is_said(midway: str) -> None:
    """A week goes by while no worker folds what is stored."""
    async with await EventStore.connect(midway) as store:
        before = await store.count()
        await live_through(store, START + timedelta(weeks=21), since=START + timedelta(weeks=20))
        lacking = await store.count() - before
    assert lacking > 0
    code, shown = said(midway, "today")
    assert code == 0
    assert f"This lacks {lacking} events that are stored" in shown


async def test_a_pairing_and_its_story(midway: str) -> None:
    async with await EventStore.connect(midway) as store:
        pairing = (await Questions(store).pairings("spring"))[0]
        events = await store.read(f"pairing/spring/{pairing.pairing}")
    id = f"spring/{pairing.pairing}"
    code, shown = said(midway, "pairing", "show", id)
    assert (code, shown.splitlines()[0].split(",")[0]) == (0, f"{pairing.pairing} of spring: {pairing.stage.value}")
    code, shown = said(midway, "pairing", "show", id, "--json")
    assert (code, PairingShown.model_validate_json(shown).status) == (0, pairing)
    code, history = said(midway, "pairing", "history", id)
    assert code == 0
    assert len(history.splitlines()) == len(events)
    assert history.splitlines()[0].endswith("The pairing was created.")
    code, early = said(midway, "pairing", "history", id, "--until", f"{START:%Y-%m-%d}")
    assert (code, early) == (0, "".join(line + "\n" for line in history.splitlines() if line < f"{START:%Y-%m-%d}"))
    assert said(midway, "pairing", "history", id, "--as", "service:hr") == (
        0,
        "There is nothing in it that this role may read.\n",
    )
    code, unknown = said(midway, "pairing", "history", "spring/nobody")
    assert (code, unknown) == (
        1,
        "There is no pairing spring/nobody: `pairloom cohort show spring` lists those of spring.\n",
    )


async def test_what_a_newer_release_stored_is_answered_with_what_to_do(database_url: str) -> None:
    batches = list(lives())
    newer = batches[0].model_copy(
        update={"events": tuple(e.model_copy(update={"schema_version": 99}) for e in batches[0].events)}
    )
    async with await EventStore.connect(database_url) as store:
        await store.append(newer)
    code, answer = said(database_url, "pairing", "history", newer.stream.removeprefix("pairing/"))
    assert (code, answer) == (
        3,
        "An event PairingCreated of version 99 cannot be read by this Pairloom: run the release that wrote it, "
        "or a newer one.\n",
    )
