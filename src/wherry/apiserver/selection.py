"""Which objects of a kind a list, a watch or a deletion is about: label and field selectors.

Labels are read from the stored bytes by a decoder that skips everything else; whole objects are
parsed only when a field selector asks for a field of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec
import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.fields import FieldSelector, parse_field_selector
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


@dataclass(frozen=True, slots=True)
class Selection:
    """A choice among the objects of one kind. `key_prefix` narrows down where they can be in the store."""

    resource: AnyResourceType
    labels: Selector
    fields: FieldSelector
    is_everything: bool
    key_prefix: str
    needs_document: bool

    def matches(self, key: str, value: bytes, document: Callable[[], Document] | None = None) -> bool:
        """Whether the object stored as `value` is chosen; `document` may supply it parsed."""
        if self.is_everything:
            return True
        if not self.labels.is_everything and not self.labels.matches(_labels_decoder.decode(value).metadata.labels):
            return False
        if self.fields.is_everything:
            return True
        values: dict[str, str] = {}
        parsed = (
            (document() if document else orjson.loads(served_value(self.resource, value)))
            if self.needs_document
            else {}
        )
        for path, _, _ in self.fields.requirements:
            if path == NAME_FIELD:
                values[path] = name_in(key)
            elif path == NAMESPACE_FIELD:
                values[path] = namespace_in(self.resource, key)
            else:
                values[path] = self.resource.selectable_fields[path](parsed)
        return self.fields.matches(values)


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
        needs_document=any(path not in (NAME_FIELD, NAMESPACE_FIELD) for path, _, _ in fields.requirements),
    )


def _unknown_field(resource: AnyResourceType, path: str) -> str:
    if resource.selectable_fields:
        return f"field label not supported: {path}"
    return f'"{path}" is not a known field selector: only "{NAME_FIELD}", "{NAMESPACE_FIELD}"'
