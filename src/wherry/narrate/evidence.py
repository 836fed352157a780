"""Everything that bears on "why is this as it is", read from the public API of any cluster.

Reading happens here; judging what was read is pure (why.py, chain.py, placement.py, crash.py).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from wherry.api.core.event import EVENTS
from wherry.api.core.event_parts import Event
from wherry.api.core.node import NODES, Node
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.deed import Deed
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.client import Client
from wherry.client.deeds import deeds_about
from wherry.kit.http.types import read_body
from wherry.narrate.authors import meta_in
from wherry.narrate.facts import Snapshot
from wherry.narrate.find import Target, find_kind
from wherry.narrate.versions import pods_of_new_version

T = TypeVar("T", bound=msgspec.Struct)

LOG_LINES = 20
OWNERS_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was read about one target.

    `documents`: its owners, outermost first, and itself last. `logs`: the end of what each crashing container wrote.
    `deeds`: who did what to the outermost owner. `newer`: the names of a workload's pods that are of a version which
    replaces another. `nodes` and `pods` only for a pod that waits for a node.
    """

    target: Target
    documents: Sequence[Document]
    events: Sequence[Event]
    snapshot: Snapshot
    pod: Pod | None = None
    deeds: Sequence[Deed] = ()
    newer: frozenset[str] = frozenset()
    logs: Mapping[str, Sequence[str]] = field(default_factory=dict)
    nodes: Sequence[Node] = ()
    pods: Sequence[Pod] = ()


async def gather(client: Client, target: Target, snapshot: Snapshot) -> Evidence:
    """Read what bears on `target`. Raises NotFound when it is not there."""
    documents = await _with_owners(client, target)
    events = await _all_that_may_be_seen(client, EVENTS, target.namespace or "default")
    pod = PODS.from_document(documents[-1]) if target.kind == PODS.kind else None
    deeds = await _deeds(client, documents[0])
    if pod is None:
        newer = await pods_of_new_version(client, documents[-1])
        return Evidence(target=target, documents=documents, events=events, snapshot=snapshot, deeds=deeds, newer=newer)
    waits = not pod.spec.node_name
    return Evidence(
        target=target,
        documents=documents,
        events=events,
        snapshot=snapshot,
        pod=pod,
        deeds=deeds,
        logs=await _logs(client, pod),
        nodes=await _all_that_may_be_seen(client, NODES) if waits else (),
        pods=await _all_that_may_be_seen(client, PODS) if waits else (),
    )


async def _all_that_may_be_seen(client: Client, resource: ResourceType[T], namespace: str = "") -> Sequence[T]:
    """A list, or nothing where this person may not look: the rest of the answer is still worth having."""
    try:
        return (await client.list(resource, namespace)).items
    except Forbidden:
        return ()


async def _deeds(client: Client, document: Document) -> Sequence[Deed]:
    """Who did what to an object, as far as the masters remember."""
    resource, metadata = find_kind(str(document["kind"])), meta_in(document)
    if resource is None:
        return ()
    return await deeds_about(client, resource, str(metadata.get("name", "")), str(metadata.get("namespace", "")))


async def _with_owners(client: Client, target: Target) -> list[Document]:
    resource = find_kind(target.kind)
    assert resource is not None, target.kind
    found = [{"kind": resource.kind, **await client.get_document(resource, target.name, target.namespace)}]
    while len(found) < OWNERS_MAX and (owner := _controller(found[0])) is not None:
        owner_resource = find_kind(owner[0])
        if owner_resource is None:
            break
        namespace = target.namespace if owner_resource.namespaced else ""
        try:
            document = await client.get_document(owner_resource, owner[1], namespace)
        except StatusError:
            # Gone, or not for this person to see: the chain begins below it.
            break
        found.insert(0, {"kind": owner_resource.kind, **document})
    return found


def _controller(document: Document) -> tuple[str, str] | None:
    metadata = document.get("metadata")
    owners = metadata.get("ownerReferences") if isinstance(metadata, dict) else None
    for owner in owners if isinstance(owners, list) else ():
        if isinstance(owner, dict) and owner.get("controller"):
            return str(owner.get("kind")), str(owner.get("name"))
    return None


async def _logs(client: Client, pod: Pod) -> dict[str, list[str]]:
    """The last words of the containers that ended badly; [] for what the node no longer has."""
    found: dict[str, list[str]] = {}
    for status in (*pod.status.init_container_statuses, *pod.status.container_statuses):
        last = status.last_state.terminated if status.last_state else None
        now = status.state.terminated if status.state else None
        if (now is None or now.exit_code == 0) and last is None:
            continue
        previous = "&previous=true" if now is None else ""
        query = f"container={status.name}&tailLines={LOG_LINES}{previous}"
        path = PODS.url(pod.metadata.namespace, pod.metadata.name, "log")
        try:
            body = await read_body(await client.request("GET", path, query))
        except (StatusError, OSError):
            found[status.name] = []
            continue
        ended = now or last
        message = ended.message if ended is not None else ""
        found[status.name] = body.decode(errors="replace").splitlines() or message.splitlines()
    return found
