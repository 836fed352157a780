"""Which objects of a kind a list, a watch or a deletion is about: label and field selectors.

Labels are read from the stored bytes by a decoder that skips everything else; whole objects are
parsed only when a field selector asks for a field of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.fields import FieldSelector, parse_field_selector
from wherry.apimachinery.label_matcher import LabelMatcher
from wherry.apimachinery.labels import Selector, parse_selector
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import key_of, name_in, namespace_in, prefix_of, served_value

NAME_FIELD = "metadata.name"
NAMESPACE_FIELD = "metadata.namespace"


class _Metadata(msgspec.Struct):
    labels: dict[str, str] = {}


class _Labelled(msgspec.Struct):
    metadata: _Metadata


_labels_decoder = msgspec.json.Decoder(_Labelled)


class ItemView:
    """A stored object as selectors see it: its labels and fields, read when they are first asked for."""

    __slots__ = ("_document", "_fields", "_labels", "_resource", "_typed", "_value", "key")

    def __init__(self, resource: AnyResourceType, key: str, value: bytes) -> None:
        """`value` is the object as it is stored."""
        self.key = key
        self._resource = resource
        self._value = value
        self._labels: dict[str, str] | None = None
        self._document: Document | None = None
        self._typed: msgspec.Struct | None = None
        self._fields: dict[str, str] = {}

    @property
    def labels(self) -> dict[str, str]:
        """Its labels."""
        if self._labels is None:
            self._labels = _labels_decoder.decode(self._value).metadata.labels
        return self._labels

    def field(self, path: str) -> str:
        """A selectable field's value."""
        found = self._fields.get(path)
        if found is None:
            found = self._fields[path] = self._read(path)
        return found

    def _read(self, path: str) -> str:
        if path == NAME_FIELD:
            return name_in(self.key)
        if path == NAMESPACE_FIELD:
            return namespace_in(self._resource, self.key)
        read_typed = self._resource.typed_fields.get(path)
        if read_typed is not None:
            if self._typed is None:
                self._typed = self._resource.decode(served_value(self._resource, self._value))
            return read_typed(self._typed)
        if self._document is None:
            self._document = orjson.loads(served_value(self._resource, self._value))
        return self._resource.selectable_fields[path](self._document)


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice among the objects of one kind. `key_prefix` narrows down where they can be in the store."""

    resource: AnyResourceType
    labels: Selector
    fields: FieldSelector
    is_everything: bool
    key_prefix: str
    matcher: LabelMatcher

    def matches(self, key: str, value: bytes) -> bool:
        """Whether the object stored as `value` is chosen."""
        if self.is_everything:
            return True
        return self.matcher.may_match(value) and self.chooses(ItemView(self.resource, key, value))

    def chooses(self, item: ItemView) -> bool:
        """The same for a view, which several selections may share."""
        if not self.labels.is_everything and not self.matcher.matches(item.labels):
            return False
        for path, operator, wanted in self.fields.requirements:
            if (item.field(path) == wanted) != (operator == "="):
                return False
        return True


def selection_from(request: ApiRequest) -> Selection:
    """Read the selectors of a request. Raises BadRequest in Kubernetes' words."""
    resource = request.target
    label_text = field_text = ""
    if request.http.query:
        label_text, field_text = request.query.get("labelSelector", ""), request.query.get("fieldSelector", "")
    try:
        labels = parse_selector(label_text)
        fields = parse_field_selector(field_text)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    for path, _, _ in fields.requirements:
        if path not in (NAME_FIELD, NAMESPACE_FIELD) and path not in resource.selectable_fields:
            raise BadRequest(_unknown_field(resource, path))
    name = request.name or fields.required_value(NAME_FIELD) or ""
    if request.name:
        # A watch on one object's own URL.
        if not fields.is_everything and fields.required_value(NAME_FIELD) != request.name:
            raise BadRequest("fieldSelector metadata.name doesn't match requested name")
        fields = FieldSelector((*fields.requirements, (NAME_FIELD, "=", request.name)))
    namespace = request.namespace or (fields.required_value(NAMESPACE_FIELD) or "")
    prefix = prefix_of(resource, namespace)
    if name and (namespace or not resource.namespaced):
        prefix = key_of(resource, namespace, name)
    return Selection(
        resource=resource,
        labels=labels,
        fields=fields,
        is_everything=labels.is_everything and fields.is_everything,
        key_prefix=prefix,
        matcher=LabelMatcher(labels),
    )


def _unknown_field(resource: AnyResourceType, path: str) -> str:
    if resource.selectable_fields:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "{NAME_FIELD}", "{NAMESPACE_FIELD}"'
