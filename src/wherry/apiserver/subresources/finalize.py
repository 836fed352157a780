"""The namespace controller says that a namespace is empty: it takes its finalizer away."""

from __future__ import annotations

from wherry.api.object_meta import validate_finalizer
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import invalid
from wherry.apimachinery.field_errors import index
from wherry.apiserver.answers import object_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.handlers.update import check_name
from wherry.apiserver.negotiation import decode_body
from wherry.apiserver.options import write_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import list_in, mapping_in, metadata_of, text_in
from wherry.kit.http.types import Response


async def handle_finalize(environment: Environment, request: ApiRequest) -> Response:
    """Replace spec.finalizers; when none are left and the namespace is being deleted, it is gone."""
    options = write_options(request, "UpdateOptions")
    body = decode_body(request.http, request.target)
    check_name(request, body)
    await environment.admission.admit_order(request, "UPDATE", body, options)
    finalizers = list_in(mapping_in(body, "spec"), "finalizers")
    errors = [
        error
        for position, name in enumerate(finalizers)
        for error in validate_finalizer(str(name), index("spec.finalizers", position))
    ]
    if errors:
        raise invalid(request.target.kind, request.target.group, request.name, errors)
    given = mapping_in(body, "metadata")

    def change(document: Document) -> Document:
        metadata = metadata_of(document)
        for name in ("uid", "resourceVersion"):
            if text_in(given, name):
                metadata[name] = given[name]
        spec: Document = {**mapping_in(document, "spec")}
        spec.pop("finalizers", None)
        if finalizers:
            spec["finalizers"] = finalizers
        return {**document, "spec": spec}

    item = await environment.objects.update(request, change, options, skip_checks=True)
    return object_answer(environment, request, item)
