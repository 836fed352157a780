"""Makes a Job again and again, by the clock."""

from __future__ import annotations

import msgspec
from msgspec import field

from wherry.api.batch.cron_schedule import ScheduleError, load_zone, parse_schedule
from wherry.api.batch.job import warn_job_spec
from wherry.api.batch.job_policies import JobSpec
from wherry.api.batch.job_validation import validate_job_spec
from wherry.api.core.binding import ObjectReference
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_warnings import surprising_name, warn_template
from wherry.api.core.workload import CONTAINER_COLUMNS, SELECTOR_COLUMN, container_cells, selector_cell
from wherry.api.documents import put_absent, section, text
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, not_supported, required
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since


class JobTemplateMeta(Struct):
    annotations: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)


class JobTemplateSpec(Struct):
    metadata: JobTemplateMeta = field(default_factory=JobTemplateMeta)
    spec: JobSpec = field(default_factory=JobSpec)


class CronJobSpec(Struct):
    concurrency_policy: str = ""
    failed_jobs_history_limit: int | None = None
    job_template: JobTemplateSpec = field(default_factory=JobTemplateSpec)
    schedule: str = ""
    starting_deadline_seconds: int | None = None
    successful_jobs_history_limit: int | None = None
    suspend: bool | None = None
    time_zone: str | None = None


class CronJobStatus(Struct):
    active: tuple[ObjectReference, ...] = ()
    last_schedule_time: str = ""
    last_successful_time: str = ""


class CronJob(Struct):
    """Makes a Job again and again, by the clock."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: CronJobSpec = field(default_factory=CronJobSpec)
    status: CronJobStatus = field(default_factory=CronJobStatus)


# Eleven more characters make the name of a Job: a dash and the minute.
NAME_LENGTH_MAX = 52
POLICIES = ("Allow", "Forbid", "Replace")
UNOFFICIAL_ZONE = (
    "CRON_TZ or TZ used in spec.schedule is not officially supported, see "
    "https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
)
USE_TIME_ZONE = "cannot use TZ or CRON_TZ in schedule, use timeZone field instead"


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    template = section(spec, "jobTemplate")
    section(template, "metadata")
    default_pod_template(section(template, "spec", "template"))


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {}


def _validate(new: CronJob, old: CronJob | None) -> list[FieldError]:
    spec = new.spec
    errors = []
    if old is None and len(new.metadata.name) > NAME_LENGTH_MAX:
        detail = f"must be no more than {NAME_LENGTH_MAX} characters"
        errors.append(invalid("metadata.name", new.metadata.name, detail))
    errors += _validate_schedule(spec, may_name_zone=old is not None and "TZ" in old.spec.schedule)
    errors += not_negative("spec.startingDeadlineSeconds", spec.starting_deadline_seconds)
    if old is None or spec.time_zone != old.spec.time_zone:
        errors += _validate_zone(spec.time_zone)
    errors += one_of("spec.concurrencyPolicy", spec.concurrency_policy, POLICIES, may_be_absent=False)
    job, path = spec.job_template.spec, "spec.jobTemplate.spec"
    if job.selector is not None:
        detail = "`selector` will be auto-generated"
        errors.append(invalid(f"{path}.selector", msgspec.to_builtins(job.selector), detail))
    if job.manual_selector:
        errors.append(not_supported(f"{path}.manualSelector", job.manual_selector, ("nil", "false")))
    errors += validate_job_spec(job, path)
    errors += not_negative("spec.successfulJobsHistoryLimit", spec.successful_jobs_history_limit)
    return errors + not_negative("spec.failedJobsHistoryLimit", spec.failed_jobs_history_limit)


def _validate_schedule(spec: CronJobSpec, *, may_name_zone: bool) -> list[FieldError]:
    path, schedule = "spec.schedule", spec.schedule
    if not schedule:
        return [required(path)]
    errors = []
    try:
        parse_schedule(schedule)
    except ScheduleError as err:
        errors.append(invalid(path, schedule, str(err)))
    if "TZ" in schedule:
        if not may_name_zone:
            errors.append(invalid(path, schedule, USE_TIME_ZONE))
        elif spec.time_zone is not None:
            detail = "cannot use both timeZone field and TZ or CRON_TZ in schedule"
            errors.append(invalid(path, schedule, detail))
    return errors


def _validate_zone(zone: str | None) -> list[FieldError]:
    path = "spec.timeZone"
    if zone is None:
        return []
    if not zone:
        return [invalid(path, zone, "timeZone must be nil or non-empty string")]
    if zone.lower() == "local":
        detail = "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones"
        return [invalid(path, zone, detail)]
    try:
        load_zone(zone)
    except ScheduleError as err:
        return [invalid(path, zone, str(err))]
    return []


def _warn(new: Document, old: Document | None) -> list[str]:
    cron_job = msgspec.convert(new, CronJob)
    warnings = []
    if old is None and (wrong := dns1123_label(cron_job.metadata.name)):
        warnings.append(surprising_name("Pod names and hostnames", wrong))
    if "TZ" in text(new, "spec", "schedule"):
        warnings.append(UNOFFICIAL_ZONE)
    warnings += warn_job_spec(cron_job.spec.job_template.spec)
    return warnings + warn_template("spec.jobTemplate.spec.template")(new, old)


def _row(cron_job: CronJob, now_s: float) -> tuple[object, ...]:
    spec, status = cron_job.spec, cron_job.status
    return (
        cron_job.metadata.name,
        spec.schedule,
        spec.time_zone or "<none>",
        "<unset>" if spec.suspend is None else str(spec.suspend),
        len(status.active),
        age_since(status.last_schedule_time, now_s) if status.last_schedule_time else "<none>",
        age_since(cron_job.metadata.creation_timestamp, now_s),
        *container_cells(spec.job_template.spec.template),
        selector_cell(spec.job_template.spec.selector),
    )


CRON_JOBS = resource_type(
    CronJob,
    kind="CronJob",
    plural="cronjobs",
    group="batch",
    short_names=("cj",),
    categories=("all",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    warn=_warn,
    columns=(
        NAME_COLUMN,
        Column("Schedule", description="When a Job is due, as cron writes it."),
        Column("TimeZone", description="Whose clock counts."),
        Column("Suspend", "boolean", "Whether no more Jobs are made for now."),
        Column("Active", "integer", "How many of its Jobs are at work."),
        Column("Last Schedule", description="When a Job was due last."),
        AGE_COLUMN,
        *CONTAINER_COLUMNS,
        SELECTOR_COLUMN,
    ),
    row=_row,
)
