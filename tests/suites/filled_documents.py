"""Documents with every field of a message filled in, as the table of Kubernetes' protobuf knows them."""

from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.apimachinery.protobuf.layout import RAW, Entry, entries_of

# So deep are schemas that contain themselves.
DEPTH = 3

VALUES: dict[str, object] = {
    "string": "täxt",
    "bytes": "AAECAw==",
    "bool": True,
    "int32": -7,
    "int64": 1 << 40,
    "double": 0.5,
    "meta/v1.Time": "2026-11-27T22:46:16Z",
    "meta/v1.MicroTime": "2026-11-27T22:46:16.000120Z",
    "intstr.IntOrString": "25%",
    "resource.Quantity": "1500m",
    "resource.QuantityValue": "2Gi",
    "runtime.RawExtension": {"kind": "Thing", "apiVersion": "example.org/v1", "n": [1, None]},
    "meta/v1.FieldsV1": {"f:metadata": {".": {}}},
    "meta/v1.Verbs": ["get", "list"],
    "authentication.k8s.io/v1.ExtraValue": ["a", ""],
    "authorization.k8s.io/v1.ExtraValue": ["a"],
    "certificates.k8s.io/v1.ExtraValue": ["a", "b"],
    "apiextensions.k8s.io/v1.JSON": {"any": [1, "two", {"three": 3.5}]},
    "apiextensions.k8s.io/v1.JSONSchemaPropsOrBool": False,
    "apiextensions.k8s.io/v1.JSONSchemaPropsOrStringArray": ["one", "two"],
    RAW: b"{}",
}


def filled(name: str, depth: int = DEPTH) -> Document:
    """A document with a value in every field of the message, down to `depth` times the same message."""
    return _filled(name, {name: depth})


def _filled(name: str, left: dict[str, int]) -> Document:
    document: Document = {}
    for entry in entries_of(name).values():
        if "i" in entry.flags:
            document.update(_filled(entry.type, left))
        elif left.get(entry.type, DEPTH) > 0:
            document[entry.name] = _value(entry, {**left, entry.type: left.get(entry.type, DEPTH) - 1})
    return document


def _value(entry: Entry, left: dict[str, int]) -> object:
    if entry.type == "apiextensions.k8s.io/v1.JSONSchemaPropsOrArray":
        one: object = {"type": "string"}
    else:
        one = VALUES[entry.type] if entry.type in VALUES else _filled(entry.type, left)
    if "m" in entry.flags:
        return {"b": one, "a.example.org/x": one}
    return [one, one] if "r" in entry.flags else one
