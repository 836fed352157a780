"""Runs pods until the work is done."""

from __future__ import annotations

from msgspec import field

from wherry.apimachinery.document import Document
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import STATUS, resource_type
from wherry.apimachinery.struct import Struct


class JobSpec(Struct):
    parallelism: int | None = None
    completions: int | None = None
    active_deadline_seconds: int | None = None
    backoff_limit: int | None = None
    selector: LabelSelector | None = None
    manual_selector: bool | None = None
    template: Document = field(default_factory=dict)
    ttl_seconds_after_finished: int | None = None
    completion_mode: str = ""
    suspend: bool | None = None


class JobCondition(Struct):
    last_probe_time: str = ""
    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str


class UncountedTerminatedPods(Struct):
    failed: tuple[str, ...] = ()
    succeeded: tuple[str, ...] = ()


class JobStatus(Struct):
    conditions: tuple[JobCondition, ...] = ()
    start_time: str = ""
    completion_time: str = ""
    active: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    ready: int | None = None
    terminating: int | None = None
    uncounted_terminated_pods: UncountedTerminatedPods | None = None
    completed_indexes: str = ""


class Job(Struct):
    """Runs pods until the work is done."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: JobSpec = field(default_factory=JobSpec)
    status: JobStatus = field(default_factory=JobStatus)


JOBS = resource_type(
    Job,
    kind="Job",
    plural="jobs",
    group="batch",
    categories=("all",),
    subresources=(STATUS,),
)
