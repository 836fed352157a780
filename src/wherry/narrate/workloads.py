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
from wherry.apimachinery.resource_type import AnyResourceType, ResourceType
from wherry.client.indexer import meta_of

T = TypeVar("T", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What a workload wants and has, by its own spec and status.

    `updated` is how many are of the newest version (None: the kind has no versions). `is_run_to_end`: its pods
    are to finish, not to stay. `schedule` starts jobs and wants no pods itself.
    """

    wanted: int
    ready: int = 0
    updated: int | None = None
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


def _deployment(one: Deployment) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    seen = (one.status.observed_generation or 0) >= one.metadata.generation
    return Tally(
        wanted=wanted,
        ready=one.status.ready_replicas or 0,
        updated=(one.status.updated_replicas or 0) if seen else 0,
        is_paused=bool(one.spec.paused),
        template=one.spec.template,
    )


def _stateful_set(one: StatefulSet) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    moving = one.status.update_revision not in ("", one.status.current_revision)
    updated = (one.status.updated_replicas or 0) if moving else None
    return Tally(wanted=wanted, ready=one.status.ready_replicas or 0, updated=updated, template=one.spec.template)


def _replica_set(one: ReplicaSet) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    return Tally(wanted=wanted, ready=one.status.ready_replicas or 0, template=one.spec.template)


def _replication_controller(one: ReplicationController) -> Tally:
    wanted = 1 if one.spec.replicas is None else one.spec.replicas
    return Tally(wanted=wanted, ready=one.status.ready_replicas or 0, template=one.spec.template)


def _daemon_set(one: DaemonSet) -> Tally:
    status = one.status
    return Tally(
        wanted=status.desired_number_scheduled,
        ready=status.number_ready,
        updated=status.updated_number_scheduled or 0,
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
