"""The API's own description of its kinds, as published with every Kubernetes release.

It is read from the data files of the package kubernetes-validate (the code of that package is never
imported). The parsed text takes some 10 MB, so it is read when somebody asks and can be forgotten.
"""

from __future__ import annotations

import importlib.util
from functools import lru_cache
from pathlib import Path

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


@lru_cache(maxsize=1)
def definitions() -> dict[str, Document]:
    """All descriptions by name: JSON schemas that refer to each other by `#/$defs/NAME`. Not to be changed."""
    spec = importlib.util.find_spec("kubernetes_validate")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("the package kubernetes-validate, which holds the API's schemas, is not installed")
    folder = Path(spec.submodule_search_locations[0]) / "kubernetes-json-schema" / f"{KUBERNETES_VERSION}-local"
    parsed: dict[str, dict[str, Document]] = orjson.loads((folder / "_definitions.json").read_bytes())
    return parsed["$defs"]


def forget_definitions() -> None:
    """Free the memory of the descriptions; the next reader reads them again (about 10 ms)."""
    definitions.cache_clear()
