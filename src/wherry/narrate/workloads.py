"""The kinds that want pods, each with how many it wants and has: one row per kind.

Pure. A `Tally` says the same about all of them, so that nobody else needs to know the kinds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar, cast

import msgspec

from wherry.api.apps.daemonset import DAEMON_SETS, DaemonSet
from wherry.api.apps.deployment import DEPLOYMENTS, Deployment
from wherry.api.apps.replicaset import REPLICA_SETS, ReplicaSet
from wherry.api.apps.statefulset import STATEFUL_SETS, StatefulSet
from wherry.api.batch.cronjob import CRON_JOBS, CronJob
from wherry.api.batch.job import JOBS, Job
from wherry.api.core.replicationcontroller import REPLICATION_CONTROLLERS, ReplicationController
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.indexer import meta_of

T = TypeVar("T", bound=msgspec.Struct)

ON_DELETE = "OnDelete"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a workload wants and has, by its own spec and status.

    `updated` is how many are of the newest version (None: the kind has no versions, or all pods are of the same),
    `old` how many are not, `kept` how many of those are to stay so; `is_by_hand`: each becomes new only when somebody
    deletes it. `is_seen`: its controller has seen the last change of it. `is_run_to_end`: its pods are to finish, not
    to stay. `schedule` starts jobs and wants no pods itself.
    """

    wanted: int
    ready: int = 0
    updated: int | None = None
    old: int = 0
    kept: int = 0
    is_by_hand: bool = False
    is_seen: bool = True
    finished: int = 0
    failed: int = 0
    is_run_to_end: bool = False
    has_failed: bool = False
    is_paused: bool = False
    schedule: str = ""
    template: Document = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WorkloadKind(Generic[T]):
    """One kind that wants pods."""

    resource: ResourceType[T]
    tally: Callable[[T], Tally]


def _is_seen(meta: ObjectMeta, observed: int | None) -> bool:
    """Whether the controller has seen the last change."""
    return (observed or 0) >= meta.generation


def _deployment(one: Deployment) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    is_seen = _is_seen(one.metadata, one.status.observed_generation)
    updated = one.status.updated_replicas or 0
    return Tally(
        wanted=wanted,
        ready=one.status.ready_replicas or 0,
        updated=updated if is_seen else 0,
        old=max(0, (one.status.replicas or 0) - updated),
        is_seen=is_seen,
        is_paused=bool(one.spec.paused),
        template=one.spec.template,
    )


def _stateful_set(one: StatefulSet) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    moving = one.status.update_revision not in ("", one.status.current_revision)
    updated = (one.status.updated_replicas or 0) if moving else None
    strategy = one.spec.update_strategy
    rolling = strategy.rolling_update if strategy else None
    return Tally(
        wanted=wanted,
        ready=one.status.ready_replicas or 0,
        updated=updated,
        old=0 if updated is None else max(0, one.status.replicas - updated),
        kept=(rolling.partition or 0) if rolling else 0,
        is_by_hand=strategy is not None and strategy.type == ON_DELETE,
        is_seen=_is_seen(one.metadata, one.status.observed_generation),
        template=one.spec.template,
    )


def _replica_set(one: ReplicaSet) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    return Tally(wanted=wanted, ready=one.status.ready_replicas or 0, template=one.spec.template)


def _replication_controller(one: ReplicationController) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    return Tally(wanted=wanted, ready=one.status.ready_replicas or 0, template=one.spec.template)


def _daemon_set(one: DaemonSet) -> Tally:
    status, strategy = one.status, one.spec.update_strategy
    updated = status.updated_number_scheduled or 0
    return Tally(
        wanted=status.desired_number_scheduled,
        ready=status.number_ready,
        updated=updated,
        old=max(0, status.current_number_scheduled - updated),
        is_by_hand=strategy is not None and strategy.type == ON_DELETE,
        is_seen=_is_seen(one.metadata, status.observed_generation),
        template=one.spec.template,
    )


def _job(one: Job) -> Tally:
    parallelism = 1 if one.spec.parallelism is None else one.spec.parallelism
    wanted = one.spec.completions if one.spec.completions is not None else max(parallelism, 1)
    return Tally(
        wanted=wanted,
        ready=one.status.ready or 0,
        finished=one.status.succeeded or 0,
        failed=one.status.failed or 0,
        is_run_to_end=True,
        has_failed=any(entry.type == "Failed" and entry.status == "True" for entry in one.status.conditions),
        is_paused=bool(one.spec.suspend),
        template=one.spec.template,
    )


def _cron_job(one: CronJob) -> Tally:
    return Tally(
        wanted=0,
        is_paused=bool(one.spec.suspend),
        schedule=one.spec.schedule,
        template=one.spec.job_template.spec.template,
    )


def _kind(resource: ResourceType[T], tally: Callable[[T], Tally]) -> WorkloadKind[msgspec.Struct]:
    # The rows differ in their Struct; each informer delivers only its own.
    return cast("WorkloadKind[msgspec.Struct]", WorkloadKind(resource, tally))


WORKLOAD_KINDS: tuple[WorkloadKind[msgspec.Struct], ...] = (
    _kind(DEPLOYMENTS, _deployment),
    _kind(STATEFUL_SETS, _stateful_set),
    _kind(DAEMON_SETS, _daemon_set),
    _kind(REPLICA_SETS, _replica_set),
    _kind(REPLICATION_CONTROLLERS, _replication_controller),
    _kind(JOBS, _job),
    _kind(CRON_JOBS, _cron_job),
)

BY_KIND = {kind.resource.kind: kind for kind in WORKLOAD_KINDS}

WORKLOAD_RESOURCES: tuple[AnyResourceType, ...] = tuple(kind.resource for kind in WORKLOAD_KINDS)


def is_outermost(thing: msgspec.Struct) -> bool:
    """Whether nobody else wants it: a Deployment's ReplicaSets and a CronJob's Jobs are not shown by themselves."""
    return meta_of(thing).controller is None


def images_of(template: Document) -> tuple[str, ...]:
    """The images of a pod template's containers."""
    spec = template.get("spec")
    containers = spec.get("containers") if isinstance(spec, dict) else None
    found = [one.get("image") for one in containers if isinstance(one, dict)] if isinstance(containers, list) else []
    return tuple(str(image) for image in found if image)
