"""What may stand in a Job's spec, also where a CronJob makes Jobs from it.

Source: kubernetes pkg/apis/batch/validation, validateJobSpec.
"""

from __future__ import annotations

import msgspec

from wherry.api.batch.job_policies import (
    JobSpec,
    PodFailurePolicy,
    PodFailurePolicyRule,
    SuccessPolicy,
    SuccessPolicyRule,
)
from wherry.api.core.pod_validation import validate_pod_template
from wherry.api.core.workload import pod_template
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    index,
    invalid,
    invalid_whole,
    required,
    too_long,
    too_many,
)
from wherry.apimachinery.names import domain_prefixed_path, qualified_name

INDEXED = "Indexed"
INDEXED_MAX = 100_000
# Above so many completions the server's bookkeeping would not fit into one object otherwise.
MANY_COMPLETIONS = 100_000
PARALLELISM_WITH_MANY = 10_000
FAILED_WITH_MANY = 10_000
RULES_MAX = 20
PATTERNS_MAX = 20
EXIT_CODES_MAX = 255
INDEXES_BYTES_MAX = 64 * 1024
MANAGER_LENGTH_MAX = 63
ACTIONS = ("Count", "FailIndex", "FailJob", "Ignore")
OPERATORS = ("In", "NotIn")
STATUSES = ("False", "True", "Unknown")
NEEDS_INDEXES = "requires indexed completion mode"


def validate_job_spec(spec: JobSpec, path: str) -> list[FieldError]:
    """All but the selector, which a Job in a CronJob does not have."""
    errors: list[FieldError] = []
    for name, value in (
        ("parallelism", spec.parallelism),
        ("completions", spec.completions),
        ("activeDeadlineSeconds", spec.active_deadline_seconds),
        ("backoffLimit", spec.backoff_limit),
        ("ttlSecondsAfterFinished", spec.ttl_seconds_after_finished),
        ("backoffLimitPerIndex", spec.backoff_limit_per_index),
        ("maxFailedIndexes", spec.max_failed_indexes),
    ):
        errors += not_negative(child(path, name), value)
    if spec.max_failed_indexes is not None and spec.backoff_limit_per_index is None:
        errors.append(required(child(path, "backoffLimitPerIndex"), "when maxFailedIndexes is specified"))
    errors += _validate_manager(spec.managed_by, child(path, "managedBy"))
    errors += one_of(child(path, "completionMode"), spec.completion_mode, ("NonIndexed", INDEXED))
    errors += _validate_indexed(spec, path) if spec.completion_mode == INDEXED else _validate_plain(spec, path)
    if spec.pod_failure_policy is not None:
        errors += _validate_failure_policy(spec.pod_failure_policy, spec, child(path, "podFailurePolicy"))
    errors += _validate_success(spec, child(path, "successPolicy"))
    policies = ("Failed",) if spec.pod_failure_policy is not None else ("Failed", "TerminatingOrFailed")
    errors += one_of(child(path, "podReplacementPolicy"), spec.pod_replacement_policy, policies)
    errors += validate_pod_template(pod_template(spec.template), child(path, "template"))
    return errors + _validate_restart_policy(spec, child(path, "template.spec.restartPolicy"))


def _validate_restart_policy(spec: JobSpec, path: str) -> list[FieldError]:
    policy = pod_template(spec.template).spec.restart_policy
    if policy in ("", "Always"):
        # What the server has filled in counts as not given.
        return [required(path, 'valid values: "OnFailure", "Never"')]
    if policy not in ("OnFailure", "Never"):
        return one_of(path, policy, ("OnFailure", "Never"))
    if spec.pod_failure_policy is not None and policy != "Never":
        return [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    return []


def _validate_manager(name: str | None, path: str) -> list[FieldError]:
    if name is None:
        return []
    errors = [invalid(path, name, wrong)] if (wrong := domain_prefixed_path(name)) else []
    return [*errors, too_long(path, MANAGER_LENGTH_MAX)] if len(name) > MANAGER_LENGTH_MAX else errors


def _validate_indexed(spec: JobSpec, path: str) -> list[FieldError]:
    errors = []
    failed, place = spec.max_failed_indexes, child(path, "maxFailedIndexes")
    parallelism = spec.parallelism or 0
    if spec.completions is None:
        errors.append(required(child(path, "completions"), "when completion mode is Indexed"))
    if parallelism > INDEXED_MAX:
        detail = f"must be less than or equal to {INDEXED_MAX} when completion mode is Indexed"
        errors.append(invalid(child(path, "parallelism"), parallelism, detail))
    if failed is not None and spec.completions is not None and failed > spec.completions:
        errors.append(invalid(place, failed, "must be less than or equal to completions"))
    if failed is not None and failed > INDEXED_MAX:
        errors.append(invalid(place, failed, f"must be less than or equal to {INDEXED_MAX}"))
    if (spec.completions or 0) > MANY_COMPLETIONS and spec.backoff_limit_per_index is not None:
        why = f"when completions are above {MANY_COMPLETIONS} and used with backoff limit per index"
        if failed is None:
            errors.append(required(place, f"must be specified when completions is above {MANY_COMPLETIONS}"))
        elif failed > FAILED_WITH_MANY:
            errors.append(invalid(place, failed, f"must be less than or equal to {FAILED_WITH_MANY} {why}"))
        if parallelism > PARALLELISM_WITH_MANY:
            detail = f"must be less than or equal to {PARALLELISM_WITH_MANY} {why}"
            errors.append(invalid(child(path, "parallelism"), parallelism, detail))
    return errors


def _validate_plain(spec: JobSpec, path: str) -> list[FieldError]:
    """Without indexes nothing can be counted by index."""
    given = (("backoffLimitPerIndex", spec.backoff_limit_per_index), ("maxFailedIndexes", spec.max_failed_indexes))
    return [invalid(child(path, name), value, NEEDS_INDEXES) for name, value in given if value is not None]


def _validate_failure_policy(policy: PodFailurePolicy, spec: JobSpec, path: str) -> list[FieldError]:
    place = child(path, "rules")
    errors = [too_many(place, len(policy.rules), RULES_MAX)] if len(policy.rules) > RULES_MAX else []
    for position, rule in enumerate(policy.rules):
        errors += _validate_failure_rule(rule, spec, index(place, position))
    return errors


def _validate_word(path: str, word: str, words: tuple[str, ...]) -> list[FieldError]:
    """One of a few words; whoever gives none is told them."""
    if word:
        return one_of(path, word, words)
    shown = " ".join(f'"{each}"' for each in words)
    return [required(path, f"valid values: [{shown}]")]


def _validate_failure_rule(rule: PodFailurePolicyRule, spec: JobSpec, path: str) -> list[FieldError]:
    place = child(path, "action")
    errors = _validate_word(place, rule.action, ACTIONS)
    if rule.action == "FailIndex" and spec.backoff_limit_per_index is None:
        errors.append(invalid(place, rule.action, "requires the backoffLimitPerIndex to be set"))
    if rule.on_exit_codes is not None:
        errors += _validate_exit_codes(rule, spec, child(path, "onExitCodes"))
    if rule.on_pod_conditions:
        errors += _validate_conditions(rule, child(path, "onPodConditions"))
    if rule.on_exit_codes is not None and rule.on_pod_conditions:
        detail = "specifying both OnExitCodes and OnPodConditions is not supported"
        errors.append(invalid_whole(path, detail))
    if rule.on_exit_codes is None and not rule.on_pod_conditions:
        errors.append(invalid_whole(path, "specifying one of OnExitCodes and OnPodConditions is required"))
    return errors


def _validate_exit_codes(rule: PodFailurePolicyRule, spec: JobSpec, path: str) -> list[FieldError]:
    codes = rule.on_exit_codes
    assert codes is not None
    errors = _validate_word(child(path, "operator"), codes.operator, OPERATORS)
    template = pod_template(spec.template).spec
    names = {container.name for container in (*template.containers, *template.init_containers)}
    if codes.container_name is not None and codes.container_name not in names:
        detail = "must be one of the container or initContainer names in the pod template"
        errors.append(invalid(child(path, "containerName"), codes.container_name, detail))
    place, values = child(path, "values"), list(codes.values)
    if not values:
        errors.append(invalid(place, values, "at least one value is required"))
    elif len(values) > EXIT_CODES_MAX:
        errors.append(too_many(place, len(values), EXIT_CODES_MAX))
    for position, value in enumerate(values):
        if codes.operator == "In" and value == 0:
            errors.append(invalid(index(place, position), 0, "must not be 0 for the In operator"))
        if value in values[:position]:
            errors.append(duplicate(index(place, position), value))
    if values != sorted(values):
        errors.append(invalid(place, values, "must be ordered"))
    return errors


def _validate_conditions(rule: PodFailurePolicyRule, path: str) -> list[FieldError]:
    patterns = rule.on_pod_conditions
    errors = [too_many(path, len(patterns), PATTERNS_MAX)] if len(patterns) > PATTERNS_MAX else []
    for position, pattern in enumerate(patterns):
        place = index(path, position)
        if wrong := qualified_name(pattern.type):
            errors.append(invalid(child(place, "type"), pattern.type, wrong))
        errors += _validate_word(child(place, "status"), pattern.status, STATUSES)
    return errors


def _validate_success(spec: JobSpec, path: str) -> list[FieldError]:
    policy = spec.success_policy
    if policy is None:
        return []
    if spec.completion_mode != INDEXED:
        return [invalid(path, msgspec.to_builtins(policy), NEEDS_INDEXES)]
    return _validate_success_policy(policy, spec.completions or 0, child(path, "rules"))


def _validate_success_policy(policy: SuccessPolicy, completions: int, path: str) -> list[FieldError]:
    errors = []
    if not policy.rules:
        errors.append(required(path, "at least one rules must be specified when the successPolicy is specified"))
    if len(policy.rules) > RULES_MAX:
        errors.append(too_many(path, len(policy.rules), RULES_MAX))
    for position, rule in enumerate(policy.rules):
        errors += _validate_success_rule(rule, completions, index(path, position))
    return errors


def _validate_success_rule(rule: SuccessPolicyRule, completions: int, path: str) -> list[FieldError]:
    count, listed = rule.succeeded_count, rule.succeeded_indexes
    if count is None and listed is None:
        return [required(path, "at least one of succeededCount or succeededIndexes must be specified")]
    errors = []
    total = 0
    if listed is not None:
        place = child(path, "succeededIndexes")
        if len(listed) > INDEXES_BYTES_MAX:
            errors.append(too_long(place, INDEXES_BYTES_MAX))
        try:
            total = count_indexes(listed, completions)
        except ValueError as err:
            errors.append(invalid(place, listed, f"error parsing succeededIndexes: {err}"))
    if count is not None:
        place = child(path, "succeededCount")
        errors += not_negative(place, count)
        if count > completions:
            detail = f"must be less than or equal to {completions} (the number of specified completions)"
            errors.append(invalid(place, count, detail))
        if listed is not None and count > total:
            detail = (
                f"must be less than or equal to {total} (the number of indexes in the specified succeededIndexes field)"
            )
            errors.append(invalid(place, count, detail))
    return errors


def count_indexes(listed: str, completions: int) -> int:
    """How many indexes `1,3-5` names, all of them below `completions`.

    Raises:
        ValueError: in the words of Kubernetes.
    """
    total, last = 0, -1
    for part in listed.split(",") if listed else ():
        ends = part.split("-")
        if len(ends) > 2:
            raise ValueError(
                f'the fragment "{part}" violates the requirement that an index interval can have at most two parts '
                "separated by '-'"
            )
        first, *rest = (_index(end, completions) for end in ends)
        final = rest[0] if rest else first
        if rest and first >= final:
            raise ValueError(f"non-increasing order, previous: {first}, current: {final}")
        if last >= first:
            raise ValueError(f"non-increasing order, previous: {last}, current: {first}")
        total += final - first + 1
        last = final
    return total


def _index(text: str, completions: int) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise ValueError(f'cannot convert string to integer for index: "{text}"')
    if int(text) >= completions:
        raise ValueError(f'too large index: "{text}"')
    return int(text)
