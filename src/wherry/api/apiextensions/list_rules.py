"""What a schema may say about how lists and maps are merged (x-kubernetes-list-type and its like).

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/{validation,listtype}.go.
"""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, key, not_supported, required

LIST_TYPES = ("atomic", "map", "set")
MAP_TYPES = ("atomic", "granular")
SCALARS = ("boolean", "integer", "number", "string")


def validate_map_type(schema: Document, path: str) -> list[FieldError]:
    """x-kubernetes-map-type: granular or atomic, on objects."""
    map_type = schema.get("x-kubernetes-map-type")
    if map_type is None:
        return []
    errors: list[FieldError] = []
    if schema.get("type") != "object":
        errors.append(_type_must_be(schema, path, "object if x-kubernetes-map-type is specified"))
    if map_type not in MAP_TYPES:
        errors.append(not_supported(child(path, "x-kubernetes-map-type"), map_type, MAP_TYPES))
    return errors


def validate_list_type(schema: Document, path: str) -> list[FieldError]:
    """x-kubernetes-list-type and x-kubernetes-list-map-keys, on arrays."""
    list_type, keys = schema.get("x-kubernetes-list-type"), schema.get("x-kubernetes-list-map-keys")
    names = [name for name in keys if isinstance(name, str)] if isinstance(keys, list) else []
    errors: list[FieldError] = []
    if list_type is not None:
        if schema.get("type") != "array":
            errors.append(_type_must_be(schema, path, "array if x-kubernetes-list-type is specified"))
        if list_type not in LIST_TYPES:
            errors.append(not_supported(child(path, "x-kubernetes-list-type"), list_type, LIST_TYPES))
    if names and list_type != "map":
        place = child(path, "x-kubernetes-list-type")
        detail = "must be map if x-kubernetes-list-map-keys is non-empty"
        errors.append(invalid(place, list_type, detail) if list_type else required(place, detail))
    items = schema.get("items")
    if not isinstance(items, dict):
        return errors
    if list_type == "set":
        errors += _validate_set_items(items, child(path, "items"))
    elif list_type == "map":
        errors += _validate_map_items(items, names, path)
    return errors


def _type_must_be(schema: Document, path: str, what: str) -> FieldError:
    place, kind = child(path, "type"), schema.get("type")
    return invalid(place, kind, f"must be {what}") if kind else required(place, f"must be {what}")


def _validate_set_items(items: Document, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    if items.get("nullable") is True:
        errors.append(forbidden(child(path, "nullable"), "cannot be nullable when x-kubernetes-list-type is set"))
    said = "must be atomic as item of a list with x-kubernetes-list-type=set"
    for kind, name in (("object", "x-kubernetes-map-type"), ("array", "x-kubernetes-list-type")):
        if items.get("type") != kind:
            continue
        given = items.get(name)
        if given is None and kind == "object":
            errors.append(required(child(path, name), said))
        elif given not in (None, "atomic"):
            errors.append(invalid(child(path, name), given, said))
    return errors


def _validate_map_items(items: Document, names: list[str], path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    keys_path, items_path = child(path, "x-kubernetes-list-map-keys"), child(path, "items")
    if items.get("nullable") is True:
        errors.append(forbidden(child(items_path, "nullable"), "cannot be nullable when x-kubernetes-list-type is map"))
    if items.get("type") != "object":
        detail = "must be object if parent array's x-kubernetes-list-type is map"
        errors.append(invalid(child(items_path, "type"), items.get("type") or "", detail))
    if not names:
        errors.append(required(keys_path, "must not be empty if x-kubernetes-list-type is map"))
    if len(set(names)) < len(names):
        errors.append(invalid(keys_path, names, "must not contain duplicate entries"))
    properties = items.get("properties")
    described = properties if isinstance(properties, dict) else {}
    if any(name not in described for name in names):
        errors.append(invalid(keys_path, names, "entries must all be names of item properties"))
    needed = items.get("required")
    for name in dict.fromkeys(names):
        each = described.get(name)
        if isinstance(each, dict):
            is_required = isinstance(needed, list) and name in needed
            errors += _validate_key(each, key(child(items_path, "properties"), name), is_required=is_required)
    return errors


def _validate_key(schema: Document, path: str, *, is_required: bool) -> list[FieldError]:
    errors: list[FieldError] = []
    if schema.get("type") not in SCALARS and schema.get("x-kubernetes-int-or-string") is not True:
        detail = "must be a scalar type if parent array's x-kubernetes-list-type is map"
        errors.append(invalid(child(path, "type"), schema.get("type") or "", detail))
    if schema.get("nullable") is True:
        detail = "cannot be nullable as it is a key of a list with x-kubernetes-list-type=map"
        errors.append(forbidden(child(path, "nullable"), detail))
    if not is_required and schema.get("default") is None:
        detail = "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property"
        errors.append(required(child(path, "default"), detail))
    return errors
