"""Which requests a webhook or a policy wants to see."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import field

from wherry.api.documents import put_absent, section, sections
from wherry.api.field_formats import fitting, unique
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, not_supported, required
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.names import path_segment
from wherry.apimachinery.struct import Struct

OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
SCOPES = ("*", "Cluster", "Namespaced")
MATCH_POLICIES = ("Equivalent", "Exact")


class RuleWithOperations(Struct):
    """Requests by group, version, resource and operation; policies may also name the objects."""

    api_groups: tuple[str, ...] = ()
    api_versions: tuple[str, ...] = ()
    operations: tuple[str, ...] = ()
    resource_names: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    scope: str = ""


class MatchResources(Struct):
    """Which requests a policy is about."""

    exclude_resource_rules: tuple[RuleWithOperations, ...] = ()
    match_policy: str = ""
    namespace_selector: LabelSelector = field(default_factory=LabelSelector)
    object_selector: LabelSelector = field(default_factory=LabelSelector)
    resource_rules: tuple[RuleWithOperations, ...] = ()


def default_rules(rules: Iterable[Document]) -> None:
    """Objects of a namespace and others alike, unless the rule says."""
    for rule in rules:
        put_absent(rule, scope="*")


def default_match_resources(match: Document) -> None:
    """Every namespace, every object, in whatever version it is written."""
    put_absent(match, matchPolicy="Equivalent")
    section(match, "namespaceSelector")
    section(match, "objectSelector")
    default_rules((*sections(match, "resourceRules"), *sections(match, "excludeResourceRules")))


def validate_match_resources(
    match: MatchResources, path: str, operations: tuple[str, ...] = OPERATIONS
) -> list[FieldError]:
    """`operations` are those that the policy may see."""
    errors = one_of(child(path, "matchPolicy"), match.match_policy, MATCH_POLICIES, may_be_absent=False)
    errors += validate_label_selector(match.namespace_selector, child(path, "namespaceSelector"))
    errors += validate_label_selector(match.object_selector, child(path, "objectSelector"))
    for name, rules in (
        ("resourceRules", match.resource_rules),
        ("excludeResourceRules", match.exclude_resource_rules),
    ):
        for position, rule in enumerate(rules):
            errors += validate_rule(rule, index(child(path, name), position), operations)
    return errors


def validate_rule(rule: RuleWithOperations, path: str, operations: tuple[str, ...] = OPERATIONS) -> list[FieldError]:
    """One rule."""
    errors: list[FieldError] = []
    for position, name in enumerate(rule.resource_names):
        errors += fitting(index(child(path, "resourceNames"), position), name, path_segment)
    errors += unique(child(path, "resourceNames"), rule.resource_names)
    errors += _validate_list(child(path, "operations"), rule.operations, "operations")
    for position, operation in enumerate(rule.operations):
        if operation not in operations:
            errors.append(not_supported(index(child(path, "operations"), position), operation, operations))
    errors += _validate_list(child(path, "apiGroups"), rule.api_groups, "API groups")
    errors += _validate_list(child(path, "apiVersions"), rule.api_versions, "API versions")
    for position, version in enumerate(rule.api_versions):
        if not version:
            errors.append(required(index(child(path, "apiVersions"), position)))
    errors += _validate_resources(child(path, "resources"), rule.resources)
    return errors + one_of(child(path, "scope"), rule.scope, SCOPES)


def _validate_list(path: str, words: tuple[str, ...], what: str) -> list[FieldError]:
    if not words:
        return [required(path)]
    if len(words) > 1 and "*" in words:
        return [invalid(path, words, f"if '*' is present, must not specify other {what}")]
    return []


def _validate_resources(path: str, resources: tuple[str, ...]) -> list[FieldError]:
    errors = [] if resources else [required(path)]
    whole: set[str] = set()
    everywhere: set[str] = set()
    for position, text in enumerate(resources):
        place = index(path, position)
        if not text:
            errors.append(required(place))
            continue
        resource, slash, sub = text.partition("/")
        if not slash:
            continue
        if resource in whole:
            errors.append(invalid(place, text, f"if '{resource}/*' is present, must not specify {text}"))
        if sub in everywhere:
            errors.append(invalid(place, text, f"if '*/{sub}' is present, must not specify {text}"))
        if sub == "*":
            whole.add(resource)
        if resource == "*":
            everywhere.add(sub)
    if len(resources) > 1 and "*/*" in resources:
        errors.append(invalid(path, resources, "if '*/*' is present, must not specify other resources"))
    if "*" in resources and any("/" not in text and text != "*" for text in resources):
        detail = "if '*' is present, must not specify other resources without subresources"
        errors.append(invalid(path, resources, detail))
    return errors
