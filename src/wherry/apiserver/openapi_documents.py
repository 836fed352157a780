"""The parts of the API's description, and the whole: what is in them, and what they are made from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import orjson

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.definitions import KUBERNETES_VERSION
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.openapi_paths import paths_of
from wherry.apiserver.openapi_roots import resources_path, roots_of
from wherry.apiserver.openapi_schemas import ALWAYS, V2_REFS, V3_REFS, components_of
from wherry.apiserver.openapi_swagger import swagger_paths

_BEARER: Document = {
    "description": "Bearer Token authentication",
    "type": "apiKey",
    "name": "authorization",
    "in": "header",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What is described together: a group and version, or a root path.

    `paths` makes the description of the paths; `also` names schemas that they speak of besides those of the
    `resources`.
    """

    name: str
    paths: Callable[[], Document]
    resources: tuple[AnyResourceType, ...] = ()
    also: tuple[str, ...] = ALWAYS

    def facts(self) -> Iterator[bytes]:
        """What the description depends on, apart from this program."""
        yield self.name.encode()
        for each in self.resources:
            yield orjson.dumps(
                [each.group, each.version, each.kind, each.list_kind, each.plural, each.namespaced, each.verbs]
            )
            yield repr((each.subresources, each.delete_returns_object, [*each.selectable_fields])).encode()
            yield each.deprecation_warning.encode()
            if each.described is not None:
                yield each.described()

    def document(self) -> Document:
        """The description in OpenAPI 3."""
        return {
            "openapi": "3.0.0",
            "info": _info(),
            "paths": self.paths(),
            "components": {
                "schemas": components_of(self.resources, V3_REFS, also=self.also),
                "securitySchemes": {"BearerToken": _BEARER},
            },
        }


def parts_of(catalog: Catalog) -> dict[str, Part]:
    """All parts by name: `api/v1`, `apis/apps/v1`, `apis/apps`, `version`."""
    found: dict[str, Part] = {}
    for name, (paths, schema) in roots_of(catalog).items():
        found[name] = Part(name, _constant(paths), also=(schema,) if schema else ())
    for group in catalog.groups():
        for version in group.versions:
            name = f"apis/{group.group}/{version}" if group.group else f"api/{version}"
            resources = tuple(catalog.resources(group.group, version))
            found[name] = Part(name, _paths_of(group.group, version, resources), resources)
    return dict(sorted(found.items()))


def swagger_of(parts: Iterable[Part]) -> Document:
    """Everything in one document in OpenAPI 2."""
    paths: Document = {}
    resources: list[AnyResourceType] = []
    also: list[str] = []
    for part in parts:
        paths.update(swagger_paths(part.paths()))
        resources += part.resources
        also += part.also
    return {
        "swagger": "2.0",
        "info": _info(),
        "paths": dict(sorted(paths.items())),
        "definitions": components_of(resources, V2_REFS, also=also),
        "securityDefinitions": {"BearerToken": _BEARER},
        "security": [{"BearerToken": []}],
    }


def _constant(paths: Document) -> Callable[[], Document]:
    return lambda: paths


def _paths_of(group: str, version: str, resources: tuple[AnyResourceType, ...]) -> Callable[[], Document]:
    return lambda: {**resources_path(group, version), **paths_of(resources)}


def _info() -> Document:
    return {"title": "Kubernetes", "version": KUBERNETES_VERSION}
