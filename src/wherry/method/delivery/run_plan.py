"""What running a release means, decided beforehand: what is applied when, and what is taken away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherry.api.method.release import REPLACED, RUNNING, ObjectRef, Release
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import pod_template, reference
from wherry.method.delivery.stamping import runs_image

# What others lean on comes first. Kinds that are not named come after these and before the pods.
_ORDER = (
    "Namespace", "CustomResourceDefinition", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role",
    "RoleBinding", "ConfigMap", "Secret", "PersistentVolumeClaim", "Service",
)  # fmt: skip
# Whoever deletes a namespace or a definition deletes everything in it: that is never a release's business.
_NEVER_PRUNED = frozenset({"Namespace", "CustomResourceDefinition", "PersistentVolumeClaim"})


@dataclass(frozen=True, slots=True)
class RunPlan:
    """`settings` and `backing` (a database) are there before the migration, the service's own pods after it."""

    settings: tuple[Document, ...]
    backing: tuple[Document, ...]
    service: tuple[Document, ...]


def plan_run(documents: Iterable[Document], image: str) -> RunPlan:
    """Put a release's manifests into the order in which they are applied."""
    ordered = sorted(documents, key=_rank)
    pods = [document for document in ordered if pod_template(document) is not None]
    return RunPlan(
        settings=tuple(document for document in ordered if pod_template(document) is None),
        backing=tuple(document for document in pods if not runs_image(document, image)),
        service=tuple(document for document in pods if runs_image(document, image)),
    )


def plan_prune(release: Release, earlier: Iterable[Release]) -> tuple[ObjectRef, ...]:
    """What earlier releases of this environment had and this one lacks, pods first.

    Volumes are left: what a database holds is not a release's to delete.
    """
    kept = {_identity(ref) for ref in release.spec.objects}
    gone: dict[tuple[str, str, str], ObjectRef] = {}
    for one in earlier:
        if one.status.started_at:
            gone.update({_identity(ref): ref for ref in one.spec.objects})
    found = [ref for key, ref in gone.items() if key not in kept and ref.kind not in _NEVER_PRUNED]
    return tuple(sorted(found, key=lambda ref: (-_kind_rank(ref.kind), ref.kind, ref.name)))


def current_release(releases: Iterable[Release]) -> Release | None:
    """The release of an environment that was told to run last and has not been replaced."""
    started = [one for one in releases if one.status.started_at and one.status.state not in ("", REPLACED)]
    return max(started, key=lambda one: (one.status.started_at, one.status.state == RUNNING), default=None)


def release_before(releases: Sequence[Release], current: Release) -> Release | None:
    """Where a rollback goes: the newest release before `current` that was ready once."""
    good = [one for one in releases if one.status.running_since and one.spec.number < current.spec.number]
    return max(good, key=lambda one: one.spec.number, default=None)


def _identity(ref: ObjectRef) -> tuple[str, str, str]:
    # The group without its version: the same object may be written as v1beta1 and as v1.
    return ref.api_version.rpartition("/")[0], ref.kind, ref.name


def _rank(document: Document) -> tuple[int, str, str]:
    ref = reference(document)
    return _kind_rank(ref.kind), ref.kind, ref.name


def _kind_rank(kind: str) -> int:
    return _ORDER.index(kind) if kind in _ORDER else len(_ORDER)
