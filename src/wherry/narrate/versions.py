"""Which pods are of the version that replaces another one, by what the controller of their workload keeps.

A pod of the old version may be in trouble while the new one, which may well be what mends it, is on its way.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS
from wherry.api.apps.daemonset import DAEMON_SETS
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.client.indexer import meta_of
from wherry.narrate.authors import uid_in
from wherry.narrate.workloads import BY_KIND

REVISION = "deployment.kubernetes.io/revision"
POD_TEMPLATE_HASH = "pod-template-hash"
REVISION_HASH = "controller-revision-hash"


async def pods_of_new_version(client: Client, document: Document) -> frozenset[str]:
    """Their names; none where no version replaces another, or where this person may not see which are."""
    kind = str(document.get("kind", ""))
    if kind not in LABELS:
        return frozenset()
    thing = BY_KIND[kind].resource.from_document(document)
    tally, namespace = BY_KIND[kind].tally(thing), meta_of(thing).namespace
    if not tally.updated or tally.old <= tally.kept:
        return frozenset()
    label, read = LABELS[kind]
    try:
        value = await read(client, document, namespace)
        found = (await client.list(PODS, namespace, label_selector=f"{label}={value}")).items if value else []
    except StatusError:
        return frozenset()
    return frozenset(pod.metadata.name for pod in found)


async def _of_deployment(client: Client, document: Document, namespace: str) -> str:
    sets = (await client.list(REPLICA_SETS, namespace)).items
    mine = [one.metadata for one in sets if _is_owned(one.metadata, document)]
    newest = max(mine, key=_number, default=None)
    return newest.labels.get(POD_TEMPLATE_HASH, "") if newest else ""


async def _of_stateful_set(_: Client, document: Document, __: str) -> str:
    return STATEFUL_SETS.from_document(document).status.update_revision


async def _of_daemon_set(client: Client, document: Document, namespace: str) -> str:
    revisions = (await client.list(CONTROLLER_REVISIONS, namespace)).items
    mine = [one for one in revisions if _is_owned(one.metadata, document)]
    newest = max(mine, key=lambda one: one.revision, default=None)
    return newest.metadata.labels.get(REVISION_HASH, "") if newest else ""


def _is_owned(meta: ObjectMeta, document: Document) -> bool:
    return meta.controller is not None and meta.controller.uid == uid_in(document)


def _number(meta: ObjectMeta) -> int:
    """Which version a ReplicaSet is of."""
    said = meta.annotations.get(REVISION, "")
    return int(said) if said.isdecimal() else 0


LABELS: Mapping[str, tuple[str, Callable[[Client, Document, str], Awaitable[str]]]] = {
    DEPLOYMENTS.kind: (POD_TEMPLATE_HASH, _of_deployment),
    STATEFUL_SETS.kind: (REVISION_HASH, _of_stateful_set),
    DAEMON_SETS.kind: (REVISION_HASH, _of_daemon_set),
}
"""By which label the pods of a kind tell their version, and who finds its value for the newest one."""
