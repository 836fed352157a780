"""The rules of a schema (x-kubernetes-validations), compiled, and what they say about an object.

`self` is what stands at the rule's place, `oldSelf` what stood there before. A rule that looks at oldSelf judges
changes only, unless it says `optionalOldSelf`. What was wrong before and is unchanged is forgiven, except to rules
about changes.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/cel/{compilation,validation}.go.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from wherry.apimachinery import field_errors
from wherry.apimachinery.cel.program import CompileError, Environment, Program
from wherry.apimachinery.cel.types import BOOL, STRING, Type, optional_of
from wherry.apimachinery.cel.values import NONE, CelError, CostExceeded, Optional
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.json_path import JSONPathError, parse_names
from wherry.apimachinery.structural.budget import Budget
from wherry.apimachinery.structural.cel_types import cel_type
from wherry.apimachinery.structural.node import Node
from wherry.apimachinery.structural.validate import ABSENT, NO_PATH, item_key, same

# As upstream, for one rule at one place.
CALL_COST_MAX = 1_000_000
# A message that a rule makes is cut here.
MESSAGE_LENGTH_MAX = 5 * 1024
OUT_OF_BUDGET = "validation failed due to running out of cost budget, no further validation rules will be run"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, compiled; `wrong` says why it cannot be used, `wrong_message` the same of its messageExpression."""

    declared: Document
    program: Program | None
    message: Program | None
    wrong: str = ""
    wrong_message: str = ""

    @property
    def text(self) -> str:
        """The rule as it was written."""
        return str(self.declared.get("rule", ""))

    @property
    def is_about_changes(self) -> bool:
        """Whether it looks at what was before."""
        return self.program is not None and self.program.uses("oldSelf")

    @property
    def takes_new(self) -> bool:
        """Whether it can do with nothing having been before."""
        return not self.is_about_changes or self.declared.get("optionalOldSelf") is True


_rules: WeakKeyDictionary[Node, dict[bool, tuple[Rule, ...]]] = WeakKeyDictionary()


def rules_of(node: Node, *, is_object: bool) -> tuple[Rule, ...]:
    """The rules at a node, compiled when first asked for."""
    known = _rules.setdefault(node, {})
    if is_object not in known:
        of = cel_type(node, is_object=is_object)
        known[is_object] = tuple(_compile(each, of) for each in node.rules)
    return known[is_object]


def _compile(declared: Document, of: Type | None) -> Rule:
    if of is None:
        return Rule(declared, None, None, "rule can only be set where the schema gives a type")
    old = optional_of(of) if declared.get("optionalOldSelf") is True else of
    environment = Environment({"self": of, "oldSelf": old})
    text, message = declared.get("rule"), declared.get("messageExpression")
    try:
        program = environment.compile(text if isinstance(text, str) else "", BOOL)
    except CompileError as error:
        said = str(error)
        return Rule(declared, None, None, f"cel expression {said}" if said.startswith("must evaluate") else said)
    if not isinstance(message, str) or not message.strip():
        return Rule(declared, program, None)
    try:
        return Rule(declared, program, environment.compile(message, STRING))
    except CompileError as error:
        return Rule(declared, program, None, "", f"messageExpression {error}")


def validate_rules(node: Node, new: object, old: object, budget: Budget, *, is_object: bool = True) -> list[FieldError]:
    """What the rules say about a whole object, or a part of one; `old` is ABSENT for a new one."""
    return _validate(node, new, old, "", budget, is_object=is_object)


def _validate(node: Node, new: object, old: object, path: str, budget: Budget, *, is_object: bool) -> list[FieldError]:
    if not node.has_rules_below or budget.is_spent() or new is None:
        return []
    errors: list[FieldError] = []
    if node.rules:
        unchanged = old is not ABSENT and same(old, new)
        for rule in rules_of(node, is_object=is_object or node.is_embedded):
            error = _judge(node, rule, new, old, path, budget, unchanged=unchanged)
            if error is not None:
                errors.append(error)
            if budget.is_spent():
                return errors
    for below, item, was, place in _places(node, new, old, path):
        errors += _validate(below, item, was, place, budget, is_object=False)
    return errors


def _places(node: Node, new: object, old: object, path: str) -> list[tuple[Node, object, object, str]]:
    """What stands below a place, with what stood there before."""
    found: list[tuple[Node, object, object, str]] = []
    if type(new) is dict:
        before: Mapping[str, object] = old if isinstance(old, dict) else {}
        for name, item in new.items():
            below = node.properties.get(name)
            if below is not None and below.has_rules_below:
                found.append((below, item, before.get(name, ABSENT), field_errors.child(path, name)))
            elif below is None and node.additional is not None and node.additional.has_rules_below:
                found.append((node.additional, item, before.get(name, ABSENT), field_errors.key(path, name)))
    elif type(new) is list and node.items is not None and node.items.has_rules_below:
        items: dict[str, object] = {}
        if node.list_type == "map" and isinstance(old, list):
            items = {repr(item_key(node, item)): item for item in old}
        for position, item in enumerate(new):
            was = items.get(repr(item_key(node, item)), ABSENT) if items else ABSENT
            found.append((node.items, item, was, field_errors.index(path, position)))
    return found


def _judge(
    node: Node, rule: Rule, new: object, old: object, path: str, budget: Budget, *, unchanged: bool
) -> FieldError | None:
    if rule.program is None or (old is ABSENT and not rule.takes_new):
        return None
    is_optional = rule.declared.get("optionalOldSelf") is True
    values: dict[str, object] = {"self": new}
    if is_optional:
        values["oldSelf"] = NONE if old is ABSENT else Optional(old)
    elif old is not ABSENT:
        values["oldSelf"] = old
    shown = node.type or "any"
    try:
        holds, cost = rule.program.evaluate(values, min(CALL_COST_MAX, budget.remaining))
    except CostExceeded:
        is_one_rule = budget.remaining > CALL_COST_MAX
        budget.remaining = -1
        said = f"'no further validation rules will be run due to call cost exceeds limit for rule: {_named(rule)}'"
        return _invalid(path, shown, said if is_one_rule else OUT_OF_BUDGET)
    except CelError as error:
        budget.remaining -= 1
        return None if unchanged and not rule.is_about_changes else _invalid(path, shown, _explain(error, rule))
    budget.remaining -= cost
    if holds is True or (unchanged and not rule.is_about_changes):
        return None
    return _complaint(rule, path, shown, new, _message(rule, values, budget))


def _explain(error: CelError, rule: Rule) -> str:
    said = str(error)
    if said.startswith("no such overload"):
        return (
            f"'{said}': call arguments did not match a supported operator, function or macro signature for rule: "
            f"{_named(rule)}"
        )
    return f"{said} evaluating rule: {_named(rule)}"


def _named(rule: Rule) -> str:
    message = rule.declared.get("message")
    return (message if isinstance(message, str) and message else rule.text).strip()


def _message(rule: Rule, values: Mapping[str, object], budget: Budget) -> str:
    """What the rule says is wrong: its expression's words, or else its message, or else itself."""
    if rule.message is not None and not budget.is_spent():
        try:
            made, cost = rule.message.evaluate(values, min(CALL_COST_MAX, budget.remaining))
            budget.remaining -= cost
        except CostExceeded:
            budget.remaining = -1
        except CelError:
            # As upstream: a message that cannot be made is no reason not to say that something is wrong.
            pass
        else:
            if isinstance(made, str) and made.strip() and "\n" not in made and len(made) <= MESSAGE_LENGTH_MAX:
                return made.strip()
    message = rule.declared.get("message")
    return message.strip() if isinstance(message, str) and message else f"failed rule: {rule.text.strip()}"


def _complaint(rule: Rule, path: str, shown: str, value: object, message: str) -> FieldError:
    place = path
    field_path = rule.declared.get("fieldPath")
    if isinstance(field_path, str) and field_path:
        place = _joined(path, field_path)
    match rule.declared.get("reason"):
        case "FieldValueForbidden":
            return field_errors.forbidden(place or NO_PATH, message)
        case "FieldValueRequired":
            return field_errors.required(place or NO_PATH, message)
        case "FieldValueDuplicate":
            return field_errors.duplicate(place or NO_PATH, value)
        case _:
            return _invalid(place, shown, message)


def _joined(path: str, field_path: str) -> str:
    try:
        names = parse_names(field_path)
    except JSONPathError:
        return path
    for name in names:
        path = field_errors.key(path, name) if "." in name else field_errors.child(path, name)
    return path


def _invalid(path: str, shown: str, message: str) -> FieldError:
    return field_errors.invalid(path or NO_PATH, shown, message)
