"""How many replicas: one small object that looks the same for every kind that can be scaled."""

from __future__ import annotations

import msgspec

from wherry.api.autoscaling.scale import Scale
from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, invalid
from wherry.apimachinery.labels import LabelSelector, format_selector
from wherry.apimachinery.patch.configuration import TypedError, owned_by
from wherry.apimachinery.resource_type import AnyResourceType, ScalePaths, resource_type
from wherry.apiserver.answers import document_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.apply import Configuration, applied, configuration_from, is_apply, typed_error
from wherry.apiserver.handlers.patch import patch_from
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.options import write_options
from wherry.apiserver.ownership import merge_type_of
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of, check_schema
from wherry.apiserver.wire import document_from_item, mapping_in, metadata_of, text_in
from wherry.kit.http.types import Response

SCALES: AnyResourceType = resource_type(Scale, kind="Scale", plural="scales", group="autoscaling", verbs=())
SHOWN_METADATA = ("name", "namespace", "uid", "resourceVersion", "creationTimestamp")


async def handle_scale(environment: Environment, request: ApiRequest) -> Response:
    """GET, PUT and PATCH of the scale; all answer with the scale."""
    resource = request.target
    paths = resource.scale or ScalePaths()
    if request.verb == "get":
        item = await environment.objects.get(resource, request.namespace, request.name)
        return document_answer(scale_of(document_from_item(resource, item), paths))
    if request.verb == "update":
        options = write_options(request, "UpdateOptions")
        body = body_of(request, options, SCALES)
        check_name(request, body)
        body, _ = check_schema(SCALES, body, options, request.warnings)

        def change(document: Document) -> Document:
            return _with_scale(document, body, paths, request.name)

    elif is_apply(request):
        configuration = configuration_from(request, SCALES.api_version, SCALES.kind)
        options = configuration.options

        def change(document: Document) -> Document:
            return _apply_scale(environment, request, configuration, document, paths)

    else:
        patch, options = patch_from(request, SCALES)

        def change(document: Document) -> Document:
            patched, _ = check_schema(SCALES, patch(scale_of(document, paths)), options, request.warnings)
            return _with_scale(document, patched, paths, request.name)

    item = await environment.objects.update(request, change, options)
    return document_answer(scale_of(document_from_item(resource, item), paths))


def _apply_scale(
    environment: Environment, request: ApiRequest, configuration: Configuration, live: Document, paths: ScalePaths
) -> Document:
    """The parent with an applied scale: who owns the scale's replicas owns the parent's."""
    scale = configuration.document
    check_name(request, scale)
    try:
        fields = owned_by(merge_type_of(SCALES), scale)
    except TypedError as error:
        raise typed_error(scale, error) from error
    config: Document = {}
    if "f:replicas" in fields.get("f:spec", {}):
        _ = _with_scale(config, scale, paths, request.name)
    merged = applied(
        environment, request, configuration, live, config=config, shown_as=(SCALES.api_version, ".spec.replicas")
    )
    _carry_identity(mapping_in(scale, "metadata"), metadata_of(merged))
    return merged


def scale_of(document: Document, paths: ScalePaths) -> Document:
    """The scale of an object."""
    metadata = mapping_in(document, "metadata")
    status: Document = {"replicas": _count(document, paths.status_replicas)}
    selector = _read(document, paths.selector)
    if isinstance(selector, dict) and paths.selector_is_labels:
        status["selector"] = ",".join(f"{name}={selector[name]}" for name in sorted(selector))
    elif isinstance(selector, dict):
        status["selector"] = format_selector(msgspec.convert(selector, LabelSelector))
    elif isinstance(selector, str):
        status["selector"] = selector
    return {
        "kind": "Scale",
        "apiVersion": "autoscaling/v1",
        "metadata": {name: metadata[name] for name in SHOWN_METADATA if name in metadata},
        "spec": {"replicas": _count(document, paths.spec_replicas)},
        "status": status,
    }


def _with_scale(document: Document, scale: Document, paths: ScalePaths, name: str) -> Document:
    replicas = mapping_in(scale, "spec").get("replicas", 0)
    if not isinstance(replicas, int):
        raise BadRequest("spec.replicas must be a whole number")
    if replicas < 0:
        error = field_errors.invalid("spec.replicas", replicas, "must be greater than or equal to 0")
        raise invalid("Scale", "autoscaling", name, [error])
    _carry_identity(mapping_in(scale, "metadata"), metadata_of(document))
    *parents, last = paths.spec_replicas.split(".")
    place = document
    for step in parents:
        inner = place.setdefault(step, {})
        if not isinstance(inner, dict):
            raise BadRequest(f"{paths.spec_replicas} cannot be set: {step} is no object")
        place = inner
    place[last] = replicas
    return document


def _carry_identity(given: Document, metadata: Document) -> None:
    """Note, in place, which state of which object the client has seen."""
    for field in ("resourceVersion", "uid"):
        if text_in(given, field):
            metadata[field] = given[field]


def _count(document: Document, path: str) -> int:
    value = _read(document, path)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _read(document: Document, path: str) -> object:
    value: object = document
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
