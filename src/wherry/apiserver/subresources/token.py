"""Makes a token for a service account, perhaps bound to a pod with which it dies."""

from __future__ import annotations

import orjson

from wherry.api.authentication.token_request import TokenRequest
from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, ServiceUnavailable, conflict, invalid, not_found
from wherry.apimachinery.resource_type import AnyResourceType, resource_type
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.answers import document_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of, check_schema
from wherry.apiserver.tokens import BoundObject
from wherry.apiserver.wire import document_from_item, list_in, mapping_in, text_in
from wherry.kit.http.types import Response

TOKEN_REQUESTS: AnyResourceType = resource_type(
    TokenRequest, kind="TokenRequest", plural="tokenrequests", group="authentication.k8s.io", verbs=()
)
DEFAULT_LIFETIME_S = 3600
LIFETIME_MIN_S = 600
LIFETIME_MAX_S = 2**32


async def handle_token(environment: Environment, request: ApiRequest) -> Response:
    """Answer 201 with the TokenRequest, its status filled in."""
    if environment.tokens is None:
        raise ServiceUnavailable("this server has no key to sign tokens with")
    options = write_options(request, "CreateOptions")
    body = body_of(request, options, TOKEN_REQUESTS)
    body, _ = check_schema(TOKEN_REQUESTS, body, options, request.warnings)
    item = await environment.objects.get(request.target, request.namespace, request.name)
    account = mapping_in(document_from_item(request.target, item), "metadata")
    spec = mapping_in(body, "spec")
    lifetime_s = spec.get("expirationSeconds") or DEFAULT_LIFETIME_S
    assert isinstance(lifetime_s, int)
    _check_lifetime(lifetime_s)
    await environment.admission.admit_order(request, "CREATE", body, options)
    audiences = [str(audience) for audience in list_in(spec, "audiences")] or [environment.tokens.issuer]
    pod = await _bound_pod(environment, request, mapping_in(spec, "boundObjectRef"))
    token = environment.tokens.make(
        request.namespace,
        BoundObject(request.name, text_in(account, "uid")),
        audiences=audiences,
        lifetime_s=lifetime_s,
        pod=pod,
    )
    now_s = environment.clock.now_s()
    metadata: Document = {
        "name": request.name,
        "namespace": request.namespace,
        "creationTimestamp": format_time(now_s),
    }
    answer: Document = {
        "kind": "TokenRequest",
        "apiVersion": "authentication.k8s.io/v1",
        "metadata": metadata,
        "spec": {**spec, "audiences": audiences, "expirationSeconds": lifetime_s},
        "status": {"token": token, "expirationTimestamp": format_time(int(now_s) + lifetime_s)},
    }
    return document_answer(answer, 201)


def _check_lifetime(lifetime_s: int) -> None:
    detail = ""
    if lifetime_s < LIFETIME_MIN_S:
        detail = "may not specify a duration less than 10 minutes"
    elif lifetime_s > LIFETIME_MAX_S:
        detail = "may not specify a duration larger than 2^32 seconds"
    if detail:
        error = field_errors.invalid("spec.expirationSeconds", lifetime_s, detail)
        raise invalid("TokenRequest", "authentication.k8s.io", "", [error])


async def _bound_pod(environment: Environment, request: ApiRequest, reference: Document) -> Document | None:
    """The pod that the token is to be bound to, as it stands in the token."""
    if not reference:
        return None
    kind, name, uid = (text_in(reference, field) for field in ("kind", "name", "uid"))
    if kind != "Pod":
        raise BadRequest(f"cannot bind token to object of type {kind}")
    found = await environment.store.get(f"/core/pods/{request.namespace}/{name}")
    if found is None:
        raise not_found("pods", "", name)
    pod: Document = orjson.loads(found.value)
    pod_uid = text_in(mapping_in(pod, "metadata"), "uid")
    if uid and uid != pod_uid:
        detail = (
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise conflict("Pod", "", name, detail)
    account = text_in(mapping_in(pod, "spec"), "serviceAccountName")
    if account != request.name:
        detail = (
            f'cannot bind token for serviceaccount "{request.name}" to pod running with different serviceaccount name.'
        )
        raise BadRequest(detail)
    return {"name": name, "uid": pod_uid}
