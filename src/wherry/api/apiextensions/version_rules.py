"""What the versions of a custom resource may look like: names, schemas, columns, subresources, selectable fields.

These rules read the definition as a document, since the schemas, which are large, are in no Struct.

Source: kubernetes apiextensions-apiserver, pkg/apis/apiextensions/validation/validation.go.
"""

from __future__ import annotations

from wherry.api.apiextensions.schema_rules import validate_schema
from wherry.api.documents import find, find_section, sections, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import (
    FieldError,
    child,
    duplicate,
    forbidden,
    index,
    invalid,
    not_supported,
    required,
)
from wherry.apimachinery.json_path import JSONPathError, parse_json_path
from wherry.apimachinery.names import dns1035_label

COLUMN_TYPES = ("boolean", "date", "integer", "number", "string")
COLUMN_FORMATS = ("binary", "byte", "date", "date-time", "double", "float", "int32", "int64", "password")
WARNING_LENGTH_MAX = 256
SELECTABLE_FIELDS_MAX = 8
SCALARS = ("boolean", "integer", "string")


def validate_versions(document: Document, old: Document | None) -> list[FieldError]:
    """All that is wrong with spec.versions; schemas that are as they were are taken to be right."""
    versions = sections(document, "spec", "versions")
    errors: list[FieldError] = []
    names = [text(version, "name") for version in versions]
    if len(set(names)) < len(names):
        errors.append(invalid("spec.versions", _in_short(versions), "must contain unique version names"))
    if sum(version.get("storage") is True for version in versions) != 1:
        detail = "must have exactly one version marked as storage version"
        errors.append(invalid("spec.versions", _in_short(versions), detail))
    before = {text(version, "name"): version for version in sections(old, "spec", "versions")} if old else {}
    for position, version in enumerate(versions):
        path = index("spec.versions", position)
        errors += _validate_version(version, path)
        if before.get(text(version, "name")) != version:
            errors += _validate_openapi(version, child(path, "schema"))
    return errors


def _in_short(versions: list[Document]) -> list[Document]:
    return [{name: version.get(name) for name in ("name", "served", "storage")} for version in versions]


def _validate_version(version: Document, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    name = text(version, "name")
    if not name:
        errors.append(required(child(path, "name")))
    elif wrong := dns1035_label(name):
        errors.append(invalid(child(path, "name"), name, wrong))
    if "deprecationWarning" in version:
        errors += _validate_deprecation(version, child(path, "deprecationWarning"))
    for position, column in enumerate(sections(version, "additionalPrinterColumns")):
        errors += _validate_column(column, index(child(path, "additionalPrinterColumns"), position))
    scale = find_section(version, "subresources", "scale")
    if scale is not None:
        errors += _validate_scale(scale, child(path, "subresources.scale"))
    return errors + _validate_selectable(version, child(path, "selectableFields"))


def _validate_openapi(version: Document, path: str) -> list[FieldError]:
    schema = find_section(version, "schema", "openAPIV3Schema")
    if schema is None:
        return [required(child(path, "openAPIV3Schema"), "schemas are required")]
    with_status = find(version, "subresources", "status") is not None
    return validate_schema(schema, child(path, "openAPIV3Schema"), with_status=with_status)


def _validate_deprecation(version: Document, path: str) -> list[FieldError]:
    warning = text(version, "deprecationWarning")
    errors: list[FieldError] = []
    if version.get("deprecated") is not True:
        errors.append(invalid(path, warning, "can only be set for deprecated versions"))
    if not warning:
        errors.append(invalid(path, warning, "must not be empty"))
    if len(warning) > WARNING_LENGTH_MAX:
        detail = f"must be <= {WARNING_LENGTH_MAX} characters long"
        errors.append(invalid(path, warning, detail))
    for position, character in enumerate(warning):
        if not character.isprintable():
            detail = f"must only contain printable UTF-8 characters; non-printable character found at index {position}"
            errors.append(invalid(path, warning, detail))
            break
    return errors


def _validate_column(column: Document, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if not text(column, "name"):
        errors.append(required(child(path, "name")))
    kind, form, json_path = text(column, "type"), text(column, "format"), text(column, "jsonPath")
    if not kind:
        errors.append(required(child(path, "type"), f"must be one of {','.join(COLUMN_TYPES)}"))
    elif kind not in COLUMN_TYPES:
        errors.append(invalid(child(path, "type"), kind, f"must be one of {','.join(COLUMN_TYPES)}"))
    if form and form not in COLUMN_FORMATS:
        errors.append(invalid(child(path, "format"), form, f"must be one of {','.join(COLUMN_FORMATS)}"))
    if not json_path:
        errors.append(required(child(path, "jsonPath")))
    elif not json_path.startswith("."):
        errors.append(invalid(child(path, "jsonPath"), json_path, "must be a simple json path starting with ."))
    else:
        errors += _json_path_errors(json_path, child(path, "jsonPath"))
    return errors


def _json_path_errors(json_path: str, path: str) -> list[FieldError]:
    try:
        parse_json_path(json_path)
    except JSONPathError as error:
        return [invalid(path, json_path, f"is not a valid JSONPath: {error}")]
    return []


def _validate_scale(scale: Document, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    for name, root, must in (
        ("specReplicasPath", ".spec.", True),
        ("statusReplicasPath", ".status.", True),
        ("labelSelectorPath", ".spec. or .status", False),
    ):
        value, place = text(scale, name), child(path, name)
        roots = (".spec.", ".status.") if "or" in root else (root,)
        if not value:
            if must:
                errors.append(required(place))
        elif "[" in value or not value.startswith("."):
            errors.append(invalid(place, value, "must be a simple json path without array notation"))
        elif not value.startswith(roots):
            detail = f"should be a json path under {root.rstrip('.')}"
            errors.append(invalid(place, value, detail))
    return errors


def _validate_selectable(version: Document, path: str) -> list[FieldError]:
    fields = sections(version, "selectableFields")
    errors: list[FieldError] = []
    if len(fields) > SELECTABLE_FIELDS_MAX:
        said = f"Too many: {len(fields)}: must have at most {SELECTABLE_FIELDS_MAX} items"
        errors.append(FieldError("FieldValueTooMany", path, said))
    schema = find_section(version, "schema", "openAPIV3Schema") or {}
    seen: set[str] = set()
    for position, field in enumerate(fields):
        place, json_path = child(index(path, position), "jsonPath"), text(field, "jsonPath")
        if not json_path:
            errors.append(required(place))
            continue
        if json_path in seen:
            errors.append(duplicate(place, json_path))
        seen.add(json_path)
        errors += _selectable_errors(schema, json_path, place)
    return errors


def _selectable_errors(schema: Document, json_path: str, path: str) -> list[FieldError]:
    if "[" in json_path or not json_path.startswith("."):
        return [invalid(path, json_path, "must be a simple json path without array notation")]
    place: object = schema
    names = json_path[1:].split(".")
    if names[0] == "metadata":
        return [invalid(path, json_path, "must not point to fields in metadata")]
    for name in names:
        properties = place.get("properties") if isinstance(place, dict) else None
        place = properties.get(name) if isinstance(properties, dict) else None
    if not isinstance(place, dict):
        return [invalid(path, json_path, "is an invalid path: does not refer to a valid field")]
    kind = place.get("type")
    if kind not in SCALARS:
        detail = "must point to a field of type string, boolean or integer. Enum string fields and strings with "
        return [invalid(path, json_path, f"{detail}formats are allowed.")]
    return []


def validate_conversion(document: Document) -> list[FieldError]:
    """All that is wrong with spec.conversion."""
    path, conversion = "spec.conversion", find_section(document, "spec", "conversion") or {}
    strategy, webhook = text(conversion, "strategy"), find_section(conversion, "webhook")
    place = child(path, "webhook")
    if not strategy:
        return [required(child(path, "strategy"))]
    if strategy not in ("None", "Webhook"):
        return [not_supported(child(path, "strategy"), strategy, ("None", "Webhook"))]
    if strategy == "None":
        detail = "should not be set when strategy is not set to Webhook"
        return [forbidden(place, detail)] if webhook is not None else []
    client = find_section(conversion, "webhook", "clientConfig")
    if webhook is None or client is None:
        return [required(child(place, "clientConfig"), "required when strategy is set to Webhook")]
    errors: list[FieldError] = []
    if bool(text(client, "url")) == (client.get("service") is not None):
        errors.append(required(child(place, "clientConfig"), "exactly one of url or service is required"))
    if not webhook.get("conversionReviewVersions"):
        errors.append(required(child(place, "conversionReviewVersions")))
    return errors
