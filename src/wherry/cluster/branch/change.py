"""Makes a change in a branch: applies objects, scales workloads; nodes that go down are played as such.

The objects go the way that they would really go: server-side apply, with defaults, validation, quotas and limits. What
is refused is noted and the rest goes on, so that one answer names everything.
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.narrate.facts import Snapshot
from wherry.narrate.find import Target, all_targets, find_kind, find_targets, near_targets
from wherry.narrate.forecast import Refusal
from wherry.narrate.intent import Ambiguous, Change, NotThere, Scale

MANAGER = "wherry-what-if"


def check_names(change: Change, snapshot: Snapshot) -> None:
    """Whether everything named is there and is what it is used as. Raises NotThere and Ambiguous."""
    nodes = [node.name for node in snapshot.nodes]
    for name in change.nodes_down:
        if name not in nodes:
            near = [one.name for one in near_targets(snapshot, name) if one.kind == "Node"]
            raise NotThere(f"node/{name}", near[0] if near else "")
    for scale in change.scales:
        found = _meant(snapshot, scale, change.namespace)
        if not found:
            near = [one.name for one in near_targets(snapshot, scale.thing)]
            raise NotThere(scale.thing, near[0] if near else "")
        if len(found) > 1:
            raise Ambiguous(scale.thing, tuple(f"{one.text} in {one.namespace}" for one in found))


def _meant(snapshot: Snapshot, scale: Scale, namespace: str) -> Sequence[Target]:
    """What a scale may be about: in its namespace, else in the one where the change is made, else anywhere."""
    found = find_targets(snapshot, scale.thing)
    for place in (scale.namespace, namespace):
        if place:
            here = [one for one in all_targets(snapshot) if one.namespace == place]
            kind, slash, name = scale.thing.rpartition("/")
            resource = find_kind(kind) if slash else None
            return [one for one in here if one.name == name and resource in (None, find_kind(one.kind))][:1]
    return found


async def apply_change(client: Client, catalog: Catalog, change: Change, snapshot: Snapshot) -> list[Refusal]:
    """Make the change in a branch; what the masters refuse comes back."""
    refusals = [await _apply(client, catalog, document, change.namespace) for document in _in_order(change.documents)]
    refusals += [await _scale(client, scale, snapshot, change.namespace) for scale in change.scales]
    return [refusal for refusal in refusals if refusal is not None]


def _in_order(documents: Sequence[Document]) -> list[Document]:
    """Namespaces and definitions before what needs them."""
    return sorted(documents, key=lambda one: one.get("kind") not in ("Namespace", "CustomResourceDefinition"))


async def _apply(client: Client, catalog: Catalog, document: Document, namespace: str) -> Refusal | None:
    metadata = document.get("metadata")
    meta = metadata if isinstance(metadata, dict) else {}
    kind, name = str(document.get("kind", "")), str(meta.get("name", ""))
    what = f"{kind or 'an object without a kind'} {name}".strip()
    resource = _served(catalog, str(document.get("apiVersion", "")), kind)
    if resource is None:
        return Refusal(
            what=what, reason=f'there is no kind "{kind}" in {document.get("apiVersion") or "no apiVersion"}'
        )
    if not name:
        return Refusal(what=what, reason="metadata.name: Required value: it needs a name")
    place = str(meta.get("namespace") or namespace or "default") if resource.namespaced else ""
    try:
        _ = await client.apply(resource, name, document, place, field_manager=MANAGER, force=True)
    except StatusError as error:
        return Refusal(what=what, reason=error.message)
    return None


def _served(catalog: Catalog, api_version: str, kind: str) -> AnyResourceType | None:
    return next((one for one in catalog if (one.api_version, one.kind) == (api_version, kind)), None)


async def _scale(client: Client, scale: Scale, snapshot: Snapshot, namespace: str) -> Refusal | None:
    target = _meant(snapshot, scale, namespace)[0]
    what = f"{target.kind} {target.name}"
    resource = find_kind(target.kind)
    if resource is None or not any(one.name == "scale" for one in resource.subresources):
        return Refusal(what=what, reason=f"a {target.kind} has no number of copies that could be changed")
    try:
        path = resource.url(target.namespace, target.name, "scale")
        body = orjson.dumps({"spec": {"replicas": scale.replicas}})
        _ = await client.request("PATCH", path, body=body, content_type="application/merge-patch+json")
    except StatusError as error:
        return Refusal(what=what, reason=error.message)
    return None
