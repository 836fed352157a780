"""Which requests a flow schema is about: by whom, and for what.

Source: kubernetes pkg/apis/flowcontrol/validation.
"""

from __future__ import annotations

from msgspec import field

from wherry.api.field_formats import fitting
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, not_supported, required
from wherry.apimachinery.names import dns1123_label, dns1123_subdomain
from wherry.apimachinery.struct import Struct

VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
# The words for a subject, and the field that each demands.
SUBJECT_KINDS = {"Group": "group", "ServiceAccount": "serviceAccount", "User": "user"}
NAMESPACE_WRONG = "each member of this list must be '*' or a DNS-1123 label; "


class ServiceAccountSubject(Struct):
    name: str = ""
    namespace: str = ""


class NamedSubject(Struct):
    """A user or a group."""

    name: str = ""


class Subject(Struct):
    group: NamedSubject | None = None
    kind: str = ""
    service_account: ServiceAccountSubject | None = None
    user: NamedSubject | None = None


class ResourcePolicyRule(Struct):
    api_groups: tuple[str, ...] = ()
    cluster_scope: bool = False
    namespaces: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ()


class NonResourcePolicyRule(Struct):
    non_resource_urls: tuple[str, ...] = field(default=(), name="nonResourceURLs")
    verbs: tuple[str, ...] = ()


class PolicyRulesWithSubjects(Struct):
    """Any of the subjects, asking for any of these things."""

    non_resource_rules: tuple[NonResourcePolicyRule, ...] = ()
    resource_rules: tuple[ResourcePolicyRule, ...] = ()
    subjects: tuple[Subject, ...] = ()


def validate_rules(rules: PolicyRulesWithSubjects, path: str) -> list[FieldError]:
    """Somebody, and something."""
    errors = []
    if not rules.subjects:
        errors.append(required(child(path, "subjects"), "subjects must contain at least one value"))
    for position, subject in enumerate(rules.subjects):
        errors += _validate_subject(subject, index(child(path, "subjects"), position))
    if not rules.resource_rules and not rules.non_resource_rules:
        detail = "at least one of resourceRules and nonResourceRules has to be non-empty"
        errors.append(required(path, detail))
    for position, rule in enumerate(rules.resource_rules):
        errors += _validate_resource_rule(rule, index(child(path, "resourceRules"), position))
    for position, other in enumerate(rules.non_resource_rules):
        errors += _validate_url_rule(other, index(child(path, "nonResourceRules"), position))
    return errors


def _validate_subject(subject: Subject, path: str) -> list[FieldError]:
    wanted = SUBJECT_KINDS.get(subject.kind)
    if wanted is None:
        return [not_supported(child(path, "kind"), subject.kind, SUBJECT_KINDS)]
    given = {"group": subject.group, "serviceAccount": subject.service_account, "user": subject.user}
    errors = []
    if given[wanted] is None:
        errors.append(required(child(path, wanted), f"{wanted} is required when subject kind is '{subject.kind}'"))
    elif subject.kind == "ServiceAccount" and subject.service_account is not None:
        errors += _validate_service_account(subject.service_account, child(path, wanted))
    elif not getattr(given[wanted], "name", ""):
        errors.append(required(child(path, f"{wanted}.name")))
    for kind, name in SUBJECT_KINDS.items():
        if name != wanted and given[name] is not None:
            errors.append(forbidden(child(path, name), f"{name} is forbidden when subject kind is not '{kind}'"))
    return errors


def _validate_service_account(account: ServiceAccountSubject, path: str) -> list[FieldError]:
    errors = [] if account.name else [required(child(path, "name"))]
    if account.name not in ("", "*"):
        errors += fitting(child(path, "name"), account.name, dns1123_subdomain)
    place = child(path, "namespace")
    if not account.namespace:
        return [*errors, required(place, "must specify namespace for service account")]
    return errors + fitting(place, account.namespace, dns1123_label)


def _validate_resource_rule(rule: ResourcePolicyRule, path: str) -> list[FieldError]:
    errors = _validate_verbs(rule.verbs, child(path, "verbs"))
    errors += _validate_words(rule.api_groups, child(path, "apiGroups"), "api group")
    errors += _validate_words(rule.resources, child(path, "resources"), "resource")
    place = child(path, "namespaces")
    if not rule.namespaces and not rule.cluster_scope:
        detail = "resource rules that are not cluster scoped must supply at least one namespace"
        errors.append(required(place, detail))
    elif "*" in rule.namespaces:
        if len(rule.namespaces) > 1:
            detail = "if '*' is present, must not specify other namespaces"
            errors.append(invalid(place, rule.namespaces, detail))
    else:
        for position, namespace in enumerate(rule.namespaces):
            if wrong := dns1123_label(namespace):
                errors.append(invalid(index(place, position), namespace, NAMESPACE_WRONG + wrong))
    return errors


def _validate_words(words: tuple[str, ...], path: str, what: str) -> list[FieldError]:
    if not words:
        return [required(path, f"resource rules must supply at least one {what}")]
    if len(words) > 1 and "*" in words:
        return [invalid(path, words, f"if '*' is present, must not specify other {what}s")]
    return []


def _validate_verbs(verbs: tuple[str, ...], path: str) -> list[FieldError]:
    if not verbs:
        return [required(path, "verbs must contain at least one value")]
    if "*" in verbs:
        detail = "if '*' is present, must not specify other verbs"
        return [invalid(path, verbs, detail)] if len(verbs) > 1 else []
    return [] if set(verbs) <= set(VERBS) else [not_supported(path, verbs, VERBS)]


def _validate_url_rule(rule: NonResourcePolicyRule, path: str) -> list[FieldError]:
    errors = _validate_verbs(rule.verbs, child(path, "verbs"))
    place, urls = child(path, "nonResourceURLs"), rule.non_resource_urls
    if not urls:
        errors.append(required(place, "nonResourceURLs must contain at least one value"))
    elif "*" in urls:
        if len(urls) > 1:
            errors.append(invalid(place, urls, "if '*' is present, must not specify other non-resource URLs"))
    else:
        for position, url in enumerate(urls):
            if wrong := _url_wrong(url):
                errors.append(invalid(index(place, position), url, wrong))
    return errors


def _url_wrong(url: str) -> str:
    if not url:
        return "must not be empty"
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    if url.count("*") > 1 or ("*" in url and not url.endswith("/*")):
        return "wildcard can only do suffix matching"
    return ""
