"""What the admission policies share: parameters, variables, and how a binding chooses them.

Source: kubernetes pkg/apis/admissionregistration/validation.
"""

from __future__ import annotations

import re

from wherry.api.admissionregistration.match_condition import MatchCondition, validate_match_conditions
from wherry.api.admissionregistration.rule import MatchResources, default_match_resources, validate_match_resources
from wherry.api.documents import find_section, put_absent, section
from wherry.api.expressions import ADMISSION, validate_expression
from wherry.api.field_formats import fitting, named
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, required
from wherry.apimachinery.labels import LabelSelector, format_selector
from wherry.apimachinery.names import dns1035_label, dns1123_subdomain, path_segment
from wherry.apimachinery.struct import Struct

FAILURE_POLICIES = ("Fail", "Ignore")
# No condition sees the variables of its policy.
OF_POLICIES = frozenset(("variables",))
NOT_FOUND_ACTIONS = ("Deny", "Allow")
RESERVED = frozenset((
    "true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let",
    "loop", "package", "namespace", "return", "var", "void", "while",
))  # fmt: skip

_is_identifier = re.compile("[_a-zA-Z][_a-zA-Z0-9]*").fullmatch


class ParamKind(Struct):
    """Which kind of object holds a policy's settings."""

    api_version: str = ""
    kind: str = ""


class Variable(Struct):
    expression: str = ""
    name: str = ""


class PolicySpec(Struct):
    """What both kinds of policy say: which requests, under which conditions, with which settings and variables."""

    failure_policy: str = ""
    match_conditions: tuple[MatchCondition, ...] = ()
    match_constraints: MatchResources | None = None
    param_kind: ParamKind | None = None
    variables: tuple[Variable, ...] = ()


class ParamRef(Struct):
    """Which objects hold the settings of one binding."""

    name: str = ""
    namespace: str = ""
    parameter_not_found_action: str = ""
    selector: LabelSelector | None = None


def default_policy(new: Document) -> None:
    """A policy that cannot be evaluated stands in the way."""
    spec = section(new, "spec")
    put_absent(spec, failurePolicy="Fail")
    constraints = find_section(spec, "matchConstraints")
    if constraints is not None:
        default_match_resources(constraints)


def default_binding(new: Document) -> None:
    """What a binding chooses besides the policy itself, everything."""
    match = find_section(new, "spec", "matchResources")
    if match is not None:
        default_match_resources(match)


def usable_variables(param_kind: ParamKind | None) -> frozenset[str]:
    """The names that the policy's expressions may use."""
    return ADMISSION - {"params"} if param_kind is None else ADMISSION


def validate_policy(new: PolicySpec, old: PolicySpec | None, operations: tuple[str, ...]) -> list[FieldError]:
    """What is wrong with the part that both kinds of policy have; conditions that were stored already are not asked."""
    variables = usable_variables(new.param_kind)
    errors = one_of("spec.failurePolicy", new.failure_policy, FAILURE_POLICIES, may_be_absent=False)
    errors += _validate_param_kind(new.param_kind, "spec.paramKind")
    errors += _validate_constraints(new.match_constraints, "spec.matchConstraints", operations)
    if old is None or (new.match_conditions, new.param_kind) != (old.match_conditions, old.param_kind):
        errors += validate_match_conditions(
            new.match_conditions, "spec.matchConditions", variables=variables - OF_POLICIES
        )
    return errors + _validate_variables(new.variables, "spec.variables", variables)


def _validate_constraints(match: MatchResources | None, path: str, operations: tuple[str, ...]) -> list[FieldError]:
    """A policy must say which resources it is about."""
    if match is None:
        return [required(path)]
    errors = validate_match_resources(match, path, operations)
    if not match.resource_rules:
        errors.append(required(child(path, "resourceRules")))
    return errors


def _validate_param_kind(param_kind: ParamKind | None, path: str) -> list[FieldError]:
    """A kind by its version and name."""
    if param_kind is None:
        return []
    place = child(path, "apiVersion")
    errors = _validate_version(param_kind.api_version, place)
    if not param_kind.kind:
        return [*errors, required(child(path, "kind"))]
    if wrong := dns1035_label(param_kind.kind.lower()):
        detail = f"may have mixed case, but should otherwise match: {wrong}"
        errors.append(invalid(child(path, "kind"), param_kind.kind, detail))
    return errors


def _validate_version(text: str, path: str) -> list[FieldError]:
    if not text:
        return [required(path)]
    if text.count("/") > 1:
        return [invalid(path, text, f"unexpected GroupVersion string: {text}")]
    group, _, version = text.rpartition("/")
    errors = fitting(path, group, dns1123_subdomain) if group else []
    if not version:
        return [*errors, invalid(path, text, "version must be specified")]
    return errors + fitting(path, version, dns1035_label)


def _validate_variables(named: tuple[Variable, ...], path: str, variables: frozenset[str]) -> list[FieldError]:
    """Names for parts of later expressions."""
    errors: list[FieldError] = []
    for position, variable in enumerate(named):
        place = index(path, position)
        if not variable.name.strip():
            errors.append(required(child(place, "name"), "name is not specified"))
        elif not _is_identifier(variable.name) or variable.name in RESERVED:
            errors.append(invalid(child(place, "name"), variable.name, "name is not a valid CEL identifier"))
        if not variable.expression.strip():
            errors.append(required(child(place, "expression"), "expression is not specified"))
        else:
            errors += validate_expression(
                child(place, "expression"), variable.expression, "anything", variables=variables
            )
    return errors


def validate_binding(
    policy_name: str, param_ref: ParamRef | None, match: MatchResources | None, operations: tuple[str, ...]
) -> list[FieldError]:
    """Which policy, with which settings, for which requests."""
    errors = named("spec.policyName", policy_name, dns1123_subdomain)
    if param_ref is not None:
        errors += _validate_param_ref(param_ref, "spec.paramRef")
    if match is not None:
        errors += validate_match_resources(match, "spec.matchResources", operations)
    return errors


def _validate_param_ref(reference: ParamRef, path: str) -> list[FieldError]:
    errors = fitting(child(path, "name"), reference.name, path_segment) if reference.name else []
    both = "name and selector are mutually exclusive"
    if reference.selector is not None:
        if reference.name:
            errors.append(forbidden(child(path, "name"), both))
        errors += validate_label_selector(reference.selector, child(path, "selector"))
        if reference.name:
            errors.append(forbidden(child(path, "selector"), both))
    elif not reference.name:
        errors.append(required(path, "one of name or selector must be specified"))
    place = child(path, "parameterNotFoundAction")
    return errors + one_of(place, reference.parameter_not_found_action, NOT_FOUND_ACTIONS, may_be_absent=False)


def param_kind_cell(param_kind: ParamKind | None) -> str:
    """The kind that holds the settings."""
    return "<unset>" if param_kind is None else f"{param_kind.api_version}/{param_kind.kind}"


def param_ref_cell(reference: ParamRef | None) -> str:
    """The settings; without a namespace they may be in any, or in none."""
    if reference is None:
        return "<unset>"
    if reference.name:
        return f"{reference.namespace or '*'}/{reference.name}"
    return "<unset>" if reference.selector is None else format_selector(reference.selector)
