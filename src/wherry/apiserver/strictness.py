"""What the server says about fields that it does not know, cannot read, or does not act on."""

from __future__ import annotations

import re

from wherry.api.unacted import unacted_fields
from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, StatusError, invalid
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.kind_schema import KindSchema
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.schema import schema_for
from wherry.apiserver.negotiation import decode_body
from wherry.apiserver.options import WriteOptions
from wherry.apiserver.own_words import FIELD_WITHOUT_EFFECT, OBJECT_WITHOUT_EFFECT
from wherry.apiserver.request import ApiRequest

# An Event's involvedObject is checked by its namespace alone, and only new ones must say when they happened.
_LEFT_TO_VALIDATION = ("metadata", "status", "involvedObject", "eventTime")
_STATUS_WRITES = frozenset({"apiVersion", "kind", "metadata", "status"})
_STEP = re.compile(r"[^.\[\]]+")


def body_of(request: ApiRequest, options: WriteOptions, resource: AnyResourceType | None = None) -> Document:
    """The object in a request's body; keys that occur twice are refused or warned about, as the client asked.

    Args:
        resource: what the body holds, where that is not the request's own resource.
    """
    target = resource or request.target
    if options.field_validation == "Ignore":
        return decode_body(request.http, target)
    if options.field_validation == "Warn":
        return decode_body(request.http, target, warnings=request.warnings)
    duplicates: list[str] = []
    document = decode_body(request.http, target, warnings=duplicates)
    if duplicates:
        schema = schema_for(target)
        result = schema.check(document)
        complaints = duplicates + [f'unknown field "{path}"' for path in result.unknown]
        raise BadRequest(
            result.decode_error or schema.cannot_be_handled("strict decoding error: " + ", ".join(complaints))
        )
    return document


def check_schema(
    resource: AnyResourceType, document: Document, options: WriteOptions, warnings: list[str]
) -> tuple[Document, list[str]]:
    """Check a body against the kind's schema.

    Returns: the document without unknown fields, and the paths of required fields that are absent
    (defaults may still fill them in).

    Raises:
        BadRequest: a value of the wrong type, or with fieldValidation=Strict an unknown field.
        Invalid: the same, if a patch has led to it.
    """
    schema = schema_for(resource)
    result = schema.check(document)
    if result.decode_error:
        raise _undecodable(schema, document, options, result.decode_error)
    complaints = [f'unknown field "{path}"' for path in result.unknown]
    if options.patch is not None and options.patch.complaints:
        complaints = [*options.patch.complaints, *complaints]
    if complaints:
        if options.field_validation == "Strict":
            why = schema.cannot_be_handled("strict decoding error: " + ", ".join(complaints))
            raise _undecodable(schema, document, options, why)
        if options.field_validation == "Warn":
            warnings.extend(complaints)
    return result.document, result.missing


def check_status_schema(
    resource: AnyResourceType, document: Document, options: WriteOptions, warnings: list[str]
) -> tuple[Document, list[str]]:
    """The same for a write to the status: all but that and the metadata is as it was stored, and was checked then."""
    written = {name: value for name, value in document.items() if name in _STATUS_WRITES}
    checked, missing = check_schema(resource, written, options, warnings)
    kept = {
        name: checked.get(name, value) for name, value in document.items() if name in checked or name not in written
    }
    return kept, [path for path in missing if path.startswith(("metadata", "status"))]


def _undecodable(schema: KindSchema, document: Document, options: WriteOptions, why: str) -> StatusError:
    """A body that does not fit is a bad request; a patch that leads to such an object is an invalid patch."""
    if options.patch is None:
        return BadRequest(why)
    shown = field_errors.show(options.patch.shown(document))
    message = f"Invalid value: {shown}: {why.removeprefix(schema.cannot_be_handled(''))}"
    return invalid("", "", "", [FieldError("FieldValueInvalid", "patch", message)])


def fill_zeros(resource: AnyResourceType, document: Document, missing: list[str]) -> None:
    """Write, in place, what Go writes for the required fields that are absent even after defaulting: "" and 0."""
    schema = schema_for(resource)
    for path in missing:
        *above, name = _STEP.findall(path)
        parent = _value_at(document, above)
        if not isinstance(parent, dict) or parent.get(name) is not None:
            continue
        zero = schema.zero_of([*above, name])
        if isinstance(zero, str | int | float):
            parent[name] = zero
        elif path.startswith(_LEFT_TO_VALIDATION) and isinstance(zero, dict | list):
            parent[name] = type(zero)()


def missing_fields(
    resource: AnyResourceType, document: Document, missing: list[str], complaints: list[FieldError]
) -> list[FieldError]:
    """The required fields that neither the client nor the defaults have filled in, as far as that is wrong.

    The schema calls required whatever Go always writes; what a real server insists on is its validation's
    business. So metadata (checked for all kinds alike), the status (an observer's own) and numbers (an
    absent one is 0) are left to `complaints`, what the validation has found, and so is a field about which,
    or about whose parts, it has complained already.
    """
    return [
        field_errors.required(path)
        for path in missing
        if not path.startswith(_LEFT_TO_VALIDATION)
        and _value_at(document, _STEP.findall(path)) in (None, "")
        and not any(complaint.field.startswith(path) for complaint in complaints)
    ]


def warn_unacted(
    resource: AnyResourceType, document: Document, old: Document | None, options: WriteOptions, warnings: list[str]
) -> None:
    """Say which fields, or that all of the object, are kept and have no effect: nobody's wish may vanish silently.

    `document` is what the client wrote, before the server fills anything in; what was in `old` already
    is not told again.
    """
    if options.field_validation == "Ignore":
        return
    if resource.acted_on_by == "nobody" and old is None:
        warnings.append(OBJECT_WITHOUT_EFFECT.format(kind=resource.qualified_plural))
    paths = unacted_fields(resource, document)
    if paths and old is not None:
        known = set(unacted_fields(resource, old))
        paths = [path for path in paths if path not in known]
    warnings.extend(FIELD_WITHOUT_EFFECT.format(path=path) for path in paths)


def _value_at(document: Document, steps: list[str]) -> object:
    """The value at a path of names and positions; None where there is none."""
    value: object = document
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value
