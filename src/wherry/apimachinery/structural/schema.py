"""The schema of a custom resource, as the server uses it: prune, fill in, validate.

Kept small: until somebody asks, the schema is compressed text (a definition of 300 KB takes 65 KB); compiled it
stays as long as it is among those last used.
"""

from __future__ import annotations

import zlib
from collections import OrderedDict
from collections.abc import Iterable

import orjson

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError
from wherry.apimachinery.kind_schema import SchemaResult
from wherry.apimachinery.schema import Schema, frame_schema
from wherry.apimachinery.structural.budget import Budget
from wherry.apimachinery.structural.defaults import fill_defaults
from wherry.apimachinery.structural.embedded import CheckMetadata, embedded_objects, validate_embedded
from wherry.apimachinery.structural.list_types import duplicates
from wherry.apimachinery.structural.node import Node, compile_schema
from wherry.apimachinery.structural.prune import prune_object, unknown_fields
from wherry.apimachinery.structural.validate import ABSENT, NO_PATH, validate

# So many compiled schemas are kept, the last used ones; a large one takes half a megabyte.
COMPILED_MAX = 128
_compiled: OrderedDict[CustomSchema, Node] = OrderedDict()

# What rules expect to be right before they look: types, sizes, what must be there.
BLOCKING = frozenset(("FieldValueRequired", "FieldValueTooLong", "FieldValueTooMany", "FieldValueTypeInvalid"))
NOT_CHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)

ANYTHING: Document = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}


class CustomSchema:
    """What objects of one version of one custom resource may look like."""

    def __init__(self, group: str, version: str, kind: str, schema: Document, *, check_metadata: CheckMetadata) -> None:
        """`schema` is openAPIV3Schema; it is copied. `check_metadata` judges the metadata of embedded objects."""
        self.frame: Schema = frame_schema(group, version, kind)
        # Level 1: a third of the time, and text that is a third longer.
        self._text = zlib.compress(orjson.dumps(schema), 1)
        self._check_metadata = check_metadata

    def to_json(self) -> bytes:
        """The schema as it was given, in JSON."""
        return zlib.decompress(self._text)

    @property
    def node(self) -> Node:
        """The compiled schema."""
        node = _compiled.get(self)
        if node is None:
            node = _compiled[self] = compile_schema(orjson.loads(self.to_json()))
            if len(_compiled) > COMPILED_MAX:
                _compiled.popitem(last=False)
        else:
            _compiled.move_to_end(self)
        return node

    def check(self, document: Document) -> SchemaResult:
        """Check the metadata and prune; see SchemaResult. Values are the business of `validate`."""
        framed = self.frame.check(document)
        if framed.decode_error:
            return framed
        kept, unknown = framed.document, framed.unknown
        node = self.node
        try:
            found = unknown_fields(node, kept)
            if found:
                kept = orjson.loads(orjson.dumps(kept))
                prune_object(node, kept)
        except RecursionError:
            return SchemaResult({}, [], [], self.cannot_be_handled("exceeded max depth"))
        if node.has_embedded_below:
            kept = orjson.loads(orjson.dumps(kept))
            for path, embedded in embedded_objects(node, kept):
                wrong = self._coerce(embedded, path, found)
                if wrong:
                    return SchemaResult({}, [], [], wrong)
        return SchemaResult(kept, sorted(unknown + found), [])

    def _coerce(self, embedded: Document, path: str, unknown: list[str]) -> str:
        """Check, in place, what an object within an object says about itself; returns what cannot be read."""
        said = {name: embedded[name] for name in ("apiVersion", "kind", "metadata") if name in embedded}
        result = self.frame.check({"metadata": said.get("metadata") or {}})
        if result.decode_error:
            why = result.decode_error.partition("cannot be handled as a ")[2].partition(": ")[2]
            shown = field_errors.show(said["metadata"])
            return f"{field_errors.child(path, 'metadata')}: Invalid value: {shown}: {why}"
        if "metadata" in said:
            embedded["metadata"] = result.document["metadata"]
        unknown.extend(f"{path}.{each}" for each in result.unknown)
        return ""

    def fill_defaults(self, document: Document) -> None:
        """Fill in what the schema gives by default, in place."""
        fill_defaults(self.node, document)

    def from_stored(self, document: Document) -> Document:
        """A stored object as this version shows it: what the schema lost since is gone, what it gained is there."""
        node = self.node
        prune_object(node, document)
        fill_defaults(node, document)
        return document

    def validate(self, new: Document, old: Document | None) -> list[FieldError]:
        """All that is wrong with an object; what was wrong before and is unchanged is forgiven."""
        node = self.node
        errors = validate(node, new, "", ABSENT if old is None else old)
        errors += validate_embedded(node, new, self._check_metadata)
        if node.has_list_types_below and (old is None or not duplicates(node, old)):
            errors += duplicates(node, new)
        return errors + self._validate_rules(node, new, old, errors) if node.has_rules_below else errors

    def _validate_rules(
        self, node: Node, new: Document, old: Document | None, errors: list[FieldError]
    ) -> list[FieldError]:
        if any(error.reason in BLOCKING for error in errors):
            return [field_errors.invalid(NO_PATH, None, NOT_CHECKED)]
        from wherry.apimachinery.structural.rules import validate_rules

        return validate_rules(node, new, ABSENT if old is None else old, Budget())

    def cannot_be_handled(self, why: str) -> str:
        """Kubernetes' sentence for a body of the right kind that cannot be decoded."""
        return self.frame.cannot_be_handled(why)

    def zero_of(self, path: Iterable[str]) -> object:
        """Nothing: what is absent from a custom resource stays absent."""
        return None
