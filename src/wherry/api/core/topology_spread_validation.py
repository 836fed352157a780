"""What may be said about how a pod's siblings shall be spread over the machines.

Source: kubernetes pkg/apis/core/validation, validateTopologySpreadConstraints.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from wherry.api.core.affinity import TopologySpreadConstraint
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, duplicate, forbidden, index, invalid, required
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.names import qualified_name

NOT_POSITIVE = "must be greater than zero"
STRICT = "DoNotSchedule"
ACTIONS = (STRICT, "ScheduleAnyway")
POLICIES = ("Honor", "Ignore")


def validate_topology_spread(constraints: Iterable[TopologySpreadConstraint], path: str) -> list[FieldError]:
    """Every wish for itself, and no wish twice."""
    errors = []
    listed = list(constraints)
    # How often each wish is still to come.
    following = Counter((each.topology_key, each.when_unsatisfiable) for each in listed)
    for position, constraint in enumerate(listed):
        place = index(path, position)
        if constraint.max_skew <= 0:
            errors.append(invalid(child(place, "maxSkew"), constraint.max_skew, NOT_POSITIVE))
        errors += validate_topology_key(constraint.topology_key, child(place, "topologyKey"))
        errors += one_of(child(place, "whenUnsatisfiable"), constraint.when_unsatisfiable, ACTIONS, may_be_absent=False)
        same = (constraint.topology_key, constraint.when_unsatisfiable)
        following[same] -= 1
        if following[same]:
            shown = f"{{{same[0]}, {same[1]}}}"
            errors.append(duplicate(child(place, "{topologyKey, whenUnsatisfiable}"), shown))
        errors += _validate_min_domains(constraint, child(place, "minDomains"))
        errors += one_of(child(place, "nodeAffinityPolicy"), constraint.node_affinity_policy, POLICIES)
        errors += one_of(child(place, "nodeTaintsPolicy"), constraint.node_taints_policy, POLICIES)
        keys = constraint.match_label_keys
        errors += validate_label_keys(keys, constraint.label_selector, child(place, "matchLabelKeys"))
        if constraint.label_selector is not None:
            errors += validate_label_selector(constraint.label_selector, child(place, "labelSelector"))
    return errors


def _validate_min_domains(constraint: TopologySpreadConstraint, path: str) -> list[FieldError]:
    count = constraint.min_domains
    if count is None:
        return []
    errors = [invalid(path, count, NOT_POSITIVE)] if count <= 0 else []
    if constraint.when_unsatisfiable != STRICT:
        detail = f"can only use minDomains if whenUnsatisfiable={STRICT}, not {constraint.when_unsatisfiable}"
        errors.append(invalid(path, count, detail))
    return errors


def validate_topology_key(key: str, path: str) -> list[FieldError]:
    """The label of nodes by which they are told apart."""
    if not key:
        return [required(path, "can not be empty")]
    wrong = qualified_name(key)
    return [invalid(path, key, wrong)] if wrong else []


def validate_label_keys(keys: tuple[str, ...], selector: LabelSelector | None, path: str) -> list[FieldError]:
    """Labels whose value is taken from the pod itself: they need a selector that they are added to."""
    if not keys:
        return []
    if selector is None:
        return [forbidden(path, "must not be specified when labelSelector is not set")]
    errors = []
    for position, key in enumerate(keys):
        if wrong := qualified_name(key):
            errors.append(invalid(index(path, position), key, wrong))
        # What the server has merged in itself stands among the expressions.
        if key in selector.match_labels:
            errors.append(invalid(index(path, position), key, "exists in both matchLabelKeys and labelSelector"))
    return errors
