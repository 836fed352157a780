"""Every kind of object that the API server serves, from its registry."""

from __future__ import annotations

from handbook.markdown import code, page, table
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType

INTRODUCTION = """
Kubernetes' own kinds as Wherry serves them; `kubectl explain KIND` tells their fields. Objects of the kinds with *kept*
are validated and stored, and nothing acts on them yet: creating one says so in a `Warning:`
([decision 10](../decisions/0010-kinds-that-nothing-acts-on.md)). Wherry's own kinds are
[custom resources](custom-resources.md).
"""


def write() -> str:
    """The page."""
    header = ("kind", "group and version", "for kubectl", "in a namespace?", "subresources", "acts on it")
    return page("Kinds", INTRODUCTION, table(header, [_row(one) for one in RESOURCE_TYPES]))


def _row(resource: AnyResourceType) -> tuple[str, ...]:
    names = ", ".join(code(name) for name in (resource.plural, *resource.short_names))
    parts = ", ".join(code(part.name) for part in resource.subresources)
    acts = {"cluster": "the cluster", "nobody": "kept"}.get(resource.acted_on_by, resource.acted_on_by)
    where = "yes" if resource.namespaced else "no"
    return (resource.kind, code(resource.api_version), names, where, parts or " ", acts)
