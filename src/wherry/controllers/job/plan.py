"""Decides what a Job needs: more pods, fewer pods, a count, an end.

Source: kubernetes pkg/controller/job/job_controller.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from wherry.api.batch.job import JOBS, Job, JobStatus
from wherry.api.core.pod import PODS, Pod
from wherry.api.documents import section, sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.controllers.job.counting import (
    INDEX_KEY,
    TRACKING,
    Tally,
    compute_tally,
    has_succeeded,
    index_of,
    is_indexed,
    plan_release,
)
from wherry.controllers.job.indexes import Indexes, format_indexes
from wherry.controllers.job.verdict import (
    COMPLETE,
    FAILED,
    SUSPENDED,
    Verdict,
    compute_verdict,
    is_over,
    seconds_left,
    with_condition,
)
from wherry.controllers.pod_template import build_pod
from wherry.reconcile.actions import Action, Create, Delete, Emit, EventNote, PatchStatus, Requeue
from wherry.reconcile.pods import is_active, is_ready, is_terminal

CREATES_MAX = 500
BACKOFF_S = 10.0
BACKOFF_S_MAX = 360.0
INDEX_VARIABLE = "JOB_COMPLETION_INDEX"


def plan_job(job: Job, pods: Sequence[Pod], now_s: float) -> list[Action]:
    """The next step of a Job, and its status as it is now.

    Args:
        pods: all pods that the Job controls, ended ones included.
    """
    if is_over(job):
        return [*plan_release(pods, f"Job {job.metadata.name} is over and has counted its pods")]
    tally = compute_tally(job, pods)
    active = [pod for pod in pods if is_active(pod)]
    verdict = compute_verdict(job, active, tally, now_s)
    status = _compute_status(job, pods, tally, now_s)
    actions: list[Action] = []
    if verdict is not None:
        why = f"the Job is over: {verdict.message}"
        actions += _plan_stop(active, why, count_as_failed=verdict.type == FAILED)
        is_quiet = not active and not status.terminating and tally.is_settled and not _pending(pods, tally)
        status = _announce(job, status, verdict, now_s, is_final=is_quiet)
        if is_quiet:
            actions.append(_verdict_event(verdict))
    elif job.metadata.is_being_deleted:
        pass
    elif job.spec.suspend:
        actions += _plan_stop(active, "the Job is suspended")
    else:
        actions += _plan_pods(job, pods, active, tally, now_s)
        left_s = seconds_left(job, now_s)
        if left_s is not None:
            actions.append(Requeue(left_s, "the Job has a deadline"))
    if status != job.status:
        meta = job.metadata
        why = f"{tally.succeeded} succeeded, {tally.failed} failed, {len(active)} active"
        actions.append(
            PatchStatus(
                JOBS, meta.namespace, meta.name, job.status, status, why, resource_version=meta.resource_version
            )
        )
    actions += _plan_suspension_event(job, status)
    return [*actions, *plan_release(tally.releasable, "it has been written down as ended")]


def _compute_status(job: Job, pods: Sequence[Pod], tally: Tally, now_s: float) -> JobStatus:
    active = [pod for pod in pods if is_active(pod)]
    conditions, start_time = job.status.conditions, job.status.start_time
    was_suspended = any(one.type == SUSPENDED and one.status == "True" for one in conditions)
    if job.spec.suspend:
        conditions = with_condition(conditions, SUSPENDED, "True", "JobSuspended", "Job suspended", now_s)
        start_time = ""
    elif was_suspended:
        conditions = with_condition(conditions, SUSPENDED, "False", "JobResumed", "Job resumed", now_s)
        start_time = format_time(now_s)
    return JobStatus(
        conditions=conditions,
        start_time=start_time if job.spec.suspend else start_time or format_time(now_s),
        completion_time=job.status.completion_time,
        active=len(active) or None,
        succeeded=tally.counted_succeeded or None,
        failed=tally.counted_failed or None,
        ready=sum(is_ready(pod) for pod in active),
        terminating=sum(pod.metadata.is_being_deleted and not is_terminal(pod) for pod in pods),
        uncounted_terminated_pods=tally.uncounted,
        completed_indexes=format_indexes(tally.indexes),
    )


def _announce(job: Job, status: JobStatus, verdict: Verdict, now_s: float, *, is_final: bool) -> JobStatus:
    """First that the end is decided, then, when the last pod has stopped and been counted, the end."""
    conditions = with_condition(status.conditions, verdict.announcement, "True", verdict.reason, verdict.message, now_s)
    if not is_final:
        return msgspec.structs.replace(status, conditions=conditions)
    conditions = with_condition(conditions, verdict.type, "True", verdict.reason, verdict.message, now_s)
    ended = format_time(now_s) if verdict.type == COMPLETE else job.status.completion_time
    return msgspec.structs.replace(status, conditions=conditions, completion_time=ended)


def _verdict_event(verdict: Verdict) -> Emit:
    if verdict.type == COMPLETE:
        return Emit(EventNote("Completed", "Job completed"), verdict.message)
    return Emit(EventNote(verdict.reason, verdict.message, type="Warning"), verdict.message)


def _plan_suspension_event(job: Job, status: JobStatus) -> list[Action]:
    before = {one.status for one in job.status.conditions if one.type == SUSPENDED}
    now = {one.status for one in status.conditions if one.type == SUSPENDED}
    if before == now:
        return []
    if "True" in now:
        return [Emit(EventNote("Suspended", "Job suspended"), "spec.suspend is true")]
    return [Emit(EventNote("Resumed", "Job resumed"), "spec.suspend is not true any more")]


def _plan_stop(pods: Sequence[Pod], why: str, *, count_as_failed: bool = False) -> list[Action]:
    """Delete pods that are still at work; what is stopped without fault of its own is not counted."""
    actions: list[Action] = [] if count_as_failed else [*plan_release(pods, why)]
    actions += [
        Delete(
            PODS,
            pod.metadata.namespace,
            pod.metadata.name,
            why,
            uid=pod.metadata.uid,
            event=EventNote("SuccessfulDelete", f"Deleted pod: {pod.metadata.name}"),
        )
        for pod in pods
    ]
    return actions


def _plan_pods(job: Job, pods: Sequence[Pod], active: Sequence[Pod], tally: Tally, now_s: float) -> list[Action]:
    """As many pods at work as parallelism allows and the remaining work needs."""
    wanted = compute_wanted_active(job, len(active), tally)
    if len(active) > wanted:
        surplus = sorted(active, key=_dispensability)[: len(active) - wanted]
        return _plan_stop(surplus, f"{wanted} pods are enough for the work that is left")
    missing = min(wanted - len(active), CREATES_MAX)
    if missing <= 0:
        return []
    wait_s = backoff_left_s(pods, now_s)
    if wait_s > 0:
        return [Requeue(wait_s, "the last pod failed: a new one waits a while")]
    why = f"{tally.succeeded} of {job.spec.completions or 1} done, {len(active)} of {wanted} pods at work"
    indexes = _free_indexes(job, active, tally) if is_indexed(job) else iter(())
    actions: list[Action] = []
    for _ in range(missing):
        index = next(indexes, None)
        if is_indexed(job) and index is None:
            break
        actions.append(
            Create(
                PODS,
                job.metadata.namespace,
                build_job_pod(job, index),
                why,
                event=EventNote("SuccessfulCreate", "Created pod: {name}"),
                failed_event=EventNote("FailedCreate", "Error creating: {error}", type="Warning"),
            )
        )
    return actions


def compute_wanted_active(job: Job, active: int, tally: Tally) -> int:
    """How many pods shall be at work now."""
    parallelism = 1 if job.spec.parallelism is None else job.spec.parallelism
    if job.spec.completions is None:
        # A work queue: the first success says that the queue is empty.
        return min(active, parallelism) if tally.succeeded else parallelism
    return max(min(job.spec.completions - tally.succeeded, parallelism), 0)


def backoff_left_s(pods: Sequence[Pod], now_s: float) -> float:
    """How long to wait before the next try: 10 s after one failure, doubled with each in a row, at most 6 minutes."""
    last_success_s = max((_ended_s(pod) for pod in pods if has_succeeded(pod)), default=0.0)
    failures = [_ended_s(pod) for pod in pods if pod.status.phase == "Failed"]
    in_a_row = [ended_s for ended_s in failures if ended_s > last_success_s]
    if not in_a_row:
        return 0.0
    # The power is capped before it is taken: a thousand failures must not make a number of a thousand bits.
    delay_s = min(BACKOFF_S * 2.0 ** min(len(in_a_row) - 1, 10), BACKOFF_S_MAX)
    # An end in the future (a clock was set back) waits no longer than one that has just happened.
    return min(max(max(in_a_row) + delay_s - now_s, 0.0), delay_s)


def build_job_pod(job: Job, index: int | None) -> Document:
    """A pod of a Job; with an index it knows which part of the work is its own."""
    name = job.metadata.name
    prefix = f"{name}-" if index is None else f"{name}-{index}-"
    pod = build_pod(job.spec.template, JOBS, job.metadata, generate_name=prefix)
    metadata, spec = section(pod, "metadata"), section(pod, "spec")
    metadata["finalizers"] = [TRACKING]
    if index is None:
        return pod
    for part in ("labels", "annotations"):
        section(metadata, part)[INDEX_KEY] = str(index)
    spec.setdefault("hostname", f"{name}-{index}")
    source = {"fieldRef": {"apiVersion": "v1", "fieldPath": f"metadata.labels['{INDEX_KEY}']"}}
    for containers in ("initContainers", "containers"):
        for container in sections(spec, containers):
            variables = sections(container, "env")
            if all(one.get("name") != INDEX_VARIABLE for one in variables):
                container["env"] = [*variables, {"name": INDEX_VARIABLE, "valueFrom": source}]
    return pod


def _free_indexes(job: Job, active: Sequence[Pod], tally: Tally) -> Iterator[int]:
    taken = Indexes.of(index for pod in active if (index := index_of(pod)) is not None)
    return (tally.indexes | taken).gaps(job.spec.completions or 0)


def _pending(pods: Sequence[Pod], tally: Tally) -> bool:
    """Whether a pod still waits to be released: its end must not be lost with the Job."""
    return any(TRACKING in pod.metadata.finalizers for pod in pods if pod not in tally.releasable)


def _dispensability(pod: Pod) -> tuple[bool, bool, float, str]:
    """The least useful first: unscheduled, not ready, newest."""
    created = pod.metadata.creation_timestamp
    return bool(pod.spec.node_name), is_ready(pod), -(parse_time(created) if created else 0.0), pod.metadata.name


def _ended_s(pod: Pod) -> float:
    """When a pod ended: its last container's end, or when its deletion was asked for, or its creation."""
    times = [
        one.state.terminated.finished_at
        for one in pod.status.container_statuses
        if one.state and one.state.terminated and one.state.terminated.finished_at
    ]
    text = max(times, default="") or pod.metadata.deletion_timestamp or pod.metadata.creation_timestamp
    return parse_time(text) if text else 0.0
