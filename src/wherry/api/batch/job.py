"""Runs pods until the work is done."""

from __future__ import annotations

import copy

import msgspec
from msgspec import field

from wherry.api.batch.job_policies import JobSpec
from wherry.api.batch.job_validation import INDEXED, MANY_COMPLETIONS, PARALLELISM_WITH_MANY, validate_job_spec
from wherry.api.condition import Condition
from wherry.api.core.pod_defaults import default_pod_template
from wherry.api.core.pod_warnings import surprising_name, warn_template
from wherry.api.core.workload import CONTAINER_COLUMNS, SELECTOR_COLUMN, container_cells, pod_template, selector_cell
from wherry.api.documents import find, find_section, put_absent, section, sections, text
from wherry.api.label_selector import validate_label_selector, validate_selector_kept
from wherry.api.object_meta import IMMUTABLE, not_negative
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, duplicate, index, invalid, key, required
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_label
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since, format_age, parse_time


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
FIXED = ("completionMode", "podFailurePolicy", "backoffLimitPerIndex", "managedBy", "successPolicy")
PODS_STAY = (
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them "
    "or set propagationPolicy=Orphan to suppress this warning"
)
TOO_MANY_TO_TRACK = (
    "In Indexed Jobs with a number of completions higher than 10^5 and a parallelism higher than 10^4, Kubernetes "
    "might not be able to track completedIndexes when a big number of indexes fail"
)


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
    labels = pod_template(spec.template).metadata.labels
    errors = _validate_generated_selector(new)
    errors += validate_job_spec(spec, "spec")
    if spec.selector is None:
        errors.append(required("spec.selector"))
    else:
        wrong = validate_label_selector(spec.selector, "spec.selector")
        errors += wrong
        if not wrong and not selector_from(spec.selector).matches(labels):
            detail = "`selector` does not match template `labels`"
            errors.append(invalid("spec.template.metadata.labels", labels, detail))
    if old is None:
        return errors + _validate_pod_names(new)
    errors += validate_selector_kept(spec.selector, old.spec.selector)
    return errors + _validate_status(new.status)


def _validate_generated_selector(job: Job) -> list[FieldError]:
    """Unless the user has brought a selector, it and the labels are those that the server makes."""
    if job.spec.manual_selector or job.spec.selector is None:
        return []
    labels = pod_template(job.spec.template).metadata.labels
    expected = {CONTROLLER_UID_LABEL: job.metadata.uid, JOB_NAME_LABEL: job.metadata.name}
    expected |= {OLD_LABELS[name]: value for name, value in expected.items()}
    errors = []
    for name, value in expected.items():
        place = key("spec.template.metadata.labels", name)
        if name not in labels:
            errors.append(required(place, f"must be '{value}'"))
        elif labels[name] != value:
            errors.append(invalid(place, labels, f"must be '{value}'"))
    is_readable = not validate_label_selector(job.spec.selector, "spec.selector")
    if is_readable and not selector_from(job.spec.selector).matches(expected):
        detail = "`selector` not auto-generated"
        errors.append(invalid("spec.selector", msgspec.to_builtins(job.spec.selector), detail))
    return errors


def _validate_pod_names(job: Job) -> list[FieldError]:
    """Pods with an index have it in their host name: the longest one must still be a name."""
    if job.spec.completion_mode != INDEXED or not job.spec.completions or job.spec.completions < 0:
        return []
    longest = f"{job.metadata.name}-{job.spec.completions - 1}"
    if not dns1123_label(longest):
        return []
    detail = f"will not able to create pod with invalid DNS label: {longest}"
    return [invalid("metadata.name", job.metadata.name, detail)]


def _validate_status(status: JobStatus) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, count in (
        ("active", status.active),
        ("succeeded", status.succeeded),
        ("failed", status.failed),
        ("ready", status.ready),
        ("terminating", status.terminating),
    ):
        errors += not_negative(f"status.{name}", count)
    uncounted = status.uncounted_terminated_pods or UncountedTerminatedPods()
    taken: set[str] = set()
    for name, uids in (("succeeded", uncounted.succeeded), ("failed", uncounted.failed)):
        for position, uid in enumerate(uids):
            place = index(f"status.uncountedTerminatedPods.{name}", position)
            if not uid:
                errors.append(invalid(place, uid, "must not be empty"))
            elif uid in taken:
                errors.append(duplicate(place, uid))
            taken.add(uid)
    return errors


def _validate_update(new: Document, old: Document | None) -> list[FieldError]:
    if old is None:
        return []
    spec, before = section(new, "spec"), section(old, "spec")
    errors = _validate_completions(spec, before)
    errors += [
        invalid(f"spec.{name}", spec.get(name), IMMUTABLE) for name in FIXED if spec.get(name) != before.get(name)
    ]
    template = copy.deepcopy(section(before, "template"))
    if before.get("suspend") is True:
        _tune(template, section(spec, "template"), old)
    if section(spec, "template") != template:
        errors.append(invalid("spec.template", section(spec, "template"), IMMUTABLE))
    return errors


def _validate_completions(spec: Document, before: Document) -> list[FieldError]:
    """How much work there is stays, but an Indexed job may grow and shrink with its parallelism."""
    completions = spec.get("completions")
    if completions == before.get("completions"):
        return []
    if spec.get("completionMode") != INDEXED:
        return [invalid("spec.completions", completions, IMMUTABLE)]
    if completions is None or completions == spec.get("parallelism"):
        return []
    return [invalid("spec.completions", completions, "can only be modified in tandem with spec.parallelism")]


def _tune(template: Document, wanted: Document, job: Document) -> None:
    """Take over, in place, what may change about the pods of a job that is suspended.

    Where they may run, as long as none has been started; how much they may use, as long as none is running.
    """
    spec, wanted_spec = section(template, "spec"), section(wanted, "spec")
    if not find(job, "status", "startTime") or not find(job, "status", "active"):
        for name in ("labels", "annotations"):
            _take(section(template, "metadata"), section(wanted, "metadata"), name)
        for name in ("nodeSelector", "tolerations", "schedulingGates"):
            _take(spec, wanted_spec, name)
        affinity = dict(find_section(spec, "affinity") or {})
        _take(affinity, find_section(wanted_spec, "affinity") or {}, "nodeAffinity")
        spec["affinity"] = affinity
        if not affinity and "affinity" not in wanted_spec:
            spec.pop("affinity")
    if not find(job, "status", "active"):
        for name in ("containers", "initContainers"):
            if len(sections(spec, name)) == len(sections(wanted_spec, name)):
                for container, other in zip(sections(spec, name), sections(wanted_spec, name), strict=True):
                    _take(container, other, "resources")


def _take(target: Document, source: Document, name: str) -> None:
    if name in source:
        target[name] = source[name]
    else:
        target.pop(name, None)


def _warn(new: Document, old: Document | None) -> list[str]:
    job = msgspec.convert(new, Job)
    warnings = []
    if old is None and (wrong := dns1123_label(job.metadata.name)):
        warnings.append(surprising_name("Pod names and hostnames", wrong))
    return warnings + warn_job_spec(job.spec) + warn_template("spec.template")(new, old)


def warn_job_spec(spec: JobSpec) -> list[str]:
    """More work than can be counted in one object."""
    is_large = (spec.completions or 0) > MANY_COMPLETIONS and (spec.parallelism or 0) > PARALLELISM_WITH_MANY
    return [TOO_MANY_TO_TRACK] if spec.completion_mode == INDEXED and is_large else []


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
    validate_status=lambda new, old: _validate_status(new.status),
    validate_documents=_validate_update,
    warn=_warn,
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
    # As it was before there was a garbage collector; kubectl says what it wants.
    default_propagation="Orphan",
    propagation_warning=PODS_STAY,
)
