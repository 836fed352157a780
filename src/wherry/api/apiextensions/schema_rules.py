"""When a schema is structural: every place has one type, and what describes a value adds no places of its own.

`validate_schema` walks openAPIV3Schema as it was written. The rules are about the schema's form; whether its
defaults fit it is asked afterwards, of the compiled schema.

Source: kubernetes apiextensions-apiserver, pkg/apiserver/schema/validation.go and
pkg/apis/apiextensions/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from wherry.api.apiextensions.list_rules import validate_list_type, validate_map_type
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, key, not_supported, required
from wherry.apimachinery.patterns import PatternError, compile_pattern
from wherry.apimachinery.structural.budget import Budget
from wherry.apimachinery.structural.node import Node, compile_schema
from wherry.apimachinery.structural.prune import prune_value
from wherry.apimachinery.structural.validate import ABSENT, NO_PATH, validate

TYPES = ("array", "boolean", "integer", "number", "object", "string")
NOT_SUPPORTED = ("$ref", "$schema", "definitions", "dependencies", "patternProperties", "additionalItems", "id")
JUNCTORS = ("allOf", "anyOf", "oneOf")
ROOT_WITH_STATUS = frozenset((
    "description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength",
    "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "multipleOf", "required", "enum", "items",
    "properties", "externalDocs", "example", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations",
))  # fmt: skip
# What may describe a value within allOf and its like: everything else belongs to the structure.
MUST_BE_UNDEFINED = ("additionalProperties", "default")
MUST_BE_EMPTY = ("title", "description")
MUST_BE_FALSE = (
    "nullable", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
)  # fmt: skip
IN_METADATA = frozenset(("name", "generateName"))
IMPLICIT_METADATA = "must not specify anything other than name and generateName, but metadata is implicitly specified"
INT_OR_STRING = [{"type": "integer"}, {"type": "string"}]
DEPTH_MAX = 100


def validate_schema(schema: Document, path: str, *, with_status: bool) -> list[FieldError]:
    """All that is wrong with the form of a version's schema, and then with its defaults."""
    errors: list[FieldError] = []
    if schema.get("nullable") is True:
        errors.append(forbidden(child(path, "nullable"), "nullable cannot be true at the root"))
    if with_status and (wrong := [name for name in schema if name not in ROOT_WITH_STATUS]):
        shown = " ".join(sorted(ROOT_WITH_STATUS))
        detail = f"only [{shown}] fields are allowed at the root of the schema if the status subresource is enabled"
        errors.append(invalid(path, {name: schema[name] for name in wrong}, detail))
    errors += _validate_place(schema, path, "root", 0)
    if errors:
        return errors
    errors = validate_defaults(schema, path)
    if b"x-kubernetes-validations" in orjson.dumps(schema):
        from wherry.api.apiextensions.cel_rules import validate_rules_of

        errors += validate_rules_of(schema, path)
    return errors


def _validate_place(schema: Document, path: str, level: str, depth: int) -> list[FieldError]:
    """A place in the object: the root, a field, an item, or a junctor's view of one (level "value")."""
    if depth > DEPTH_MAX:
        return [forbidden(path, f"schemas may not be nested deeper than {DEPTH_MAX} levels")]
    errors = _unsupported(schema, path)
    if level == "value":
        errors += _validate_value_only(schema, path)
    else:
        errors += _validate_type(schema, path, level) + _validate_extensions(schema, path)
        if level == "root" or schema.get("x-kubernetes-embedded-resource") is True:
            errors += _validate_object_fields(schema, path)
        errors += _validate_junctors_named(schema, path)
    for place, below, kind in places_below(schema, path):
        errors += _validate_place(below, place, "value" if level == "value" else kind, depth + 1)
    return errors


def places_below(schema: Document, path: str) -> Iterator[tuple[str, Document, str]]:
    """The schemas within a schema, each with its path and level."""
    properties = schema.get("properties")
    for name, each in properties.items() if isinstance(properties, dict) else ():
        if isinstance(each, dict):
            yield key(child(path, "properties"), name), each, "field"
    for name, level in (("items", "item"), ("additionalProperties", "field"), ("not", "value")):
        each = schema.get(name)
        if isinstance(each, dict):
            yield child(path, name), each, level
    for name in JUNCTORS:
        group = schema.get(name)
        for position, each in enumerate(group if isinstance(group, list) else ()):
            if isinstance(each, dict):
                yield index(child(path, name), position), each, "value"


def _unsupported(schema: Document, path: str) -> list[FieldError]:
    errors = [forbidden(child(path, name), f"{name} is not supported") for name in NOT_SUPPORTED if schema.get(name)]
    kind = schema.get("type")
    if kind == "null":
        errors.append(forbidden(child(path, "type"), "type cannot be set to null, use nullable as an alternative"))
    elif kind and kind not in TYPES:
        errors.append(not_supported(child(path, "type"), kind, TYPES))
    if schema.get("uniqueItems") is True:
        detail = "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"
        errors.append(forbidden(child(path, "uniqueItems"), detail))
    if isinstance(schema.get("items"), list):
        errors.append(forbidden(child(path, "items"), "items must be a schema object and not an array"))
    additional = schema.get("additionalProperties")
    if additional is False:
        errors.append(forbidden(child(path, "additionalProperties"), "additionalProperties cannot be set to false"))
    elif additional is not None and schema.get("properties"):
        detail = "additionalProperties and properties are mutual exclusive"
        errors.append(forbidden(child(path, "additionalProperties"), detail))
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and pattern:
        try:
            compile_pattern(pattern)
        except PatternError as error:
            detail = f"must be a valid regular expression, but isn't: {error}"
            errors.append(invalid(child(path, "pattern"), pattern, detail))
    return errors


def _validate_type(schema: Document, path: str, level: str) -> list[FieldError]:
    place, kind = child(path, "type"), schema.get("type") or ""
    is_either = schema.get("x-kubernetes-int-or-string") is True
    keeps_unknown = schema.get("x-kubernetes-preserve-unknown-fields") is True
    if level == "root":
        if not kind:
            return [required(place, "must not be empty at the root")]
        return [] if kind == "object" else [invalid(place, kind, "must be object at the root")]
    if not kind:
        if is_either or keeps_unknown:
            return []
        what = "array items" if level == "item" else "object fields"
        return [required(place, f"must not be empty for specified {what}")]
    if is_either:
        return [invalid(place, kind, "must be empty if x-kubernetes-int-or-string is true")]
    if keeps_unknown and kind != "object":
        return [invalid(place, kind, "must be object if x-kubernetes-preserve-unknown-fields is true")]
    if kind == "array" and schema.get("items") is None:
        return [required(child(path, "items"), "must be specified")]
    return []


def _validate_extensions(schema: Document, path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    kind = schema.get("type") or ""
    if schema.get("x-kubernetes-embedded-resource") is True:
        place = child(path, "type")
        if not kind:
            errors.append(required(place, "must be object if x-kubernetes-embedded-resource is true"))
        elif kind != "object":
            errors.append(invalid(place, kind, "must be object if x-kubernetes-embedded-resource is true"))
        if not schema.get("properties") and schema.get("x-kubernetes-preserve-unknown-fields") is not True:
            detail = "must not be empty if x-kubernetes-embedded-resource is true without " + (
                "x-kubernetes-preserve-unknown-fields"
            )
            errors.append(required(child(path, "properties"), detail))
    if schema.get("x-kubernetes-preserve-unknown-fields") is False:
        detail = "must be true or undefined"
        errors.append(invalid(child(path, "x-kubernetes-preserve-unknown-fields"), False, detail))
    return errors + validate_list_type(schema, path) + validate_map_type(schema, path)


def _validate_object_fields(schema: Document, path: str) -> list[FieldError]:
    """A whole object's metadata, kind and apiVersion are given; a schema may only narrow its name."""
    errors: list[FieldError] = []
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return errors
    place = child(path, "properties")
    for name in ("apiVersion", "kind"):
        described = properties.get(name)
        if isinstance(described, dict) and described.get("type") not in (None, "string"):
            errors.append(invalid(child(key(place, name), "type"), described["type"], "must be string"))
    metadata = properties.get("metadata")
    if isinstance(metadata, dict):
        if metadata.get("type") not in (None, "object"):
            errors.append(invalid(child(key(place, "metadata"), "type"), metadata["type"], "must be object"))
        if _says_more(metadata):
            errors.append(forbidden(key(place, "metadata"), IMPLICIT_METADATA))
    return errors


def _says_more(metadata: Document) -> bool:
    properties = metadata.get("properties") or {}
    names = properties if isinstance(properties, dict) else {}
    extra = set(metadata) - {"type", "properties", "description", "title"}
    return bool(set(names) - IN_METADATA or any(metadata[name] not in (None, False, [], {}) for name in extra))


def _validate_value_only(schema: Document, path: str) -> list[FieldError]:
    """Within allOf, anyOf, oneOf and not there is no structure, only what values must be like."""
    errors = [
        forbidden(child(path, name), "must be undefined to be structural")
        for name in MUST_BE_UNDEFINED
        if schema.get(name) is not None
    ]
    errors += [
        forbidden(child(path, name), "must be empty to be structural") for name in MUST_BE_EMPTY if schema.get(name)
    ]
    if schema.get("type") and not _is_int_or_string_branch(schema, path):
        errors.append(forbidden(child(path, "type"), "must be empty to be structural"))
    errors += [
        forbidden(child(path, name), "must be false to be structural") for name in MUST_BE_FALSE if schema.get(name)
    ]
    if schema.get("x-kubernetes-validations"):
        errors.append(forbidden(child(path, "x-kubernetes-validations"), "must be empty to be structural"))
    for name in ("x-kubernetes-list-type", "x-kubernetes-map-type", "x-kubernetes-list-map-keys"):
        if schema.get(name):
            errors.append(forbidden(child(path, name), "must be undefined to be structural"))
    return errors


def _is_int_or_string_branch(schema: Document, path: str) -> bool:
    """Whether this is one of the two branches that say what x-kubernetes-int-or-string means."""
    allowed = {f"anyOf[{position}]": each for position, each in enumerate(INT_OR_STRING)}
    return any(path.endswith(f".{end}") and schema == each for end, each in allowed.items())


def _validate_junctors_named(schema: Document, path: str) -> list[FieldError]:
    """What a junctor speaks of must be a place that the structure has."""
    errors: list[FieldError] = []
    if schema.get("x-kubernetes-int-or-string") is not True:
        errors += [
            forbidden(child(place, "type"), "must be empty to be structural")
            for place, each, level in places_below(schema, path)
            if level == "value" and each.get("type") and _is_int_or_string_branch(each, place)
        ]
    for place, each, level in places_below(schema, path):
        if level == "value":
            errors += _unnamed(each, schema, place, path)
    return errors


def _unnamed(part: Document, whole: Document, path: str, whole_path: str) -> list[FieldError]:
    errors: list[FieldError] = []
    properties, known = part.get("properties"), whole.get("properties")
    if isinstance(properties, dict):
        for name, each in properties.items():
            described = known.get(name) if isinstance(known, dict) else whole.get("additionalProperties")
            if not isinstance(described, dict):
                if whole.get("additionalProperties") is not True:
                    place = key(child(whole_path, "properties"), name)
                    errors.append(required(place, f"because it is defined in {key(child(path, 'properties'), name)}"))
            elif isinstance(each, dict):
                below = key(child(whole_path, "properties"), name)
                errors += _unnamed(each, described, key(child(path, "properties"), name), below)
    items, known_items = part.get("items"), whole.get("items")
    if isinstance(items, dict):
        if isinstance(known_items, dict):
            errors += _unnamed(items, known_items, child(path, "items"), child(whole_path, "items"))
        else:
            errors.append(required(child(whole_path, "items"), f"because it is defined in {child(path, 'items')}"))
    for place, each, level in places_below(part, path):
        if level == "value":
            errors += _unnamed(each, whole, place, whole_path)
    return errors


def validate_defaults(schema: Document, path: str, budget: Budget | None = None) -> list[FieldError]:
    """Each default must be what the schema and its rules allow at its place, with nothing that would be pruned.

    Args:
        budget: what the rules about all defaults of a schema may cost together.
    """
    budget = Budget() if budget is None else budget
    errors: list[FieldError] = []
    if "default" in schema:
        place, value = child(path, "default"), schema["default"]
        node = compile_schema({name: each for name, each in schema.items() if name != "default"})
        if prune_value(node, compile_schema({"default": value}).fresh_default()):
            errors.append(invalid(place, value, "must not have unknown fields"))
        wrong = validate(node, value) or _broken_rules(node, value, budget)
        for error in wrong:
            field = place if error.field in ("", NO_PATH) else child(place, error.field)
            errors.append(FieldError(error.reason, field, error.message))
    for place, below, level in places_below(schema, path):
        if level != "value":
            errors += validate_defaults(below, place, budget)
    return errors


def _broken_rules(node: Node, value: object, budget: Budget) -> list[FieldError]:
    if not node.has_rules_below:
        return []
    # Most definitions have no rules, and then nothing needs to know how to read one.
    from wherry.apimachinery.structural.rules import validate_rules

    return validate_rules(node, value, ABSENT, budget, is_object=False)
