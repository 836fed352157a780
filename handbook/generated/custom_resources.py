"""Wherry's own kinds, from their definitions: what a command writes down in the cluster, and anybody may read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import yaml

from handbook.markdown import cell, code, page, table
from wherry.method.crds import FOLDER

INTRODUCTION = """
What releases, contracts and proofs leave in the cluster: custom resources of the group `wherry.dev`, installed when a
command needs them, on any Kubernetes. `kubectl explain releases.spec` tells the same.
"""

Schema = Mapping[str, object]


def definitions() -> Iterator[Mapping[str, object]]:
    """Every definition as it is applied."""
    for path in sorted(FOLDER.glob("*.yaml")):
        for document in yaml.safe_load_all(path.read_text()):
            if document and document.get("kind") == "CustomResourceDefinition":
                yield document


def write() -> str:
    """The page."""
    return page("Custom resources", INTRODUCTION, *(_section(_map(one["spec"])) for one in definitions()))


def _section(spec: Schema) -> str:
    names = _map(spec["names"])
    version = _map(cast("list[object]", spec["versions"])[0])
    schema = _map(_map(version["schema"])["openAPIV3Schema"])
    short = "".join(f", {code(str(name))}" for name in cast("list[object]", names.get("shortNames", [])))
    head = f"## {names['kind']}\n\n{cell(str(schema.get('description', '')))}\n\n"
    where = f"`{spec['group']}/{version['name']}`, for kubectl {code(str(names['plural']))}{short}.\n\n"
    return head + where + table(("field", "type", "what it is"), list(fields(schema)))


def fields(schema: Schema, prefix: str = "") -> Iterator[tuple[str, str, str]]:
    """Every field below this schema, with its path."""
    for name, value in _map(schema.get("properties", {})).items():
        field = _map(value)
        inner = _map(field.get("items", {}))
        path = f"{prefix}{name}{'[]' if inner else ''}"
        needed = " Required." if name in cast("list[object]", schema.get("required", [])) else ""
        yield code(path), str(field.get("type", "any")), cell(f"{field.get('description', '')}{needed}")
        yield from fields(inner or field, f"{path}.")


def _map(value: object) -> Schema:
    assert isinstance(value, Mapping)
    return value
