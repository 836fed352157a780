"""Runs the future: stand-ins for the services of a model that exist only as a contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.client.client import Client
from wherry.method.contracts.api import read_api
from wherry.method.contracts.catalogue import Catalogue, NoCatalogue, as_json, as_text, document_of, read_catalogue
from wherry.method.contracts.stand_in import IMAGE, script, stand_in_objects
from wherry.method.model.model import Service

PORT = 8080
"""Where a stand-in answers whose contract comes from a file: the skeleton's port."""


@dataclass(frozen=True, slots=True)
class StandIn:
    """A stand-in that can be started: its objects, and the port where it answers."""

    service: str
    port: int
    objects: list[Document]


async def prepare_stand_ins(
    client: Client, services: Iterable[Service], documents: Mapping[str, str], image: str = IMAGE
) -> tuple[list[StandIn], list[str]]:
    """What can be started, and which services have nothing to answer from.

    Args:
        client: reads what is published, for the services of which the model has no document.
        services: those that a stand-in is wanted for.
        documents: the OpenAPI documents that came with the model, as JSON, by the contract's name.
        image: any with Python 3 in it.

    Raises:
        BrokenDocument: when a contract cannot be used.
    """
    try:
        catalogue = await read_catalogue(client)
    except (NoCatalogue, Forbidden):
        catalogue = None
    ready: list[StandIn] = []
    silent: list[str] = []
    for service in services:
        prepared = await _stand_in(client, service, documents, catalogue, image)
        if prepared is None:
            silent.append(service.name)
        else:
            ready.append(prepared)
    return ready, silent


async def _stand_in(
    client: Client, service: Service, documents: Mapping[str, str], catalogue: Catalogue | None, image: str
) -> StandIn | None:
    """From the document that came with the model, else from what is published."""
    port, served_at = PORT, "/openapi.json"
    document = next((documents[one.name] for one in service.provides if one.name in documents), "")
    published = catalogue.find_apis(service.name) if catalogue is not None else []
    if not document:
        if not published:
            return None
        spec = published[0].spec
        document = await document_of(client, published[0].metadata.namespace, spec)
        port, served_at = spec.port, spec.served_at
    text = as_text(document, service.name)
    entries = script(read_api(text), as_json(text.data), served_at, ())
    return StandIn(service.name, port, stand_in_objects(service.name, entries, port=port, image=image))
