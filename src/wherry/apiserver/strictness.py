"""What the server says about fields that it does not know, cannot read, or does not act on."""

from __future__ import annotations

import re

from wherry.api.unacted import unacted_fields
from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, invalid
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.schema import schema_for
from wherry.apiserver.options import WriteOptions
from wherry.apiserver.wire import mapping_in, text_in

_STEP = re.compile(r"[^.\[\]]+")


def body_of(
    request: ApiRequest,
    options: WriteOptions,
    resource: AnyResourceType | None = None,
    *,
    api_version: str = "",
    kind: str = "",
) -> Document:
    """The object in a request's body; keys that occur twice are refused or warned about, as the client asked.

    Args:
        resource: what the body holds, where that is not the request's own resource.
        api_version, kind: likewise, for bodies that are no resource.
    """
    return decode_body(
        request.http,
        resource or request.target,
        strict=options.field_validation == "Strict",
        warnings=request.warnings if options.field_validation == "Warn" else None,
        api_version=api_version,
        kind=kind,
    )


def check_schema(
    resource: AnyResourceType, document: Document, options: WriteOptions, warnings: list[str]
) -> tuple[Document, list[str]]:
    """Check a body against the kind's schema.

    Returns: the document without unknown fields, and the paths of required fields that are absent
    (defaults may still fill them in).

    Raises:
        BadRequest: a value of the wrong type, or with fieldValidation=Strict an unknown field.
    """
    schema = schema_for(resource)
    result = schema.check(document)
    if result.decode_error:
        raise BadRequest(result.decode_error)
    if result.unknown:
        complaints = [f'unknown field "{path}"' for path in result.unknown]
        if options.field_validation == "Strict":
            raise BadRequest(schema.cannot_be_handled("strict decoding error: " + ", ".join(complaints)))
        if options.field_validation == "Warn":
            warnings.extend(complaints)
    return result.document, result.missing


def refuse_missing(resource: AnyResourceType, document: Document, missing: list[str]) -> None:
    """Raise Invalid for the required fields that defaults have not filled in either."""
    errors = [field_errors.required(path) for path in missing if not _has(document, path)]
    if errors:
        name = text_in(mapping_in(document, "metadata"), "name")
        raise invalid(resource.kind, resource.group, name, errors)


def warn_unacted(
    resource: AnyResourceType, document: Document, old: Document | None, options: WriteOptions, warnings: list[str]
) -> None:
    """Say which fields are kept and have no effect: nobody's wish may vanish silently.

    `document` is what the client wrote, before the server fills anything in; what was in `old` already
    is not told again.
    """
    if options.field_validation == "Ignore":
        return
    paths = unacted_fields(resource, document)
    if paths and old is not None:
        known = set(unacted_fields(resource, old))
        paths = [path for path in paths if path not in known]
    warnings.extend(f"{path}: this cluster keeps the field but does not act on it" for path in paths)


def _has(document: Document, path: str) -> bool:
    value: object = document
    for step in _STEP.findall(path):
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return False
    return value is not None
