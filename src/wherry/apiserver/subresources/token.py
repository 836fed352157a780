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
from wherry.apiserver.authentication.service_account_tokens import BoundObject
from wherry.apiserver.environment import Environment
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of, check_schema
from wherry.apiserver.wire import document_from_item, list_in, mapping_in, text_in
from wherry.kit.http.types import Response

TOKEN_REQUESTS: AnyResourceType = resource_type(
    TokenRequest, kind="TokenRequest", plural="tokenrequests", group="authentication.k8s.io", verbs=()
)
DEFAULT_LIFETIME_S = 3600
LIFETIME_MIN_S = 600
LIFETIME_MAX_S = 2**32
BINDABLE = {"Pod": ("pods", True), "Secret": ("secrets", True), "Node": ("nodes", False)}


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
    asked_s = spec.get("expirationSeconds") or DEFAULT_LIFETIME_S
    assert isinstance(asked_s, int)
    _check_lifetime(asked_s)
    lifetime_s = _shortened(request, asked_s, environment.tokens.lifetime_max_s)
    await environment.admission.admit_order(request, "CREATE", body, options)
    audiences = [str(audience) for audience in list_in(spec, "audiences")] or [environment.tokens.issuer]
    token = environment.tokens.make(
        request.namespace,
        BoundObject(request.name, text_in(account, "uid")),
        audiences=audiences,
        lifetime_s=lifetime_s,
        bound=await _bound_objects(environment, request, mapping_in(spec, "boundObjectRef")),
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


def _shortened(request: ApiRequest, lifetime_s: int, max_s: int) -> int:
    if not max_s or lifetime_s <= max_s:
        return lifetime_s
    request.warnings.append(f"requested expiration of {lifetime_s} seconds shortened to {max_s} seconds")
    return max_s


async def _bound_objects(environment: Environment, request: ApiRequest, reference: Document) -> dict[str, BoundObject]:
    """What the token is to be bound to, as it stands in the token: a pod (and its node), a secret or a node."""
    if not reference:
        return {}
    kind, name, uid, api_version = (text_in(reference, field) for field in ("kind", "name", "uid", "apiVersion"))
    if kind not in BINDABLE or api_version not in ("", "v1"):
        group, _, version = api_version.rpartition("/")
        raise BadRequest(f"cannot bind token to object of type {group}/{version}, Kind={kind}")
    plural, is_namespaced = BINDABLE[kind]
    found = await environment.store.get(f"/core/{plural}/{f'{request.namespace}/' if is_namespaced else ''}{name}")
    if found is None:
        raise not_found(plural, "", name)
    document: Document = orjson.loads(found.value)
    bound = BoundObject(name, text_in(mapping_in(document, "metadata"), "uid"))
    if uid and uid != bound.uid:
        detail = (
            f"the UID in the bound object reference ({uid}) does not match the UID in record. "
            "The object might have been deleted and then recreated"
        )
        raise conflict(kind, "", name, detail)
    if plural != "pods":
        return {kind.lower(): bound}
    return {"pod": bound, **await _node_of_pod(environment, request, mapping_in(document, "spec"))}


async def _node_of_pod(environment: Environment, request: ApiRequest, spec: Document) -> dict[str, BoundObject]:
    if text_in(spec, "serviceAccountName") != request.name:
        detail = (
            f'cannot bind token for serviceaccount "{request.name}" to pod running with different serviceaccount name.'
        )
        raise BadRequest(detail)
    name = text_in(spec, "nodeName")
    if not name:
        return {}
    found = await environment.store.get(f"/core/nodes/{name}")
    uid = text_in(mapping_in(orjson.loads(found.value), "metadata"), "uid") if found else ""
    return {"node": BoundObject(name, uid)}
