"""How the API's description calls things: schemas, tags, operations.

Generators of clients make their functions' names of these, so they are those of a real API server.
"""

from __future__ import annotations

from wherry.apimachinery.definitions import definition_name, definitions


def schema_name(group: str, version: str, kind: str) -> str:
    """The name of a kind's schema: `io.k8s.api.apps.v1.Deployment`, `org.example.v1.Sunset`."""
    name = definition_name(group, version, kind)
    if name in definitions() or "." not in group:
        return name
    return ".".join([*reversed(group.split(".")), version, kind])


def group_name(group: str) -> str:
    """A group as part of a name: `Core`, `Apps`, `RbacAuthorization`, `ExampleOrg`."""
    return "".join(part[:1].upper() + part[1:] for part in _short(group).split("."))


def version_name(group: str, version: str) -> str:
    """A group and version as part of a name: `CoreV1`."""
    return group_name(group) + version[:1].upper() + version[1:]


def tag(group: str, version: str) -> str:
    """What an operation belongs to: `core_v1`, `rbacAuthorization_v1`."""
    name = group_name(group)
    lower = name[:1].lower() + name[1:]
    return f"{lower}_{version}" if version else lower


def _short(group: str) -> str:
    return group.removesuffix(".k8s.io") or "core"
