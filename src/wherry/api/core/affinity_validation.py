"""What may stand in affinities and tolerations."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.core.affinity import (
    Affinity,
    NodeAffinity,
    NodeSelectorRequirement,
    NodeSelectorTerm,
    PodAffinity,
    PodAffinityTerm,
    Toleration,
)
from wherry.api.core.topology_spread_validation import validate_label_keys, validate_topology_key
from wherry.api.label_selector import NEEDS_VALUES, TAKES_NO_VALUES, validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, required
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain, label_value, qualified_name

TAINT_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
WEIGHT_MAX = 100


def validate_affinity(affinity: Affinity, path: str) -> list[FieldError]:
    """Which nodes are required or preferred, and which other pods a pod wants near or far."""
    errors = []
    if affinity.node_affinity is not None:
        errors += validate_node_affinity(affinity.node_affinity, child(path, "nodeAffinity"))
    for name, pods in (("podAffinity", affinity.pod_affinity), ("podAntiAffinity", affinity.pod_anti_affinity)):
        if pods is not None:
            errors += _validate_pod_affinity(pods, child(path, name))
    return errors


def validate_node_affinity(affinity: NodeAffinity, path: str) -> list[FieldError]:
    """Which nodes are required or preferred."""
    errors = []
    wanted = affinity.required_during_scheduling_ignored_during_execution
    if wanted is not None:
        errors += validate_node_selector_terms(
            wanted.node_selector_terms,
            child(path, "requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"),
        )
    preferred = child(path, "preferredDuringSchedulingIgnoredDuringExecution")
    for position, term in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        item = index(preferred, position)
        if not 0 < term.weight <= WEIGHT_MAX:
            errors.append(invalid(child(item, "weight"), term.weight, f"must be in the range 1-{WEIGHT_MAX}"))
        # Values that no label can have are allowed here: such a preference just never comes true.
        errors += _validate_term(term.preference, child(item, "preference"), values_are_labels=False)
    return errors


def _validate_pod_affinity(affinity: PodAffinity, path: str) -> list[FieldError]:
    errors = []
    place = child(path, "requiredDuringSchedulingIgnoredDuringExecution")
    for position, term in enumerate(affinity.required_during_scheduling_ignored_during_execution):
        errors += _validate_pod_term(term, index(place, position))
    place = child(path, "preferredDuringSchedulingIgnoredDuringExecution")
    for position, weighted in enumerate(affinity.preferred_during_scheduling_ignored_during_execution):
        item = index(place, position)
        if not 0 < weighted.weight <= WEIGHT_MAX:
            errors.append(invalid(child(item, "weight"), weighted.weight, f"must be in the range 1-{WEIGHT_MAX}"))
        errors += _validate_pod_term(weighted.pod_affinity_term, child(item, "podAffinityTerm"))
    return errors


def _validate_pod_term(term: PodAffinityTerm, path: str) -> list[FieldError]:
    errors = []
    for name, selector in (("labelSelector", term.label_selector), ("namespaceSelector", term.namespace_selector)):
        if selector is not None:
            errors += validate_label_selector(selector, child(path, name))
    for namespace in term.namespaces:
        if wrong := dns1123_label(namespace):
            errors.append(invalid(child(path, "namespace"), namespace, wrong))
    for name, keys in (("matchLabelKeys", term.match_label_keys), ("mismatchLabelKeys", term.mismatch_label_keys)):
        errors += validate_label_keys(keys, term.label_selector, child(path, name))
    for position, key in enumerate(term.match_label_keys):
        if key in term.mismatch_label_keys:
            place = index(child(path, "matchLabelKeys"), position)
            errors.append(invalid(place, key, "exists in both matchLabelKeys and mismatchLabelKeys"))
    return errors + validate_topology_key(term.topology_key, child(path, "topologyKey"))


def validate_node_selector_terms(terms: tuple[NodeSelectorTerm, ...], path: str) -> list[FieldError]:
    """At least one term, each with conditions that can be checked."""
    if not terms:
        return [required(path, "must have at least one node selector term")]
    return [error for position, term in enumerate(terms) for error in _validate_term(term, index(path, position))]


def _validate_term(term: NodeSelectorTerm, path: str, *, values_are_labels: bool = True) -> list[FieldError]:
    errors = []
    for position, requirement in enumerate(term.match_expressions):
        place = index(child(path, "matchExpressions"), position)
        errors += _validate_expression(requirement, place)
        for number, value in enumerate(requirement.values if values_are_labels else ()):
            if wrong := label_value(value):
                errors.append(invalid(index(child(place, "values"), number), value, wrong))
    for position, requirement in enumerate(term.match_fields):
        errors += _validate_field(requirement, index(child(path, "matchFields"), position))
    return errors


def _validate_expression(requirement: NodeSelectorRequirement, path: str) -> list[FieldError]:
    errors = []
    match requirement.operator:
        case "In" | "NotIn":
            if not requirement.values:
                errors.append(required(child(path, "values"), NEEDS_VALUES))
        case "Exists" | "DoesNotExist":
            if requirement.values:
                errors.append(forbidden(child(path, "values"), TAKES_NO_VALUES))
        case "Gt" | "Lt":
            if len(requirement.values) != 1:
                detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
                errors.append(required(child(path, "values"), detail))
        case _:
            errors.append(invalid(child(path, "operator"), requirement.operator, "not a valid selector operator"))
    if wrong := qualified_name(requirement.key):
        errors.append(invalid(child(path, "key"), requirement.key, wrong))
    return errors


def _validate_field(requirement: NodeSelectorRequirement, path: str) -> list[FieldError]:
    errors = []
    if requirement.operator not in ("In", "NotIn"):
        errors.append(invalid(child(path, "operator"), requirement.operator, "not a valid selector operator"))
    elif len(requirement.values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        errors.append(required(child(path, "values"), detail))
    if requirement.key != "metadata.name":
        errors.append(invalid(child(path, "key"), requirement.key, "not a valid field selector key"))
    for position, value in enumerate(requirement.values if requirement.key == "metadata.name" else ()):
        if wrong := dns1123_subdomain(value):
            errors.append(invalid(index(child(path, "values"), position), value, wrong))
    return errors


def validate_tolerations(tolerations: Iterable[Toleration], path: str) -> list[FieldError]:
    """Which taints a pod bears, and how long."""
    errors = []
    for position, toleration in enumerate(tolerations):
        place = index(path, position)
        if toleration.key and (wrong := qualified_name(toleration.key)):
            errors.append(invalid(child(place, "key"), toleration.key, wrong))
        if not toleration.key and toleration.operator != "Exists":
            detail = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            errors.append(invalid(child(place, "operator"), toleration.operator, detail))
        if toleration.toleration_seconds is not None and toleration.effect != "NoExecute":
            detail = "effect must be 'NoExecute' when `tolerationSeconds` is set"
            errors.append(invalid(child(place, "effect"), toleration.effect, detail))
        if toleration.operator in ("", "Equal"):
            if wrong := label_value(toleration.value):
                errors.append(invalid(child(place, "operator"), toleration.value, wrong))
        elif toleration.operator == "Exists":
            if toleration.value:
                detail = "value must be empty when `operator` is 'Exists'"
                errors.append(invalid(child(place, "operator"), toleration.value, detail))
        else:
            errors += one_of(child(place, "operator"), toleration.operator, ("Equal", "Exists"))
        errors += one_of(child(place, "effect"), toleration.effect, TAINT_EFFECTS)
    return errors
