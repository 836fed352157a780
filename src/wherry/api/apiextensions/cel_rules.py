"""What is wrong with the rules (x-kubernetes-validations) of a schema: what they say, and what they would cost.

Source: kubernetes apiextensions-apiserver, pkg/apis/apiextensions/validation/{validation,cel_validation}.go.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.apimachinery.cel.cost import COST_MAX
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, key, not_supported, required
from wherry.apimachinery.json_path import JSONPathError, parse_names
from wherry.apimachinery.structural.cel_types import cel_type
from wherry.apimachinery.structural.node import Node, compile_schema
from wherry.apimachinery.structural.rules import Rule, rules_of

# Upstream's limits: what one rule may cost at most, counted as often as it may be evaluated, and all together.
RULE_COST_MAX = 10_000_000
SCHEMA_COST_MAX = 100_000_000
MESSAGE_LENGTH_MAX = 2048
REASONS = ("FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate")
ADVICE = (
    "try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are"
)
SHOWN_FACTOR_MAX = 100.0
MOST_EXPENSIVE = 4


@dataclass(slots=True)
class _Total:
    cost: int = 0
    rules: list[tuple[int, str]] = field(default_factory=list)


def validate_rules_of(schema: Document, path: str) -> list[FieldError]:
    """All that is wrong with the rules of a version's schema; the schema itself is right."""
    node = compile_schema(schema)
    if not node.has_rules_below:
        return []
    total = _Total()
    errors = _walk(node, path, 1, "", total, is_object=True)
    if total.cost > SCHEMA_COST_MAX:
        said = "contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema"
        errors += [forbidden(place, said) for _, place in sorted(total.rules, reverse=True)[:MOST_EXPENSIVE]]
        what = "estimated rule cost total for entire OpenAPIv3 schema"
        errors.append(forbidden(path, _too_expensive(what, total.cost, SCHEMA_COST_MAX)))
    return errors


def _walk(node: Node, path: str, times: int, uncorrelated: str, total: _Total, *, is_object: bool) -> list[FieldError]:
    """The rules at a place and below.

    Args:
        times: how often there may be such a place in one object.
        uncorrelated: the path of the list whose items cannot be told apart from one write to the next, if any.
    """
    if not node.has_rules_below:
        return []
    errors: list[FieldError] = []
    if node.rules:
        for position, rule in enumerate(rules_of(node, is_object=is_object or node.is_embedded)):
            place = index(child(path, "x-kubernetes-validations"), position)
            errors += _validate_rule(node, rule, place, uncorrelated)
            if rule.program is not None:
                errors += _validate_cost(rule, place, times, total)
    for name, below in node.properties.items():
        errors += _walk(below, key(child(path, "properties"), name), times, uncorrelated, total, is_object=False)
    of = cel_type(node)
    many = times * (of.max_size or 1) if of is not None and of.name in ("list", "map") else times
    if node.items is not None:
        place = child(path, "items")
        known = uncorrelated or ("" if node.list_type == "map" else place)
        errors += _walk(node.items, place, many, known, total, is_object=False)
    if node.additional is not None:
        errors += _walk(
            node.additional, child(path, "additionalProperties"), many, uncorrelated, total, is_object=False
        )
    return errors


def _validate_rule(node: Node, rule: Rule, path: str, uncorrelated: str) -> list[FieldError]:
    declared, text = rule.declared, rule.text
    errors: list[FieldError] = []
    if not text.strip():
        return [required(child(path, "rule"), "rule is not specified")]
    message = declared.get("message")
    if isinstance(message, str):
        errors += _validate_message(message, child(path, "message"))
    elif "\n" in text.strip():
        errors.append(required(child(path, "message"), "message must be specified if rule contains line breaks"))
    expression = declared.get("messageExpression")
    if isinstance(expression, str) and not expression.strip():
        errors.append(required(child(path, "messageExpression"), "messageExpression must be non-empty if specified"))
    reason = declared.get("reason")
    if reason is not None and reason not in REASONS:
        errors.append(not_supported(child(path, "reason"), reason, REASONS))
    if declared.get("fieldPath"):
        errors += _validate_field_path(node, str(declared["fieldPath"]), child(path, "fieldPath"))
    if rule.wrong:
        errors.append(invalid(child(path, "rule"), text, rule.wrong))
    if rule.wrong_message:
        errors.append(invalid(child(path, "messageExpression"), expression, rule.wrong_message))
    if rule.is_about_changes and uncorrelated:
        detail = f"oldSelf cannot be used on the uncorrelatable portion of the schema within {uncorrelated}"
        errors.append(invalid(child(path, "rule"), text, detail))
    if declared.get("optionalOldSelf") is not None and rule.program is not None and not rule.is_about_changes:
        detail = "may not be set if oldSelf is not used in rule"
        errors.append(invalid(child(path, "optionalOldSelf"), declared["optionalOldSelf"], detail))
    return errors


def _validate_message(message: str, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if not message.strip():
        errors.append(invalid(path, message, "message must be non-empty if specified"))
    elif "\n" in message.strip():
        errors.append(invalid(path, message, "message must not contain line breaks"))
    if len(message) > MESSAGE_LENGTH_MAX:
        errors.append(
            invalid(
                path, f"{message[:10]}...", f"message must have a maximum length of {MESSAGE_LENGTH_MAX} characters"
            )
        )
    return errors


def _validate_field_path(node: Node, text: str, path: str) -> list[FieldError]:
    try:
        names = parse_names(text)
    except JSONPathError as error:
        return [invalid(path, text, f"fieldPath must be a valid path: {error}")]
    place: Node | None = node
    for name in names:
        place = place.child_of(name) if place is not None else None
    return (
        []
        if place is not None
        else [invalid(path, text, "fieldPath must be a valid path: does not refer to a valid field")]
    )


def _validate_cost(rule: Rule, path: str, times: int, total: _Total) -> list[FieldError]:
    errors: list[FieldError] = []
    for program, name, what in (
        (rule.program, "rule", "estimated rule cost"),
        (rule.message, "messageExpression", "estimated messageExpression cost"),
    ):
        if program is None:
            continue
        cost = min(program.cost * max(1, times), COST_MAX)
        total.cost = min(total.cost + cost, COST_MAX)
        total.rules.append((cost, child(path, name)))
        if cost > RULE_COST_MAX:
            errors.append(forbidden(child(path, name), _too_expensive(what, cost, RULE_COST_MAX)))
    return errors


def _too_expensive(what: str, cost: int, limit: int) -> str:
    factor = cost / limit
    times = "more than 100x" if factor > SHOWN_FACTOR_MAX or cost == COST_MAX else f"{factor:.1f}x"
    return f"{what} exceeds budget by factor of {times} ({ADVICE} declared)"
