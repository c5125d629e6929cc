"""The quicker sandbox is one, and a codec that looks at contexts gets them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Self
from uuid import uuid4

import pytest
from live_pairing import MENTEE, begin, settings_for, working
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.client import Client, WorkflowFailureError
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    ActivitySerializationContext,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)
from temporalio.worker import Worker

from domain.pairing.offer import AcceptOffer
from embedded.ground import Ground
from eventstore.store import EventStore
from worker import PASSED_THROUGH
from workflows.sandbox import sandbox


@workflow.defn(failure_exception_types=[Exception])
class Careless:
    """Asks the machine for the time."""

    @workflow.run
    async def run(self) -> str:
        """What no replay would find again."""
        return datetime.now().isoformat()


async def test_what_a_replay_would_not_find_again_is_refused(temporal_client: Client) -> None:
    queue = f"test-{uuid4().hex}"
    runner = sandbox(PASSED_THROUGH, temporal_client.data_converter)
    async with Worker(temporal_client, task_queue=queue, workflows=[Careless], workflow_runner=runner):
        with pytest.raises(WorkflowFailureError) as failed:
            await temporal_client.execute_workflow(Careless.run, id=f"careless-{queue}", task_queue=queue)
    assert "Cannot access datetime.datetime.now" in str(failed.value.cause)


class Noting(PayloadCodec, WithSerializationContext):
    """Marks payloads, and notes in which contexts it was asked to."""

    def __init__(self, noted: set[tuple[str, str]], context: SerializationContext | None = None) -> None:
        self.noted, self.context = noted, context

    def with_context(self, context: SerializationContext) -> Self:
        """The same for one context."""
        return type(self)(self.noted, context)

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Notes the context and marks."""
        match self.context:
            case WorkflowSerializationContext(workflow_id=workflow_id):
                self.noted.add(("workflow", workflow_id))
            case ActivitySerializationContext(workflow_id=workflow_id):
                self.noted.add(("activity", workflow_id or ""))
            case _:
                self.noted.add(("nothing", ""))
        return [Payload(metadata={"encoding": b"marked"}, data=one.SerializeToString()) for one in payloads]

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """Takes the mark off."""
        return [Payload.FromString(one.data) if one.metadata.get("encoding") == b"marked" else one for one in payloads]


async def test_a_codec_is_told_whose_payloads_they_are(ground: Ground, database_url: str, store: EventStore) -> None:
    noted = set[tuple[str, str]]()
    converter = replace(pydantic_data_converter, payload_codec=Noting(noted))
    client = await Client.connect(ground.temporal_address, data_converter=converter)
    settings = settings_for(database_url)
    async with working(client, settings):
        pairing = await begin(client, store, settings.task_queue)
        await pairing.say(AcceptOffer, MENTEE)
        assert await pairing.types() == ["PairingCreated", "PairingOffered", "OfferAccepted"]
    assert noted == {("workflow", pairing.id), ("activity", pairing.id)}
