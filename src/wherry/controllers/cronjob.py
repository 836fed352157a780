"""Makes a Job when its time has come, and forgets the oldest ones.

It looks again exactly when the next Job is due; nothing is asked in between.

Source: kubernetes pkg/controller/cronjob/cronjob_controllerv2.go.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from email.utils import format_datetime

import msgspec

from wherry.api.batch.cron_schedule import CronSchedule, ScheduleError, load_zone, parse_schedule
from wherry.api.batch.cronjob import CRON_JOBS, CronJob, CronJobStatus
from wherry.api.batch.job import JOBS, Job
from wherry.api.core.binding import ObjectReference
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time, parse_time
from wherry.controllers.pod_template import owner_document
from wherry.reconcile.actions import Action, Create, Delete, Emit, EventNote, PatchStatus, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, owned_by

SCHEDULED_AT = "batch.kubernetes.io/cronjob-scheduled-timestamp"
MANY_MISSED = 100
MINUTE_S = 60

CREATED = EventNote("SuccessfulCreate", "Created job {name}")
CREATE_FAILED = EventNote("FailedCreate", "Error creating job: {error}", "Warning")
DELETED = EventNote("SuccessfulDelete", "Deleted job {name}")
STILL_RUNS = "Not starting job because prior execution is running and concurrency policy is Forbid"
TOO_MANY_MISSED = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew"


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Look at one CronJob and its Jobs."""
    cron_job = view.lister(CRON_JOBS).get(*key)
    if cron_job is None:
        return []
    uid = cron_job.metadata.uid
    jobs = [
        job
        for job in view.lister(JOBS).owned_by(uid)
        if job.metadata.controller is not None and job.metadata.controller.uid == uid
    ]
    return plan_cron_job(cron_job, jobs, view.now_s)


def plan_cron_job(cron_job: CronJob, jobs: Sequence[Job], now_s: float) -> list[Action]:
    """The next step, and the status as it is now.

    Args:
        jobs: those that the CronJob controls, finished ones included.
    """
    status, told = _look_at_jobs(cron_job, jobs)
    actions: list[Action] = [*told]
    if not cron_job.metadata.is_being_deleted:
        started, status = _plan_start(cron_job, jobs, status, now_s)
        actions += started
    meta = cron_job.metadata
    why = f"{len(status.active)} of its jobs are at work"
    if status != cron_job.status:
        actions.append(PatchStatus(CRON_JOBS, meta.namespace, meta.name, cron_job.status, status, why))
    return actions + _plan_forgetting(cron_job, jobs)


def _look_at_jobs(cron_job: CronJob, jobs: Sequence[Job]) -> tuple[CronJobStatus, list[Action]]:
    """Which jobs are at work, which has succeeded last, and what to say about those that have ended."""
    known = {reference.uid: reference for reference in cron_job.status.active}
    active = tuple(known.get(job.metadata.uid) or _reference(job) for job in jobs if not _end_of(job))
    successes = [job.status.completion_time for job in jobs if _end_of(job) == "Complete"]
    status = msgspec.structs.replace(
        cron_job.status,
        active=tuple(sorted(active, key=lambda reference: reference.name)),
        last_successful_time=max((*successes, cron_job.status.last_successful_time)),
    )
    ended = [job for job in jobs if job.metadata.uid in known and _end_of(job)]
    events = [
        Emit(
            EventNote("SawCompletedJob", f"Saw completed job: {job.metadata.name}, condition: {_end_of(job)}"),
            "one of its jobs has ended",
        )
        for job in ended
    ]
    there = {job.metadata.uid for job in jobs}
    missing = [reference for reference in cron_job.status.active if reference.uid not in there]
    lost = [
        Emit(EventNote("MissingJob", f"Active job went missing: {reference.name}"), "one of its jobs is gone")
        for reference in missing
    ]
    return status, [*events, *lost]


def _end_of(job: Job) -> str:
    """Complete or Failed; "" while the job is not over."""
    return next(
        (one.type for one in job.status.conditions if one.type in ("Complete", "Failed") and one.status == "True"), ""
    )


def _reference(job: Job) -> ObjectReference:
    meta = job.metadata
    return ObjectReference(
        api_version=JOBS.api_version,
        kind=JOBS.kind,
        namespace=meta.namespace,
        name=meta.name,
        uid=meta.uid,
        resource_version=meta.resource_version,
    )


@dataclass(frozen=True, slots=True)
class _Timetable:
    """When a CronJob is due: its schedule and the place whose clock counts."""

    schedule: CronSchedule
    zone: tzinfo

    def next_after(self, now_s: float) -> float | None:
        return self.schedule.next_after(now_s, self.zone)

    def latest_due(self, after_s: float, now_s: float) -> float | None:
        return self.schedule.latest_due(after_s, now_s, self.zone)

    def wake_up(self, now_s: float) -> list[Action]:
        """Look again at the next due time, if there is one."""
        due_s = self.next_after(now_s)
        return [] if due_s is None else [Requeue(due_s - now_s, "the next job is due")]

    def shown(self, due_s: float) -> str:
        return datetime.fromtimestamp(due_s, self.schedule.zone or self.zone).isoformat().replace("+00:00", "Z")


def _timetable(cron_job: CronJob) -> _Timetable | Emit:
    """The CronJob's times, or what to say when it has none."""
    try:
        zone = load_zone(cron_job.spec.time_zone) if cron_job.spec.time_zone else UTC
    except ScheduleError as err:
        message = f'invalid timeZone: "{cron_job.spec.time_zone}": {err}'
        return Emit(EventNote("UnknownTimeZone", message, "Warning"), message)
    try:
        return _Timetable(parse_schedule(cron_job.spec.schedule), zone)
    except ScheduleError as err:
        message = f'unparseable schedule: "{cron_job.spec.schedule}" : {err}'
        return Emit(EventNote("UnparseableSchedule", message, "Warning"), message)


def _plan_start(
    cron_job: CronJob, jobs: Sequence[Job], status: CronJobStatus, now_s: float
) -> tuple[list[Action], CronJobStatus]:
    """Make the job that is due, if one is and the policy allows it; and when to look again."""
    if cron_job.spec.suspend:
        return [], status
    timetable = _timetable(cron_job)
    if isinstance(timetable, Emit):
        return [timetable], status
    begin_s = _earliest(cron_job, now_s)
    due_s = timetable.latest_due(begin_s, now_s)
    wake_up = timetable.wake_up(now_s)
    if due_s is None:
        return wake_up, status
    told = _tell_missed(timetable, begin_s, now_s)
    deadline_s = cron_job.spec.starting_deadline_seconds
    if deadline_s is not None and due_s + deadline_s < now_s:
        shown = format_datetime(datetime.fromtimestamp(due_s, timetable.zone))
        message = f"Missed scheduled time to start a job: {shown}"
        return [*told, Emit(EventNote("MissSchedule", message, "Warning"), message), *wake_up], status
    name = job_name(cron_job, due_s)
    if any(job.metadata.name == name for job in jobs):
        # Made before, and perhaps not written down.
        return wake_up, _scheduled(status, due_s)
    policy = cron_job.spec.concurrency_policy
    if policy == "Forbid" and status.active:
        return [*told, Emit(EventNote("JobAlreadyActive", STILL_RUNS), STILL_RUNS), *wake_up], status
    actions: list[Action] = [*told]
    if policy == "Replace":
        running = {reference.uid for reference in status.active}
        actions += [_delete(job, "a newer job takes its place") for job in jobs if job.metadata.uid in running]
        status = msgspec.structs.replace(status, active=())
    actions.append(_create(cron_job, name, timetable.shown(due_s)))
    return [*actions, *wake_up], _scheduled(status, due_s)


def _earliest(cron_job: CronJob, now_s: float) -> float:
    """From when on a job may be due: the last one, or the beginning; and never before the deadline."""
    begin_s = parse_time(cron_job.status.last_schedule_time or cron_job.metadata.creation_timestamp)
    deadline_s = cron_job.spec.starting_deadline_seconds
    return begin_s if deadline_s is None else max(begin_s, now_s - deadline_s)


def _tell_missed(timetable: _Timetable, begin_s: float, now_s: float) -> list[Action]:
    """A warning when very many times have passed without a job, as after a long sleep of the machine."""
    first_s = timetable.next_after(begin_s)
    second_s = timetable.next_after(first_s) if first_s is not None else None
    if first_s is None or second_s is None or (now_s - first_s) / (second_s - first_s) + 1 <= MANY_MISSED:
        return []
    return [Emit(EventNote("TooManyMissedTimes", TOO_MANY_MISSED, "Warning"), TOO_MANY_MISSED)]


def _scheduled(status: CronJobStatus, due_s: float) -> CronJobStatus:
    return msgspec.structs.replace(status, last_schedule_time=format_time(due_s))


def job_name(cron_job: CronJob, due_s: float) -> str:
    """One name per due time, so that no job is made twice."""
    return f"{cron_job.metadata.name}-{int(due_s) // MINUTE_S}"


def _create(cron_job: CronJob, name: str, shown: str) -> Create:
    template, meta = cron_job.spec.job_template, cron_job.metadata
    spec: Document = copy.deepcopy(msgspec.to_builtins(template.spec))
    metadata: Document = {
        "name": name,
        "namespace": meta.namespace,
        "annotations": {**template.metadata.annotations, SCHEDULED_AT: shown},
        "ownerReferences": [owner_document(CRON_JOBS, meta)],
    }
    if template.metadata.labels:
        metadata["labels"] = dict(template.metadata.labels)
    return Create(
        JOBS,
        meta.namespace,
        {"apiVersion": JOBS.api_version, "kind": JOBS.kind, "metadata": metadata, "spec": spec},
        f"the schedule {cron_job.spec.schedule} says so",
        event=CREATED,
        failed_event=CREATE_FAILED,
        exists_ok=True,
    )


def _delete(job: Job, why: str) -> Delete:
    meta = job.metadata
    return Delete(JOBS, meta.namespace, meta.name, why, uid=meta.uid, propagation="Background", event=DELETED)


def _plan_forgetting(cron_job: CronJob, jobs: Sequence[Job]) -> list[Action]:
    """Only so many finished jobs are kept, the newest of each kind."""
    spec = cron_job.spec
    return [
        *_forget([job for job in jobs if _end_of(job) == "Failed"], spec.failed_jobs_history_limit, "failed"),
        *_forget([job for job in jobs if _end_of(job) == "Complete"], spec.successful_jobs_history_limit, "successful"),
    ]


def _forget(ended: Iterable[Job], limit: int | None, word: str) -> list[Action]:
    if limit is None:
        return []
    kept = [job for job in ended if not job.metadata.is_being_deleted]
    kept.sort(key=lambda job: (job.status.start_time or job.metadata.creation_timestamp, job.metadata.name))
    return [_delete(job, f"only the last {limit} {word} jobs are kept") for job in kept[: max(len(kept) - limit, 0)]]


CRON_JOB_CONTROLLER = Controller(
    name="cronjob-controller",
    primary=CRON_JOBS,
    sources=(for_kind(CRON_JOBS), owned_by(JOBS, CRON_JOBS)),
    plan=plan,
)
