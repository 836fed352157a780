# ruff: noqa: E501 - one case, one line
"""What is wrong with the rules of a definition."""

from __future__ import annotations

import pytest

from wherry.api.apiextensions.cel_rules import validate_rules_of
from wherry.apimachinery.document import Document

TEXT: Document = {"type": "string"}
SPEC = "schema.properties[spec]"
PLACE = f"{SPEC}.x-kubernetes-validations[0]"


def said(rule: Document, **properties: Document) -> list[str]:
    spec: Document = {"type": "object", "properties": properties, "x-kubernetes-validations": [rule]}
    return [str(error) for error in validate_rules_of({"type": "object", "properties": {"spec": spec}}, "schema")]


@pytest.mark.parametrize(
    ("rule", "error"),
    [
        ({"rule": "self.a == 'x'"}, ""),
        ({"rule": " "}, f"{PLACE}.rule: Required value: rule is not specified"),
        ({"rule": "self.z"}, f"{PLACE}.rule: Invalid value: \"self.z\": compilation failed: ERROR: <input>:1:5: undefined field 'z'\n | self.z\n | ....^"),
        ({"rule": "self.a"}, f'{PLACE}.rule: Invalid value: "self.a": cel expression must evaluate to a bool'),
        ({"rule": "true", "message": "a\nb"}, f'{PLACE}.message: Invalid value: "a\\nb": message must not contain line breaks'),
        ({"rule": "true", "message": " "}, f'{PLACE}.message: Invalid value: " ": message must be non-empty if specified'),
        ({"rule": "true", "message": "a" * 3000}, "message must have a maximum length of 2048 characters"),
        ({"rule": "true &&\ntrue"}, f"{PLACE}.message: Required value: message must be specified if rule contains line breaks"),
        ({"rule": "true", "messageExpression": "1"}, f'{PLACE}.messageExpression: Invalid value: "1": messageExpression must evaluate to a string'),
        ({"rule": "true", "messageExpression": " "}, f"{PLACE}.messageExpression: Required value: messageExpression must be non-empty if specified"),
        ({"rule": "true", "reason": "Why"}, f'{PLACE}.reason: Unsupported value: "Why": supported values: "FieldValueInvalid"'),
        ({"rule": "true", "fieldPath": ".z"}, "fieldPath must be a valid path: does not refer to a valid field"),
        ({"rule": "true", "fieldPath": "a"}, "fieldPath must be a valid path: "),
        ({"rule": "true", "fieldPath": ".a"}, ""),
        ({"rule": "true", "optionalOldSelf": True}, f"{PLACE}.optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule"),
    ],
)  # fmt: skip
def test_a_rule_says_what_it_must(rule: Document, error: str) -> None:
    errors = said(rule, a=TEXT)
    assert len(errors) == (1 if error else 0), errors
    assert not error or error in errors[0]


def items(rule: str, **more: object) -> Document:
    return {"type": "array", "items": {**TEXT, "maxLength": 5, "x-kubernetes-validations": [{"rule": rule}]}} | more


def test_a_rule_about_changes_needs_something_to_compare_with() -> None:
    where = f"{SPEC}.properties[a].items"
    assert any(
        error.endswith(f"oldSelf cannot be used on the uncorrelatable portion of the schema within {where}")
        for error in said({"rule": "true"}, a=items("self == oldSelf", maxItems=5))
    )


def test_a_rule_that_may_cost_too_much_is_refused() -> None:
    errors = said({"rule": "self.a.all(x, self.a.all(y, x == y))"}, a={"type": "array", "items": TEXT})
    assert errors[0] == (
        f"{PLACE}.rule: Forbidden: estimated rule cost exceeds budget by factor of more than 100x (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)"
    )
    bounded: Document = {"type": "array", "maxItems": 100, "items": {**TEXT, "maxLength": 20}}
    assert said({"rule": "self.a.all(x, self.a.all(y, x == y))"}, a=bounded) == []


def test_a_cheap_rule_at_very_many_places_is_expensive() -> None:
    errors = said({"rule": "true"}, a=items("self.contains('x')"))
    assert len(errors) == 0 or "exceeds budget" in errors[0]
    nested: Document = {
        "type": "array",
        "items": {"type": "array", "items": {**TEXT, "x-kubernetes-validations": [{"rule": "self.contains('x')"}]}},
    }
    assert any(
        "estimated rule cost exceeds budget by factor of more than 100x" in error
        for error in said({"rule": "true"}, a=nested)
    )


def test_rules_that_together_cost_too_much_are_refused() -> None:
    bounded: Document = {"type": "array", "maxItems": 700, "items": {**TEXT, "maxLength": 10}}
    costly = {"rule": "self.all(x, self.all(y, x == y))"}
    fields = {f"f{number}": {**bounded, "x-kubernetes-validations": [costly]} for number in range(30)}
    errors = said({"rule": "true"}, **fields)
    assert errors[-1].startswith(
        "schema: Forbidden: estimated rule cost total for entire OpenAPIv3 schema exceeds budget by factor of 1."
    )
    assert sum("contributed to estimated rule cost total" in error for error in errors) == 4
