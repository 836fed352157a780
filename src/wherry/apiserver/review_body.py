"""Reading a question and answering it: what all reviews share."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotAcceptable
from wherry.apiserver.answers import document_answer
from wherry.apiserver.media_types import PLAIN
from wherry.apiserver.options import write_options
from wherry.apiserver.representations import representation
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.strictness import body_of, check_schema
from wherry.kit.http.types import Response


def review_body(request: ApiRequest) -> Document:
    """The question, without fields that the kind does not have."""
    options = write_options(request, "CreateOptions")
    document = body_of(request, options)
    checked, _ = check_schema(request.target, document, options, request.warnings)
    return checked


def review_answer(request: ApiRequest, body: Document, status: Document, metadata: Document | None = None) -> Response:
    """The question with its answer. Raises NotAcceptable for who wants a table of it."""
    resource = request.target
    if representation(request).form != PLAIN:
        raise NotAcceptable("the server cannot show this kind as a table")
    head: Document = {"kind": resource.kind, "apiVersion": resource.api_version, "metadata": metadata or {}}
    rest = {name: value for name, value in body.items() if name not in head}
    return document_answer({**head, **rest, "status": status}, 201)
