"""A bundle of definitions as large as a real operator's: whole pod templates, with every description."""

from __future__ import annotations

from suites.custom_resources import definition, version_of
from wherry.apimachinery.definitions import REF_PREFIX, definitions
from wherry.apimachinery.document import Document

GROUP = "monitoring.example.com"
KINDS = ("Agent", "Alert", "Manager", "Monitor", "Probe", "Prometheus", "Rule", "Ruler", "Scrape", "Service")
SPECIAL: dict[str, Document] = {
    "Quantity": {
        "x-kubernetes-int-or-string": True,
        "anyOf": [{"type": "integer"}, {"type": "string"}],
        "pattern": r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?([0-9]+)))?$",
    },
    "IntOrString": {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
    "Time": {"type": "string", "format": "date-time"},
    "MicroTime": {"type": "string", "format": "date-time"},
    "ObjectMeta": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
}
KEPT = ("description", "format", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type")


def inlined(source: Document) -> Document:
    """A published schema without references, as a definition may have it."""
    target = str(source.get("$ref", "")).removeprefix(REF_PREFIX)
    if target:
        special = SPECIAL.get(target.rsplit(".", 1)[-1])
        found = dict(special) if special else inlined(definitions()[target])
        return {**found, "description": source.get("description", "")}
    types = source.get("type", "object")
    kind = next((each for each in types if each != "null"), "object") if isinstance(types, list) else str(types)
    made: Document = {"type": kind, **{name: source[name] for name in KEPT if name in source}}
    properties, items, values = (source.get(name) for name in ("properties", "items", "additionalProperties"))
    if isinstance(properties, dict):
        made["properties"] = {name: inlined(each) for name, each in properties.items()}
        made["required"] = list(source.get("required") or [])  # type: ignore[call-overload] # a list of names
    if isinstance(items, dict):
        made["items"] = inlined(items)
    if isinstance(values, dict):
        made["additionalProperties"] = inlined(values)
    keys = made.get("x-kubernetes-list-map-keys")
    if isinstance(keys, list) and isinstance(inner := made.get("items"), dict):
        inner["required"] = sorted({*inner.get("required", ()), *keys})
    return made


def bundle() -> list[Document]:
    """Ten definitions."""
    pod = inlined({"$ref": f"{REF_PREFIX}io.k8s.api.core.v1.PodTemplateSpec"})
    claim = inlined({"$ref": f"{REF_PREFIX}io.k8s.api.core.v1.PersistentVolumeClaim"})
    made = []
    for kind in KINDS:
        spec: Document = {
            "type": "object",
            "properties": {
                "template": pod,
                "claim": claim,
                "replicas": {"type": "integer", "minimum": 0, "default": 1},
                "interval": {"type": "string", "pattern": "^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?)$"},
                "limit": {"type": "string", "x-kubernetes-validations": [{"rule": "self == oldSelf"}]},
            },
        }
        status: Document = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        schema: Document = {"type": "object", "properties": {"spec": spec, "status": status}}
        made.append(definition(version_of(schema, subresources={"status": {}}), kind=kind, group=GROUP))
    return made
