"""Kinds that are questions: who am I, what may I do, is this token good? Answered at once, never stored."""

from __future__ import annotations

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, NotAcceptable
from wherry.apimachinery.resource_type import AnyResourceType, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apiserver.answers import document_answer
from wherry.apiserver.environment import Environment, Handler
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.media_types import PLAIN
from wherry.apiserver.options import write_options
from wherry.apiserver.representations import representation
from wherry.apiserver.request import ApiRequest, UserInfo
from wherry.apiserver.strictness import body_of, check_schema
from wherry.apiserver.wire import list_in, mapping_in, text_in
from wherry.kit.http.types import Response

AUTHENTICATION = "authentication.k8s.io"
AUTHORIZATION = "authorization.k8s.io"


class Review(Struct):
    """A question and its answer."""

    spec: msgspec.Raw = msgspec.Raw(b"{}")


def _review(kind: str, group: str, *, namespaced: bool = False) -> AnyResourceType:
    return resource_type(
        Review, kind=kind, plural=f"{kind.lower()}s", group=group, namespaced=namespaced, verbs=("create",)
    )


SELF_SUBJECT_REVIEWS = _review("SelfSubjectReview", AUTHENTICATION)
TOKEN_REVIEWS = _review("TokenReview", AUTHENTICATION)
SELF_SUBJECT_ACCESS_REVIEWS = _review("SelfSubjectAccessReview", AUTHORIZATION)
SELF_SUBJECT_RULES_REVIEWS = _review("SelfSubjectRulesReview", AUTHORIZATION)
SUBJECT_ACCESS_REVIEWS = _review("SubjectAccessReview", AUTHORIZATION)
LOCAL_SUBJECT_ACCESS_REVIEWS = _review("LocalSubjectAccessReview", AUTHORIZATION, namespaced=True)


async def handle_self_subject_review(environment: Environment, request: ApiRequest) -> Response:
    """Who am I?"""
    return _answer(request, {**_body(request), "status": {"userInfo": _user_info(request.user)}})


async def handle_self_subject_access_review(environment: Environment, request: ApiRequest) -> Response:
    """May I?"""
    body = _body(request)
    return _answer(request, {**body, "status": _decide(environment, request.user, mapping_in(body, "spec"))})


async def handle_subject_access_review(environment: Environment, request: ApiRequest) -> Response:
    """May they?"""
    body = _body(request)
    spec = mapping_in(body, "spec")
    groups = tuple(str(group) for group in list_in(spec, "groups"))
    user = UserInfo(text_in(spec, "user"), groups, text_in(spec, "uid"))
    if not user.name and not groups:
        raise BadRequest("spec.user: Required value: at least one of user or group must be specified")
    attributes = mapping_in(spec, "resourceAttributes")
    if request.namespace and text_in(attributes, "namespace") != request.namespace:
        raise BadRequest("spec.resourceAttributes.namespace must match the namespace of the request")
    return _answer(request, {**body, "status": _decide(environment, user, spec)})


async def handle_self_subject_rules_review(environment: Environment, request: ApiRequest) -> Response:
    """What may I do in this namespace?"""
    body = _body(request)
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
    return _answer(request, {**body, "status": status})


async def handle_token_review(environment: Environment, request: ApiRequest) -> Response:
    """Whose token is this?"""
    body = _body(request)
    spec = mapping_in(body, "spec")
    token = text_in(spec, "token")
    if not token:
        raise BadRequest("token is required for TokenReview in authentication")
    audiences = tuple(str(audience) for audience in list_in(spec, "audiences"))
    verified = await environment.tokens.verify(token, audiences) if environment.tokens else None
    status: Document = {"error": "invalid bearer token"}
    if verified is not None:
        status = {"authenticated": True, "user": _user_info(verified.user), "audiences": list(verified.audiences)}
    return _answer(request, {**body, "status": status})


REVIEWS: tuple[tuple[AnyResourceType, Handler], ...] = (
    (SELF_SUBJECT_REVIEWS, handle_self_subject_review),
    (TOKEN_REVIEWS, handle_token_review),
    (SELF_SUBJECT_ACCESS_REVIEWS, handle_self_subject_access_review),
    (SELF_SUBJECT_RULES_REVIEWS, handle_self_subject_rules_review),
    (SUBJECT_ACCESS_REVIEWS, handle_subject_access_review),
    (LOCAL_SUBJECT_ACCESS_REVIEWS, handle_subject_access_review),
)
REVIEW_TYPES: tuple[AnyResourceType, ...] = tuple(resource for resource, _ in REVIEWS)
_HANDLERS: dict[tuple[str, str], Handler] = {
    (resource.group, resource.plural): handler for resource, handler in REVIEWS
}


def review_handler(resource: AnyResourceType) -> Handler | None:
    """Who answers this question; None if the kind is a stored one."""
    return _HANDLERS.get((resource.group, resource.plural))


def _body(request: ApiRequest) -> Document:
    options = write_options(request, "CreateOptions")
    document = body_of(request, options)
    checked, _ = check_schema(request.target, document, options, request.warnings)
    return checked


def _answer(request: ApiRequest, document: Document) -> Response:
    resource = request.target
    if representation(request).form != PLAIN:
        raise NotAcceptable("the server cannot show this kind as a table")
    metadata: Document = {"creationTimestamp": None}
    head: Document = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata}
    rest = {name: value for name, value in document.items() if name not in head}
    return document_answer({**head, **rest}, 201)


def _user_info(user: UserInfo) -> Document:
    info: Document = {"username": user.name}
    if user.uid:
        info["uid"] = user.uid
    if user.groups:
        info["groups"] = list(user.groups)
    if user.extra:
        info["extra"] = {name: list(values) for name, values in user.extra.items()}
    return info


def _decide(environment: Environment, user: UserInfo, spec: Document) -> Document:
    resource, path = mapping_in(spec, "resourceAttributes"), mapping_in(spec, "nonResourceAttributes")
    if bool(resource) == bool(path):
        raise BadRequest("exactly one of nonResourceAttributes or resourceAttributes must be specified")
    if path:
        access = Access(text_in(path, "verb"), path=text_in(path, "path"))
    else:
        verb, group, plural, subresource, namespace, name = (
            text_in(resource, key) for key in ("verb", "group", "resource", "subresource", "namespace", "name")
        )
        access = Access(verb, group, plural, subresource, namespace, name)
    return {"allowed": environment.authorizer.is_allowed(user, access)}
