"""A program outside that is asked about requests, and where it is.

Source: kubernetes pkg/apis/admissionregistration/validation, apiserver pkg/util/webhook.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from msgspec import field

from wherry.api.admissionregistration.match_condition import MatchCondition, validate_match_conditions
from wherry.api.admissionregistration.rule import MATCH_POLICIES, RuleWithOperations, default_rules, validate_rule
from wherry.api.documents import find_section, put_absent, section, sections
from wherry.api.field_formats import fitting, fully_qualified_name
from wherry.api.label_selector import validate_label_selector
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, required
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.names import dns1035_label, dns1123_subdomain
from wherry.apimachinery.struct import Struct

REVIEW_VERSIONS = ("v1", "v1beta1")
FAILURE_POLICIES = ("Fail", "Ignore")
SIDE_EFFECTS = ("None", "NoneOnDryRun", "Some", "Unknown")
NO_SIDE_EFFECTS = ("None", "NoneOnDryRun")
REINVOCATION_POLICIES = ("IfNeeded", "Never")
TIMEOUT_MAX_S = 30
PORT_MAX = 65535
URL_FORM = "; desired format: https://host[/path]"


class WebhookService(Struct):
    name: str = ""
    namespace: str = ""
    path: str | None = None
    port: int = 443


class WebhookClientConfig(Struct):
    service: WebhookService | None = None
    url: str | None = None


class Webhook(Struct):
    """One program that is asked; only those that change objects have a reinvocation policy."""

    admission_review_versions: tuple[str, ...] = ()
    client_config: WebhookClientConfig = field(default_factory=WebhookClientConfig)
    failure_policy: str = ""
    match_conditions: tuple[MatchCondition, ...] = ()
    match_policy: str = ""
    name: str = ""
    namespace_selector: LabelSelector | None = None
    object_selector: LabelSelector | None = None
    reinvocation_policy: str = ""
    rules: tuple[RuleWithOperations, ...] = ()
    side_effects: str = ""
    timeout_seconds: int | None = None


def default_webhooks(new: Document) -> None:
    """A webhook that cannot be asked stands in the way, after ten seconds."""
    for webhook in sections(new, "webhooks"):
        put_absent(webhook, failurePolicy="Fail", matchPolicy="Equivalent", timeoutSeconds=10)
        section(webhook, "namespaceSelector")
        section(webhook, "objectSelector")
        default_rules(sections(webhook, "rules"))
        service = find_section(webhook, "clientConfig", "service")
        if service is not None:
            put_absent(service, port=443)


def validate_webhooks(new: tuple[Webhook, ...], old: tuple[Webhook, ...] | None) -> list[FieldError]:
    """All of a configuration; what was wrong in the old one may stay wrong."""
    kept = old or ()
    needs_no_effects = all(webhook.side_effects in NO_SIDE_EFFECTS for webhook in kept)
    needs_version = all(set(webhook.admission_review_versions) & set(REVIEW_VERSIONS) for webhook in kept)
    needs_names = len({webhook.name for webhook in kept}) == len(kept)
    conditions = [webhook.match_conditions for webhook in new]
    checks_conditions = old is None or conditions != [webhook.match_conditions for webhook in old]
    effects = NO_SIDE_EFFECTS if needs_no_effects else SIDE_EFFECTS
    errors = []
    names: set[str] = set()
    for position, webhook in enumerate(new):
        path = index("webhooks", position)
        errors += _validate_webhook(webhook, path, effects)
        if checks_conditions:
            errors += validate_match_conditions(webhook.match_conditions, child(path, "matchConditions"))
        errors += _validate_versions(
            webhook.admission_review_versions, child(path, "admissionReviewVersions"), needs_one=needs_version
        )
        if needs_names and webhook.name in names:
            errors.append(duplicate(child(path, "name"), webhook.name))
        names |= {webhook.name} - {""}
    return errors


def _validate_webhook(webhook: Webhook, path: str, effects: tuple[str, ...]) -> list[FieldError]:
    errors = fully_qualified_name(child(path, "name"), webhook.name)
    for position, rule in enumerate(webhook.rules):
        errors += validate_rule(rule, index(child(path, "rules"), position))
    errors += one_of(child(path, "failurePolicy"), webhook.failure_policy, FAILURE_POLICIES)
    errors += one_of(child(path, "matchPolicy"), webhook.match_policy, MATCH_POLICIES)
    if not webhook.side_effects:
        errors.append(required(child(path, "sideEffects"), f"must specify one of {', '.join(effects)}"))
    errors += one_of(child(path, "sideEffects"), webhook.side_effects, effects)
    timeout_s = webhook.timeout_seconds
    if timeout_s is not None and not 0 < timeout_s <= TIMEOUT_MAX_S:
        detail = f"the timeout value must be between 1 and {TIMEOUT_MAX_S} seconds"
        errors.append(invalid(child(path, "timeoutSeconds"), timeout_s, detail))
    if webhook.namespace_selector is not None:
        errors += validate_label_selector(webhook.namespace_selector, child(path, "namespaceSelector"))
    if webhook.object_selector is not None:
        errors += validate_label_selector(webhook.object_selector, child(path, "objectSelector"))
    errors += one_of(child(path, "reinvocationPolicy"), webhook.reinvocation_policy, REINVOCATION_POLICIES)
    return errors + _validate_client(webhook.client_config, child(path, "clientConfig"))


def _validate_client(client: WebhookClientConfig, path: str) -> list[FieldError]:
    if (client.url is None) == (client.service is None):
        return [required(path, "exactly one of url or service is required")]
    if client.url is not None:
        return _validate_url(client.url, child(path, "url"))
    assert client.service is not None
    return validate_service(client.service, child(path, "service"))


def _validate_url(text: str, path: str) -> list[FieldError]:
    try:
        url = urlsplit(text)
    except ValueError as error:
        return [required(path, f"url must be a valid URL: {error}{URL_FORM}")]
    errors = []
    if url.scheme != "https":
        detail = f"'https' is the only allowed URL scheme{URL_FORM}"
        errors.append(invalid(path, url.scheme, detail))
    if not url.netloc:
        errors.append(invalid(path, url.netloc, f"host must be specified{URL_FORM}"))
    if url.username is not None:
        errors.append(invalid(path, url.username, "user information is not permitted in the URL"))
    if url.fragment:
        errors.append(invalid(path, url.fragment, "fragments are not permitted in the URL"))
    if url.query:
        errors.append(invalid(path, url.query, "query parameters are not permitted in the URL"))
    return errors


def validate_service(service: WebhookService, path: str) -> list[FieldError]:
    """A Service inside the cluster, and the path to ask there."""
    errors = [required(child(path, name)) for name in ("name", "namespace") if not getattr(service, name)]
    if not 0 < service.port <= PORT_MAX:
        detail = f"port is not valid: must be between 1 and {PORT_MAX}, inclusive"
        errors.append(invalid(child(path, "port"), service.port, detail))
    return errors + _validate_path(service.path or "", child(path, "path"))


def _validate_path(text: str, path: str) -> list[FieldError]:
    if text in ("", "/"):
        return []
    if not text.startswith("/"):
        return [invalid(path, text, "must start with a '/'")]
    errors = []
    for position, step in enumerate(text[1:].removesuffix("/").split("/")):
        wrong = dns1123_subdomain(step) if step else ""
        if not step:
            errors.append(invalid(path, text, f"segment[{position}] may not be empty"))
        elif wrong:
            errors.append(invalid(path, text, f"segment[{position}]: {wrong}"))
    return errors


def _validate_versions(versions: tuple[str, ...], path: str, *, needs_one: bool) -> list[FieldError]:
    known = ", ".join(REVIEW_VERSIONS)
    if not versions:
        return [required(path, f"must specify one of {known}")]
    errors = []
    for position, version in enumerate(versions):
        place = index(path, position)
        if version in versions[:position]:
            errors.append(invalid(place, version, "duplicate version"))
        else:
            errors += fitting(place, version, dns1035_label)
    if needs_one and not set(versions) & set(REVIEW_VERSIONS):
        errors.append(invalid(path, versions, f"must include at least one of {known}"))
    return errors
