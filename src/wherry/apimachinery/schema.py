"""What an object may look like: its fields and their types, compiled into functions.

`Schema.check` walks a document once. As a real API server does when it decodes a body, it leaves out
fields that the kind does not have, drops nulls, refuses values of a wrong type in the words of Go's
decoder, and normalises quantities (1024Mi becomes 1Gi) and times (UTC).

How it is built: every definition becomes a `StructSchema`, shared by all kinds that use it. For each
field it holds an `Entry` (schema_values.py), which knows the type that is right and what is done with others.
So the common case, a text field that holds text, costs no call. Descriptions are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wherry.apimachinery.definitions import (
    OBJECT_META,
    REF_PREFIX,
    definition_name,
    definitions,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.kind_schema import KindSchema, SchemaResult
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.schema_values import (
    BOOL,
    BYTES,
    FLOAT,
    FREE,
    INT32,
    INT64,
    SPECIAL,
    TEXT,
    TIME,
    DecodeError,
    Entry,
    Found,
    Mismatch,
    Path,
    fields_of,
    refuse,
    text_of,
)

_NULLABLE = ("v1.Time", "v1.MicroTime")
"""Scalars that Go writes as null when they were never set."""

# Nobody forgets so many; each would be looked at, and told.
MISSING_MAX = 10_000


@dataclass(frozen=True, slots=True)
class PatchField:
    """How a strategic merge patch treats a field.

    `strategies` are of merge, retainKeys and replace; `merge_key` names the field that tells list
    items apart; `struct` describes the object in the field, or the items of its list or map.
    """

    strategies: frozenset[str] = frozenset()
    merge_key: str = ""
    struct: StructSchema | None = None


PLAIN_FIELD = PatchField()


class StructSchema:
    """One type of object, such as Container: how its fields are checked and patched."""

    __slots__ = ("entries", "name", "patch_fields", "required")

    def __init__(self, name: str) -> None:
        """Empty; the compiler fills it in, so that types may contain themselves."""
        self.name = name
        self.entries: dict[str, Entry] = {}
        self.required: tuple[str, ...] = ()
        self.patch_fields: dict[str, PatchField] = {}

    def patch_field(self, name: str) -> PatchField:
        """How a strategic merge patch treats the field `name`."""
        return self.patch_fields.get(name, PLAIN_FIELD)

    def check(self, value: object, path: Path, found: Found) -> object:
        """The value without unknown fields and nulls. `value` is a dict."""
        assert isinstance(value, dict)
        kept: Document = {}
        entries = self.entries
        key = ""
        try:
            for key, item in value.items():
                if item is None:
                    if key not in entries:
                        found.unknown.append((path, key))
                    continue
                entry = entries.get(key)
                if entry is None:
                    found.unknown.append((path, key))
                    continue
                if type(item) is not entry[0]:
                    kept[key] = entry[2](item)
                elif entry[1] is None:
                    kept[key] = item
                else:
                    kept[key] = entry[1](item, (path, key), found)
        except Mismatch as err:
            what, go_type = err.args
            fields = ".".join([*fields_of(path), key])
            raise DecodeError(
                f"json: cannot unmarshal {what} into Go struct field {self.name}.{fields} of type {go_type}"
            ) from None
        for name in self.required:
            if name not in kept:
                found.missing.append((path, name))
                if len(found.missing) > MISSING_MAX:
                    raise DecodeError(f"more than {MISSING_MAX} required fields are missing")
        return kept


@dataclass(frozen=True, slots=True)
class Schema:
    """What objects of one kind may look like."""

    group: str
    version: str
    kind: str
    root: StructSchema

    def check(self, document: Document) -> SchemaResult:
        """Check and prune a document; see SchemaResult. Does not change it."""
        found = Found()
        try:
            kept = self.root.check(document, (), found)
        except DecodeError as err:
            return SchemaResult({}, [], [], self.cannot_be_handled(str(err)))
        except RecursionError:
            return SchemaResult({}, [], [], self.cannot_be_handled("exceeded max depth"))
        assert isinstance(kept, dict)
        return SchemaResult(kept, [text_of(path) for path in found.unknown], [text_of(p) for p in found.missing])

    def cannot_be_handled(self, why: str) -> str:
        """Kubernetes' sentence for a body of the right kind that cannot be decoded."""
        return f'{self.kind} in version "{self.version}" cannot be handled as a {self.kind}: {why}'

    def zero_of(self, path: Iterable[str]) -> object:
        """What Go reads, and writes, where the field at a path of names and positions is absent; None if it is null."""
        *parents, last = [step for step in path if not step.isdigit()]
        struct = self.patch_strategy(parents).struct
        entry = struct.entries.get(last) if struct else None
        return entry.zero if entry is not None and entry.go_type not in _NULLABLE else None

    def patch_strategy(self, path: Iterable[str]) -> PatchField:
        """How a strategic merge patch treats the field at a path of field names (list positions left out)."""
        found = PatchField(struct=self.root)
        for name in path:
            found = found.struct.patch_field(name) if found.struct else PLAIN_FIELD
        return found


_compiled: dict[str, StructSchema] = {}
_schemas: dict[tuple[str, str, str], Schema] = {}


def schema_for(resource: AnyResourceType) -> KindSchema:
    """The schema of a kind, compiled when first asked for."""
    return resource.schema or schema_for_kind(resource.group, resource.version, resource.kind)


def schema_for_kind(group: str, version: str, kind: str) -> Schema:
    """The same by name. A kind that is not described keeps all its fields; only its metadata is checked."""
    key = (group, version, kind)
    if key not in _schemas:
        name = definition_name(*key)
        root = _struct(name) if name in definitions() else _undescribed(kind)
        _schemas[key] = Schema(group, version, kind, root)
    return _schemas[key]


class _AnyFields(StructSchema):
    """An object whose fields are not described: those without an entry are kept as they are."""

    __slots__ = ()

    def check(self, value: object, path: Path, found: Found) -> object:
        """The value with its described fields checked."""
        assert isinstance(value, dict)
        described = {key: item for key, item in value.items() if key in self.entries}
        checked = super().check(described, path, found)
        assert isinstance(checked, dict)
        return {key: checked.get(key, item) for key, item in value.items() if key not in described or key in checked}


def frame_schema(group: str, version: str, kind: str) -> Schema:
    """A schema that checks kind, apiVersion and metadata, as every object has them, and keeps all else."""
    return Schema(group, version, kind, _undescribed(kind))


def _undescribed(kind: str) -> StructSchema:
    struct = _AnyFields(kind)
    meta = _struct(OBJECT_META)
    struct.entries = {
        "apiVersion": TEXT,
        "kind": TEXT,
        "metadata": Entry(dict, meta.check, refuse("v1.ObjectMeta"), "v1.ObjectMeta", {}),
    }
    struct.patch_fields = {"metadata": PatchField(struct=meta)}
    return struct


def _struct(name: str) -> StructSchema:
    """The compiled definition of this name."""
    if name in _compiled:
        return _compiled[name]
    struct = _compiled[name] = StructSchema(name.rsplit(".", 1)[-1])
    schema = definitions()[name]
    properties = schema.get("properties")
    assert isinstance(properties, dict)
    for key, described in properties.items():
        struct.entries[key] = _entry(described)
        patch_field = _patch_field(described)
        if patch_field != PLAIN_FIELD:
            struct.patch_fields[key] = patch_field
    required = schema.get("required")
    struct.required = tuple(required) if isinstance(required, list) else ()
    return struct


def _patch_field(schema: Document) -> PatchField:
    strategies = str(schema.get("x-kubernetes-patch-strategy", ""))
    inner = schema
    while isinstance(below := inner.get("items") or inner.get("additionalProperties"), dict):
        inner = below
    target = _target(inner)
    return PatchField(
        strategies=frozenset(strategies.split(",")) if strategies else frozenset(),
        merge_key=str(schema.get("x-kubernetes-patch-merge-key", "")),
        struct=_struct(target) if target and _is_struct(target) else None,
    )


def _target(schema: Document) -> str:
    return str(schema.get("$ref", "")).removeprefix(REF_PREFIX)


def _is_struct(name: str) -> bool:
    return "properties" in definitions()[name]


def _entry(schema: Document) -> Entry:
    target = _target(schema)
    if target:
        special = SPECIAL.get(target.rsplit(".", 1)[-1])
        if special is None and target.endswith(_SCHEMA_OR):
            special = _schema_or(target)
        if special:
            return special
        if not _is_struct(target):
            return FREE
        go_type = ".".join(target.rsplit(".", 2)[-2:])
        return Entry(dict, _struct(target).check, refuse(go_type), go_type, {})
    types = schema.get("type")
    kind = next((name for name in types if name != "null"), "") if isinstance(types, list) else str(types)
    match kind:
        case "string":
            return {"byte": BYTES, "date-time": TIME}.get(str(schema.get("format")), TEXT)
        case "integer":
            return INT64 if schema.get("format") == "int64" else INT32
        case "number":
            return FLOAT
        case "boolean":
            return BOOL
        case "array" if isinstance(items := schema.get("items"), dict):
            return _list_of(_entry(items))
        case "object" if isinstance(values := schema.get("additionalProperties"), dict):
            return _map_of(_entry(values))
        case _:
            return FREE


# A schema in a schema may also be a boolean, or a list of schemas.
_SCHEMA_OR = ("JSONSchemaPropsOrBool", "JSONSchemaPropsOrArray")


def _schema_or(target: str) -> Entry:
    inner, _, other = target.rpartition("Or")
    go_type = ".".join(target.rsplit(".", 2)[-2:])
    wanted = bool if other == "Bool" else list

    def odd(value: object) -> object:
        if type(value) is wanted:
            return value
        raise Mismatch(value, go_type)

    return Entry(dict, _struct(inner).check, odd, go_type, None)


def _list_of(item: Entry) -> Entry:
    kind, check, odd, go_type, zero = item

    def check_list(value: object, path: Path, found: Found) -> object:
        assert isinstance(value, list)
        if check is None:
            return value if all(type(each) is kind for each in value) else [_one(each) for each in value]
        return [
            check(each, (path, position), found) if type(each) is kind else _one(each)
            for position, each in enumerate(value)
        ]

    def _one(each: object) -> object:
        if each is None:
            return dict(zero) if isinstance(zero, dict) else zero
        return each if type(each) is kind else odd(each)

    return Entry(list, check_list, refuse(f"[]{go_type}"), f"[]{go_type}", [])


def _map_of(item: Entry) -> Entry:
    kind, check, odd, go_type, zero = item

    def check_map(value: object, path: Path, found: Found) -> object:
        assert isinstance(value, dict)
        if check is None and all(type(each) is kind for each in value.values()):
            return value
        return {key: _one(key, each, path, found) for key, each in value.items()}

    def _one(key: str, each: object, path: Path, found: Found) -> object:
        if each is None:
            return dict(zero) if isinstance(zero, dict) else zero
        if type(each) is not kind:
            return odd(each)
        return each if check is None else check(each, (path, key), found)

    return Entry(dict, check_map, refuse(f"map[string]{go_type}"), f"map[string]{go_type}", {})
