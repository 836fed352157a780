"""Runs pods until the work is done."""

from __future__ import annotations

from msgspec import field

from wherry.api.condition import Condition
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_validation import validate_pod_template
from wherry.api.documents import find, find_section, put_absent, section, text
from wherry.api.label_selector import validate_label_selector, validate_selector_kept
from wherry.api.object_meta import IMMUTABLE, not_negative, one_of
from wherry.api.workload import CONTAINER_COLUMNS, SELECTOR_COLUMN, container_cells, pod_template, selector_cell
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid, required
from wherry.apimachinery.labels import LabelSelector, selector_from
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since, format_age, parse_time


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


class JobCondition(Condition):
    last_probe_time: str = ""


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


CONTROLLER_UID_LABEL = "batch.kubernetes.io/controller-uid"
JOB_NAME_LABEL = "batch.kubernetes.io/job-name"
# The labels' names before 1.27, which tools still look for.
OLD_LABELS = {CONTROLLER_UID_LABEL: "controller-uid", JOB_NAME_LABEL: "job-name"}
INDEXED_PARALLELISM_MAX = 100_000
# What may still change in the template of a job that is suspended and has not begun.
TUNABLE = ("affinity", "nodeSelector", "tolerations", "schedulingGates")


def _default(new: Document) -> None:
    spec = section(new, "spec")
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    put_absent(
        spec,
        parallelism=1,
        backoffLimit=2**31 - 1 if spec.get("backoffLimitPerIndex") is not None else 6,
        completionMode="NonIndexed",
        suspend=False,
        manualSelector=False,
        podReplacementPolicy="Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed",
    )
    template = section(spec, "template")
    default_pod_template(template)
    labels = find_section(template, "metadata", "labels")
    if labels and not find(new, "metadata", "labels"):
        section(new, "metadata")["labels"] = dict(labels)


def _prepare(new: Document, old: Document | None) -> None:
    """A job's pods are told apart by its uid, unless the user brings a selector."""
    spec = section(new, "spec")
    if old is not None or spec.get("manualSelector"):
        return
    metadata = section(new, "metadata")
    labels = section(spec, "template", "metadata", "labels")
    for name, value in ((CONTROLLER_UID_LABEL, text(metadata, "uid")), (JOB_NAME_LABEL, text(metadata, "name"))):
        labels[name] = labels[OLD_LABELS[name]] = value
    section(spec, "selector", "matchLabels").setdefault(CONTROLLER_UID_LABEL, metadata.get("uid", ""))
    if not metadata.get("labels"):
        metadata["labels"] = dict(labels)


def _validate(new: Job, old: Job | None) -> list[FieldError]:
    spec = new.spec
    template = pod_template(spec.template)
    errors: list[FieldError] = []
    for name, value in (
        ("parallelism", spec.parallelism),
        ("completions", spec.completions),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
    ):
        errors += not_negative(f"spec.{name}", value)
    errors += one_of("spec.completionMode", spec.completion_mode, ("Indexed", "NonIndexed"))
    if spec.completion_mode == "Indexed":
        if spec.completions is None:
            errors.append(required("spec.completions", "when completion mode is Indexed"))
        if (spec.parallelism or 0) > INDEXED_PARALLELISM_MAX:
            detail = f"must be less than or equal to {INDEXED_PARALLELISM_MAX} when completion mode is Indexed"
            errors.append(invalid("spec.parallelism", spec.parallelism, detail))
    if spec.selector is None:
        errors.append(required("spec.selector"))
    else:
        wrong = validate_label_selector(spec.selector, "spec.selector")
        errors += wrong
        if not wrong and not selector_from(spec.selector).matches(template.metadata.labels):
            detail = "`selector` does not match template `labels`"
            errors.append(invalid("spec.template.metadata.labels", template.metadata.labels, detail))
    errors += validate_pod_template(template, "spec.template")
    path = "spec.template.spec.restartPolicy"
    if template.spec.restart_policy == "Always":
        errors.append(required(path, 'valid values: "OnFailure", "Never"'))
    if old is not None:
        errors += validate_selector_kept(spec.selector, old.spec.selector)
    return errors


def _validate_update(new: Document, old: Document | None) -> list[FieldError]:
    if old is None:
        return []
    spec, before = section(new, "spec"), section(old, "spec")
    errors = [
        invalid(f"spec.{name}", spec.get(name), IMMUTABLE)
        for name in ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "successPolicy")
        if spec.get(name) != before.get(name)
    ]
    if spec.get("completions") != before.get("completions"):
        # An Indexed job may grow or shrink as a whole.
        is_elastic = spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")
        if not is_elastic:
            errors.append(invalid("spec.completions", spec.get("completions"), IMMUTABLE))
    may_tune = before.get("suspend") is True and not find(old, "status", "startTime")
    template, template_before = section(spec, "template"), section(before, "template")
    if may_tune:
        template, template_before = _fixed_part(template), _fixed_part(template_before)
    if template != template_before:
        errors.append(invalid("spec.template", section(spec, "template"), IMMUTABLE))
    return errors


def _fixed_part(template: Document) -> Document:
    spec = find_section(template, "spec") or {}
    return {name: value for name, value in spec.items() if name not in TUNABLE}


def _status_word(job: Job) -> str:
    held = {condition.type for condition in job.status.conditions if condition.status == "True"}
    if "Complete" in held:
        return "Complete"
    if "Failed" in held:
        return "Failed"
    if job.metadata.is_being_deleted:
        return "Terminating"
    for word in ("Suspended", "FailureTarget", "SuccessCriteriaMet"):
        if word in held:
            return word
    return "Running"


def _completions(job: Job) -> str:
    succeeded = job.status.succeeded or 0
    if job.spec.completions is not None:
        return f"{succeeded}/{job.spec.completions}"
    parallelism = job.spec.parallelism or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _duration(job: Job, now_s: float) -> str:
    if not job.status.start_time:
        return ""
    end_s = parse_time(job.status.completion_time) if job.status.completion_time else now_s
    return format_age(end_s - parse_time(job.status.start_time))


def _row(job: Job, now_s: float) -> tuple[object, ...]:
    return (
        job.metadata.name,
        _status_word(job),
        _completions(job),
        _duration(job, now_s),
        age_since(job.metadata.creation_timestamp, now_s),
        *container_cells(job.spec.template),
        selector_cell(job.spec.selector),
    )


JOBS = resource_type(
    Job,
    kind="Job",
    plural="jobs",
    group="batch",
    categories=("all",),
    subresources=(STATUS,),
    default=_default,
    prepare=_prepare,
    validate=_validate,
    validate_documents=_validate_update,
    columns=(
        NAME_COLUMN,
        Column("Status", description="Running, Complete, Failed, Suspended ..."),
        Column("Completions", description="How many pods have done their work, of how many."),
        Column("Duration", description="How long it has taken."),
        AGE_COLUMN,
        *CONTAINER_COLUMNS,
        SELECTOR_COLUMN,
    ),
    row=_row,
    selectable_fields={"status.successful": lambda job: str(job.status.succeeded or 0)},
)
