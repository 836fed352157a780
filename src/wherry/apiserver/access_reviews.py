"""May they? The four reviews of authorization.k8s.io: checked, answered by the authorizers, never stored.

Source: kubernetes pkg/apis/authorization/validation and pkg/registry/authorization.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, invalid
from wherry.apimachinery.field_errors import FieldError, child, index, required
from wherry.apiserver.environment import Environment
from wherry.apiserver.filters.authorize import Access, Fields, demanded_fields
from wherry.apiserver.request import ApiRequest, UserInfo
from wherry.apiserver.review_body import review_answer, review_body
from wherry.apiserver.wire import list_in, mapping_in, text_in
from wherry.kit.http.types import Response

RESOURCE, OTHER = "spec.resourceAttributes", "spec.nonResourceAttributes"
ONE_OF_TWO = "exactly one of nonResourceAttributes or resourceAttributes must be specified"
OPERATORS_WITH_VALUES, OPERATORS_WITHOUT = ("In", "NotIn"), ("Exists", "DoesNotExist")


async def handle_self_subject_access_review(environment: Environment, request: ApiRequest) -> Response:
    """May I?"""
    body = review_body(request)
    _refuse(request, _validate(body))
    return await _decide(environment, request, body, request.user)


async def handle_subject_access_review(environment: Environment, request: ApiRequest) -> Response:
    """May they?"""
    body = review_body(request)
    _refuse(request, _validate_subject(body) + _validate(body))
    return await _decide(environment, request, body, _subject(body))


async def handle_local_subject_access_review(environment: Environment, request: ApiRequest) -> Response:
    """May they, in this namespace?"""
    body = review_body(request)
    spec, metadata = mapping_in(body, "spec"), mapping_in(body, "metadata")
    if text_in(metadata, "namespace") not in ("", request.namespace):
        raise BadRequest("the namespace of the provided object does not match the namespace sent on the request")
    named = text_in(mapping_in(spec, "resourceAttributes"), "namespace")
    errors = _validate_subject(body) + _validate({**body, "metadata": {**metadata, "namespace": ""}})
    if "resourceAttributes" in spec and named != request.namespace:
        errors.append(field_errors.invalid(child(RESOURCE, "namespace"), named, "must match metadata.namespace"))
    if "nonResourceAttributes" in spec:
        detail = "disallowed on this kind of request"
        errors.append(field_errors.invalid(OTHER, spec["nonResourceAttributes"], detail))
    _refuse(request, errors)
    return await _decide(environment, request, body, _subject(body))


async def handle_self_subject_rules_review(environment: Environment, request: ApiRequest) -> Response:
    """What may I do in this namespace?"""
    body = review_body(request)
    namespace = text_in(mapping_in(body, "spec"), "namespace")
    if not namespace:
        raise BadRequest("no namespace on request")
    rules = environment.authorizer.rules_for(request.user, namespace)
    status: Document = {
        "resourceRules": rules.resource_rules,
        "nonResourceRules": rules.other_rules,
        "incomplete": bool(rules.error),
    }
    if rules.error:
        status["evaluationError"] = rules.error
    return review_answer(request, body, status)


async def _decide(environment: Environment, request: ApiRequest, body: Document, user: UserInfo) -> Response:
    access = _access(mapping_in(body, "spec"))
    await environment.authorizer.refresh_for(user, access.resource)
    allowed, reason = environment.authorizer.explain(user, access)
    status: Document = {"allowed": allowed}
    if reason:
        status["reason"] = reason
    return review_answer(request, body, status)


def _subject(body: Document) -> UserInfo:
    spec = mapping_in(body, "spec")
    extra = {name: tuple(map(str, list_in(spec["extra"], name))) for name in mapping_in(spec, "extra")}  # type: ignore[arg-type]  # mapping_in has seen that it is one
    groups = tuple(str(group) for group in list_in(spec, "groups"))
    return UserInfo(text_in(spec, "user"), groups, text_in(spec, "uid"), extra)


def _access(spec: Document) -> Access:
    path = mapping_in(spec, "nonResourceAttributes")
    if path:
        return Access(text_in(path, "verb"), path=text_in(path, "path") or "/")
    resource = mapping_in(spec, "resourceAttributes")
    verb, group, plural, subresource, namespace, name = (
        text_in(resource, key) for key in ("verb", "group", "resource", "subresource", "namespace", "name")
    )
    return Access(verb, group, plural, subresource, namespace, name, "", _fields(mapping_in(resource, "fieldSelector")))


def _fields(selector: Document) -> Fields:
    if text_in(selector, "rawSelector"):
        return demanded_fields(text_in(selector, "rawSelector"))
    pairs = []
    for requirement in list_in(selector, "requirements"):
        if isinstance(requirement, dict) and requirement.get("operator") == "In":
            values = list_in(requirement, "values")
            if len(values) == 1:
                pairs.append((text_in(requirement, "key"), str(values[0])))
    return tuple(pairs)


def _refuse(request: ApiRequest, errors: Sequence[FieldError]) -> None:
    if errors:
        raise invalid(request.target.kind, request.target.group, "", errors)


def _validate(body: Document) -> list[FieldError]:
    spec = mapping_in(body, "spec")
    has_resource, has_path = "resourceAttributes" in spec, "nonResourceAttributes" in spec
    errors: list[FieldError] = []
    if has_resource and has_path:
        detail = "cannot be specified in combination with resourceAttributes"
        errors.append(field_errors.invalid(OTHER, spec["nonResourceAttributes"], detail))
    if not has_resource and not has_path:
        errors.append(field_errors.invalid(RESOURCE, None, ONE_OF_TWO))
    for name in ("fieldSelector", "labelSelector"):
        attributes = mapping_in(spec, "resourceAttributes")
        if name in attributes:
            errors += _validate_selector(mapping_in(attributes, name), child(RESOURCE, name))
    given = mapping_in(body, "metadata")
    metadata = {name: value for name, value in given.items() if value and name != "managedFields"}
    if metadata:
        errors.append(field_errors.invalid("metadata", metadata, "must be empty"))
    return errors


def _validate_subject(body: Document) -> list[FieldError]:
    spec = mapping_in(body, "spec")
    if text_in(spec, "user") or list_in(spec, "groups"):
        return []
    return [field_errors.invalid("spec.user", "", "at least one of user or group must be specified")]


def _validate_selector(selector: Document, path: str) -> list[FieldError]:
    raw, requirements = text_in(selector, "rawSelector"), list_in(selector, "requirements")
    place = child(path, "requirements")
    if raw and requirements:
        detail = "may not specified at the same time as requirements"
        return [field_errors.invalid(child(path, "rawSelector"), raw, detail)]
    if not raw and not requirements:
        return [required(place, f"when {path} is specified, requirements or rawSelector is required")]
    errors = []
    for position, requirement in enumerate(requirements):
        if isinstance(requirement, dict):
            errors += _validate_requirement(requirement, index(place, position))
    return errors


def _validate_requirement(requirement: Document, path: str) -> list[FieldError]:
    operator, values = text_in(requirement, "operator"), list_in(requirement, "values")
    errors = [] if text_in(requirement, "key") else [required(child(path, "key"), "must be specified")]
    if operator in OPERATORS_WITH_VALUES:
        if not values:
            errors.append(required(child(path, "values"), "must be specified when `operator` is 'In' or 'NotIn'"))
    elif operator in OPERATORS_WITHOUT:
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            errors.append(field_errors.forbidden(child(path, "values"), detail))
    else:
        errors.append(field_errors.invalid(child(path, "operator"), operator, "not a valid selector operator"))
    return errors
