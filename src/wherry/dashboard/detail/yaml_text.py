"""Objects as YAML that a person reads and edits, and the difference between two of them. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

import yaml

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.dashboard.markup import text

# What the API server keeps about an object and nobody writes.
KEPT_BY_THE_SERVER = ("managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink")
CONTEXT_LINES = 3
DIFF_LINES_MAX = 2000
MARKS = {"+": ("added", "will be new: "), "-": ("removed", "will be gone: ")}


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as such: scripts and configuration files stay readable."""

    def ignore_aliases(self, data: object) -> bool:
        """Say everything where it is."""
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style="|" if "\n" in value else None)


_Dumper.add_representer(str, _text)


def as_yaml(value: object) -> str:
    """Any value as YAML, in the order that it has."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


def whole_yaml(resource: AnyResourceType, document: Document) -> str:
    """All of an object but for who owns which field."""
    return as_yaml(_named(resource, document, _metadata(document, ("managedFields",))))


def editable_yaml(resource: AnyResourceType, document: Document) -> str:
    """An object without what the API server keeps about it."""
    return as_yaml(editable(resource, document))


def editable(resource: AnyResourceType, document: Document) -> Document:
    """The same as a document."""
    wished = {key: value for key, value in document.items() if key != "status"}
    return _named(resource, wished, _metadata(document, KEPT_BY_THE_SERVER))


def _named(resource: AnyResourceType, document: Document, metadata: Document) -> Document:
    return {"apiVersion": resource.api_version, "kind": resource.kind, **document, "metadata": metadata}


def _metadata(document: Document, without: tuple[str, ...]) -> Document:
    found = document.get("metadata")
    return {key: value for key, value in found.items() if key not in without} if isinstance(found, dict) else {}


def diff_lines(before: str, after: str) -> list[str]:
    """What differs, with some lines around it: each begins with a blank, a plus, a minus or an @."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=CONTEXT_LINES, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++"))][:DIFF_LINES_MAX]


def diff_html(before: str, after: str) -> str:
    """The same for a page; "" when nothing differs. Signs and words say what colours say."""
    return (
        f'<pre class="diff" tabindex="0" aria-label="what changes">{"".join(_shown(diff_lines(before, after)))}</pre>'
        if before != after
        else ""
    )


def _shown(lines: list[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("@@"):
            yield '<span class="gap">…</span>'
            continue
        css, said = MARKS.get(line[:1], ("same", ""))
        spoken = f'<span class="hidden">{said}</span>' if said else ""
        yield f'<span class="{css}">{spoken}{text(line)}</span>'
