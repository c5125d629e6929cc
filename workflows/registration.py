"""Registering the search attributes on a namespace, once."""

from __future__ import annotations

from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from activities.search_attributes import ALL


async def register_search_attributes(client: Client) -> list[str]:
    """Add those that the namespace lacks; answers with their names. Safe for several workers at once.

    Raises RPCError where the namespace does not let this client administer it (as on Temporal Cloud):
    there an administrator registers them beforehand.
    """
    service = client.operator_service
    listed = await service.list_search_attributes(ListSearchAttributesRequest(namespace=client.namespace))
    missing = {key.name: key.indexed_value_type.value for key in ALL if key.name not in listed.custom_attributes}
    if missing:
        request = AddSearchAttributesRequest(namespace=client.namespace)
        for name, kind in missing.items():
            request.search_attributes[name] = kind  # type: ignore[assignment]  # protobuf enum values are ints
        try:
            await service.add_search_attributes(request)
        except RPCError as error:
            if error.status is not RPCStatusCode.ALREADY_EXISTS:
                raise
    return list(missing)
