"""A workload's past: each template it ever had, as a ControllerRevision with a number (StatefulSets, DaemonSets)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS, ControllerRevision
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.controllers.pod_template import owner_document
from wherry.reconcile.actions import Action, Create, Delete, Patch


def sort_revisions(revisions: Iterable[ControllerRevision]) -> list[ControllerRevision]:
    """Oldest number first."""
    return sorted(revisions, key=lambda one: (one.revision, one.metadata.creation_timestamp, one.metadata.name))


def revision_data(template: Document) -> Document:
    """What a revision remembers: a strategic merge patch that brings the template back (`kubectl rollout undo`)."""
    return {"spec": {"template": {**template, "$patch": "replace"}}}


def create_revision(
    owner: AnyResourceType, meta: ObjectMeta, template: Document, *, name: str, labels: dict[str, str], number: int
) -> Create:
    """Remember a template that is new."""
    document: Document = {
        "apiVersion": CONTROLLER_REVISIONS.api_version,
        "kind": CONTROLLER_REVISIONS.kind,
        "metadata": {
            "name": name,
            "namespace": meta.namespace,
            "labels": labels,
            "ownerReferences": [owner_document(owner, meta)],
        },
        "data": revision_data(template),
        "revision": number,
    }
    return Create(CONTROLLER_REVISIONS, meta.namespace, document, f"the template is new: revision {number}")


def renumber(revision: ControllerRevision, number: int) -> Patch:
    """A rollback: an old template is the newest again."""
    meta, patch = revision.metadata, {"revision": number}
    why = f"its template is in use again, now as revision {number}"
    return Patch(CONTROLLER_REVISIONS, meta.namespace, meta.name, {**patch}, why)


def plan_forgetting(revisions: Sequence[ControllerRevision], limit: int | None, in_use: frozenset[str]) -> list[Action]:
    """Forget the oldest revisions beyond spec.revisionHistoryLimit; those in use stay."""
    if limit is None:
        return []
    unused = [one for one in sort_revisions(revisions) if one.metadata.name not in in_use]
    why = f"only the last {limit} revisions are kept"
    return [
        Delete(CONTROLLER_REVISIONS, one.metadata.namespace, one.metadata.name, why, uid=one.metadata.uid)
        for one in unused[: max(len(unused) - limit, 0)]
    ]
