"""Whether a Job is over, and how: done, given up, or out of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from wherry.api.batch.job import Job, JobCondition
from wherry.api.core.pod import Pod
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.controllers.job.counting import Tally

COMPLETE = "Complete"
FAILED = "Failed"
FAILURE_TARGET = "FailureTarget"
SUCCESS_CRITERIA_MET = "SuccessCriteriaMet"
SUSPENDED = "Suspended"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`type` is the final condition: Complete or Failed."""

    type: str
    reason: str
    message: str

    @property
    def announcement(self) -> str:
        """The condition that comes first, while the last pods are still stopping."""
        return SUCCESS_CRITERIA_MET if self.type == COMPLETE else FAILURE_TARGET


def is_over(job: Job) -> bool:
    """Whether the Job has its final condition."""
    return any(one.type in (COMPLETE, FAILED) and one.status == "True" for one in job.status.conditions)


def compute_verdict(job: Job, active: Sequence[Pod], tally: Tally, now_s: float) -> Verdict | None:
    """The end of a Job, or None while it goes on. What has been announced stays."""
    for one in job.status.conditions:
        if one.status == "True" and one.type in (SUCCESS_CRITERIA_MET, FAILURE_TARGET):
            return Verdict(COMPLETE if one.type == SUCCESS_CRITERIA_MET else FAILED, one.reason, one.message)
    limit = 6 if job.spec.backoff_limit is None else job.spec.backoff_limit
    if tally.failed > limit or _restarts_exceed(active, limit):
        return Verdict(FAILED, "BackoffLimitExceeded", "Job has reached the specified backoff limit")
    left_s = seconds_left(job, now_s)
    if left_s is not None and left_s <= 0:
        return Verdict(FAILED, "DeadlineExceeded", "Job was active longer than specified deadline")
    wanted = job.spec.completions
    is_done = tally.succeeded > 0 and not active if wanted is None else tally.succeeded >= wanted
    if is_done and not job.spec.suspend:
        return Verdict(COMPLETE, "CompletionsReached", "Reached expected number of succeeded pods")
    return None


def seconds_left(job: Job, now_s: float) -> float | None:
    """How long the Job may still run, or None where there is no deadline or it is suspended."""
    if job.spec.active_deadline_seconds is None or not job.status.start_time or job.spec.suspend:
        return None
    return parse_time(job.status.start_time) + job.spec.active_deadline_seconds - now_s


def with_condition(
    conditions: tuple[JobCondition, ...], kind: str, status: str, reason: str, message: str, now_s: float
) -> tuple[JobCondition, ...]:
    """The conditions with one of them set; one that is so already keeps its times."""
    now = format_time(now_s)
    wanted = JobCondition(
        type=kind, status=status, reason=reason, message=message, last_probe_time=now, last_transition_time=now
    )
    before = next((one for one in conditions if one.type == kind), None)
    if before is None:
        return (*conditions, wanted)
    if (before.status, before.reason, before.message) == (status, reason, message):
        return conditions
    if before.status == status:
        wanted = msgspec.structs.replace(wanted, last_transition_time=before.last_transition_time)
    return tuple(wanted if one.type == kind else one for one in conditions)


def _restarts_exceed(active: Sequence[Pod], limit: int) -> bool:
    """With restartPolicy OnFailure the node restarts containers: these count as tries too."""
    restarts = sum(
        status.restart_count
        for pod in active
        if pod.spec.restart_policy == "OnFailure" and pod.status.phase in ("Running", "Pending")
        for status in (*pod.status.init_container_statuses, *pod.status.container_statuses)
    )
    return restarts > 0 if limit == 0 else restarts >= limit
