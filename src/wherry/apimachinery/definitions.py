"""The API's own description of its kinds, as published with every Kubernetes release.

It is read from the data files of the package kubernetes-validate (the code of that package is never
imported). The parsed text would take 5 MB, so only where each description stands is kept (0.2 MB); it is read when
somebody asks.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

import msgspec
import orjson

from wherry.apimachinery.document import Document

KUBERNETES_VERSION = "v1.36.0"
"""The release whose kinds are described."""

REF_PREFIX = "#/$defs/"

META = "io.k8s.apimachinery.pkg.apis.meta.v1"
OBJECT_META = f"{META}.ObjectMeta"

_PREFIXES = {
    "apiextensions.k8s.io": "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions",
    "apiregistration.k8s.io": "io.k8s.kube-aggregator.pkg.apis.apiregistration",
    "meta.k8s.io": "io.k8s.apimachinery.pkg.apis.meta",
    "internal.apiserver.k8s.io": "io.k8s.api.apiserverinternal",
}


def definition_name(group: str, version: str, kind: str) -> str:
    """The name of a kind's description, such as `io.k8s.api.apps.v1.Deployment`."""
    prefix = _PREFIXES.get(group) or f"io.k8s.api.{group.split('.')[0] or 'core'}"
    return f"{prefix}.{version}.{kind}"


# A kind is compiled from some thirty descriptions, the largest of which are asked for again and again.
READ_MAX = 64


class _Text(msgspec.Struct):
    defs: dict[str, msgspec.Raw] = msgspec.field(name="$defs")


class Definitions(Mapping[str, Document]):
    """All descriptions by name, each read from the file when somebody asks for it. Not to be changed."""

    def __init__(self, file: Path) -> None:
        """`file` holds them under `$defs`."""
        self._file = file
        self._places: dict[str, tuple[int, int]] = {}
        self._read = lru_cache(maxsize=READ_MAX)(self._parse)
        text, end = file.read_bytes(), 0
        for name, raw in msgspec.json.decode(text, type=_Text).defs.items():
            definition = bytes(raw)
            start = text.index(definition, end)
            end = start + len(definition)
            self._places[name] = (start, len(definition))

    def __getitem__(self, name: str) -> Document:
        """One description."""
        return self._read(name)

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name; nothing is read."""
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        """The names."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._places)

    def _parse(self, name: str) -> Document:
        start, length = self._places[name]
        with self._file.open("rb") as file:
            _ = file.seek(start)
            found: Document = orjson.loads(file.read(length))
        return found


@lru_cache(maxsize=1)
def definitions() -> Definitions:
    """All descriptions by name: JSON schemas that refer to each other by `#/$defs/NAME`."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package kubernetes-validate, which holds the API's schemas, is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema" / f"{KUBERNETES_VERSION}-local"
    return Definitions(folder / "_definitions.json")
