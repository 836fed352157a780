"""Kinds that are questions: who am I, what may I do, is this token good? Answered at once, never stored."""

from __future__ import annotations

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.resource_type import AnyResourceType, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.access_reviews import (
    handle_local_subject_access_review,
    handle_self_subject_access_review,
    handle_self_subject_rules_review,
    handle_subject_access_review,
)
from wherry.apiserver.environment import Environment, Handler
from wherry.apiserver.request import ApiRequest, user_document
from wherry.apiserver.review_body import review_answer, review_body
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
    metadata: Document = {"creationTimestamp": format_time(environment.clock.now_s())}
    return review_answer(request, review_body(request), {"userInfo": user_document(request.user)}, metadata)


async def handle_token_review(environment: Environment, request: ApiRequest) -> Response:
    """Whose token is this?"""
    body = review_body(request)
    spec = mapping_in(body, "spec")
    token = text_in(spec, "token")
    if not token:
        raise BadRequest("token is required for TokenReview in authentication")
    audiences = tuple(str(audience) for audience in list_in(spec, "audiences"))
    verified = await environment.bearer.verify(token, audiences)
    status: Document = {"user": {}, "error": "invalid bearer token"}
    if verified is not None:
        user = user_document(verified.user)
        status = {"authenticated": True, "user": user, "audiences": list(verified.audiences)}
    return review_answer(request, body, status)


REVIEWS: tuple[tuple[AnyResourceType, Handler], ...] = (
    (SELF_SUBJECT_REVIEWS, handle_self_subject_review),
    (TOKEN_REVIEWS, handle_token_review),
    (SELF_SUBJECT_ACCESS_REVIEWS, handle_self_subject_access_review),
    (SELF_SUBJECT_RULES_REVIEWS, handle_self_subject_rules_review),
    (SUBJECT_ACCESS_REVIEWS, handle_subject_access_review),
    (LOCAL_SUBJECT_ACCESS_REVIEWS, handle_local_subject_access_review),
)
REVIEW_TYPES: tuple[AnyResourceType, ...] = tuple(resource for resource, _ in REVIEWS)
_HANDLERS: dict[tuple[str, str], Handler] = {
    (resource.group, resource.plural): handler for resource, handler in REVIEWS
}


def review_handler(resource: AnyResourceType) -> Handler | None:
    """Who answers this question; None if the kind is a stored one."""
    return _HANDLERS.get((resource.group, resource.plural))
