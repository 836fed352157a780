"""What was, and what has happened since: a kind's objects at a revision, and its changes between two of them.

Asked by the ordinary ways of Kubernetes (a list with resourceVersionMatch=Exact, a watch from a revision), so with the
rights of whoever asks. How far back that reaches is the server's to say: beyond it, Expired is raised.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import NamedTuple
from urllib.parse import urlencode

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.watch import EventType, WatchEvent, read_events
from wherry.kit.http.types import read_body

# A server that does not say when its past has been read ends the watch after so long.
READ_TIMEOUT_S = 1


class Whole(msgspec.Struct, frozen=True):
    """An object with all its fields."""

    document: Document


class PastChange(NamedTuple):
    """One change: what it was, at which revision, and the object after it (of a DELETED one its last state)."""

    type: EventType
    revision: int
    document: Document


async def list_whole(
    client: Client, resource: AnyResourceType, namespace: str = "", *, at_revision: str = ""
) -> list[Document]:
    """The objects of a kind with all their fields, as they are or as they were at a revision. Raises Expired."""
    query = {"resourceVersion": at_revision, "resourceVersionMatch": "Exact"} if at_revision else {}
    place = namespace if resource.namespaced else ""
    response = await client.request("GET", resource.url(place), urlencode(query))
    items = orjson.loads(await read_body(response)).get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


async def changes_between(
    client: Client, resource: AnyResourceType, namespace: str = "", *, after: int, until: int
) -> list[PastChange]:
    """What has happened to the objects of a kind after the one revision and up to the other. Raises Expired."""
    if after >= until:
        return []
    found: list[PastChange] = []
    async with aclosing(_watch(client, resource, namespace, after)) as events:
        async for event in events:
            revision = int(event.resource_version) if event.resource_version.isdigit() else 0
            if revision > until:
                break
            if event.type == "ERROR" and event.error is not None:
                raise event.error
            if event.object is not None:
                found.append(PastChange(event.type, revision, event.object.document))
            if event.type == "BOOKMARK" and revision >= until:
                break
    return found


async def _watch(
    client: Client, resource: AnyResourceType, namespace: str, after: int
) -> AsyncGenerator[WatchEvent[Whole], None]:
    asked = {"watch": "true", "allowWatchBookmarks": "true", "resourceVersion": str(after)}
    query = urlencode({**asked, "timeoutSeconds": str(READ_TIMEOUT_S)})
    response = await client.request("GET", resource.url(namespace if resource.namespaced else ""), query)
    async with aclosing(read_events(response.body, lambda line: Whole(orjson.loads(line)))) as events:
        async for event in events:
            yield event
