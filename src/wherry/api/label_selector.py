"""Checks of label selectors, and of the promise that a workload's selector finds its own pods."""

from __future__ import annotations

import msgspec

from wherry.api.object_meta import IMMUTABLE
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, required
from wherry.apimachinery.labels import LabelSelector, selector_from
from wherry.apimachinery.names import label_value, qualified_name

NEEDS_VALUES = "must be specified when `operator` is 'In' or 'NotIn'"
TAKES_NO_VALUES = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"


def validate_label_selector(selector: LabelSelector, path: str) -> list[FieldError]:
    """Every condition on its own."""
    errors = []
    place = child(path, "matchLabels")
    for name, value in selector.match_labels.items():
        if wrong := qualified_name(name):
            errors.append(invalid(place, name, wrong))
        if wrong := label_value(value):
            errors.append(invalid(place, value, wrong))
    for position, requirement in enumerate(selector.match_expressions):
        place = index(child(path, "matchExpressions"), position)
        if requirement.operator in ("In", "NotIn"):
            if not requirement.values:
                errors.append(required(child(place, "values"), NEEDS_VALUES))
        elif requirement.operator in ("Exists", "DoesNotExist"):
            if requirement.values:
                errors.append(forbidden(child(place, "values"), TAKES_NO_VALUES))
        else:
            errors.append(invalid(child(place, "operator"), requirement.operator, "not a valid selector operator"))
        if wrong := qualified_name(requirement.key):
            errors.append(invalid(child(place, "key"), requirement.key, wrong))
        for number, value in enumerate(requirement.values):
            if wrong := label_value(value):
                errors.append(invalid(index(child(place, "values"), number), value, wrong))
    return errors


def validate_workload_selector(
    selector: LabelSelector | None, template_labels: dict[str, str], kind: str
) -> list[FieldError]:
    """A workload's selector: given, not empty, and matching the labels of its own template."""
    path = "spec.selector"
    if selector is None:
        return [required(path)]
    errors = validate_label_selector(selector, path)
    if not selector.match_labels and not selector.match_expressions:
        errors.append(invalid(path, {}, f"empty selector is invalid for {kind}"))
    elif not errors and not selector_from(selector).matches(template_labels):
        detail = "`selector` does not match template `labels`"
        errors.append(invalid("spec.template.metadata.labels", template_labels, detail))
    return errors


def validate_selector_kept(new: LabelSelector | None, old: LabelSelector | None) -> list[FieldError]:
    """A selector is for life."""
    if new == old:
        return []
    return [invalid("spec.selector", msgspec.to_builtins(new), IMMUTABLE)]
