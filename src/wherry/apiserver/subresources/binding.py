"""The scheduler's decision about a pod, written down once."""

from __future__ import annotations

from wherry.api.core.binding import BINDINGS
from wherry.api.core.pod import PODS
from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import conflict, invalid
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.answers import document_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.negotiation import decode_body
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of
from wherry.apiserver.wire import list_in, mapping_in, metadata_of, text_in
from wherry.kit.http.types import Response


async def handle_binding(environment: Environment, request: ApiRequest) -> Response:
    """Answer 201; a pod that has a node already is a conflict."""
    options = write_options(request, "CreateOptions")
    body = body_of(request, options, BINDINGS)
    check_name(request, body)
    given, target = mapping_in(body, "metadata"), mapping_in(body, "target")
    node = text_in(target, "name")
    if text_in(target, "kind") not in ("", "Node"):
        error = field_errors.not_supported("target.kind", target["kind"], ("Node", "<empty>"))
        raise invalid("Binding", "", request.name, [error])
    if not node:
        raise invalid("Binding", "", request.name, [field_errors.required("target.name")])
    await environment.admission.admit_order(request, "CREATE", body, options)
    now = format_time(environment.clock.now_s())

    def bind(pod: Document) -> Document:
        metadata, spec = metadata_of(pod), mapping_in(pod, "spec")
        if "deletionTimestamp" in metadata:
            detail = f"pod {request.name} is being deleted, cannot be assigned to a host"
            raise conflict("pods/binding", "", request.name, detail)
        if text_in(spec, "nodeName"):
            detail = f'pod {request.name} is already assigned to node "{text_in(spec, "nodeName")}"'
            raise conflict("pods/binding", "", request.name, detail)
        for name in ("uid", "resourceVersion"):
            if text_in(given, name):
                metadata[name] = given[name]
        if mapping_in(given, "annotations"):
            metadata["annotations"] = {**mapping_in(metadata, "annotations"), **mapping_in(given, "annotations")}
        spec["nodeName"] = node
        status = {**mapping_in(pod, "status")}
        status["conditions"] = _scheduled(list_in(status, "conditions"), now)
        return {**pod, "status": status}

    await environment.objects.update(request, bind, options, is_status=True, skip_checks=True)
    return document_answer(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )


async def handle_bindings(environment: Environment, request: ApiRequest) -> Response:
    """The older form of the same: a Binding posted to the namespace, naming its pod."""
    body = decode_body(request.http, BINDINGS)
    name = text_in(metadata_of(body), "name")
    if not name:
        raise invalid("Binding", "", "", [field_errors.required("metadata.name", "name of the pod to bind")])
    about_pod = ApiRequest(
        http=request.http,
        verb="create",
        resource=PODS,
        namespace=request.namespace,
        name=name,
        subresource="binding",
        user=request.user,
        warnings=request.warnings,
    )
    return await handle_binding(environment, about_pod)


def _scheduled(conditions: list[object], now: str) -> list[object]:
    others = [item for item in conditions if isinstance(item, dict) and item.get("type") != "PodScheduled"]
    condition: Document = {
        "type": "PodScheduled",
        "status": "True",
        "lastTransitionTime": now,
    }
    return [*others, condition]
