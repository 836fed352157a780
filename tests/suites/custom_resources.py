"""An API server that serves custom resources, and definitions to give to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from suites.api_harness import Api, make_api
from wherry.apimachinery.document import Document
from wherry.kit.clock import FakeClock
from wherry.kit.tasks import TaskScope

GROUP = "example.com"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
WIDGETS = f"/apis/{GROUP}/v1/namespaces/default/widgets"


def version_of(schema: Document | None = None, name: str = "v1", **more: object) -> Document:
    """One version; `schema` describes the whole object."""
    made: Document = {"name": name, "served": True, "storage": True}
    made["schema"] = {"openAPIV3Schema": schema or {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    return made | more


def definition(*versions: Document, kind: str = "Widget", group: str = GROUP, **names: object) -> Document:
    """A definition of namespaced objects."""
    plural = str(names.get("plural", f"{kind.lower()}s"))
    all_names: Document = {"plural": plural, "kind": kind}
    all_names |= names
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{plural}.{group}"},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": all_names,
            "versions": list(versions) or [version_of()],
        },
    }


def with_spec(**properties: Document) -> Document:
    """The schema of an object whose spec has these fields."""
    return {"type": "object", "properties": {"spec": {"type": "object", "properties": properties}}}


def widget(spec: object = None, name: str = "one", version: str = "v1", **more: object) -> Document:
    """An object."""
    made: Document = {"apiVersion": f"{GROUP}/{version}", "kind": "Widget", "metadata": {"name": name}}
    made |= more
    return made if spec is None else {**made, "spec": spec}


@asynccontextmanager
async def serving(*definitions: Document, clock: FakeClock | None = None) -> AsyncIterator[Api]:
    """A server that has these definitions and follows their changes."""
    api = await make_api(clock)
    async with TaskScope("test") as scope:
        running = scope.start("custom-resources", api.server.custom_resources.run())
        for each in definitions:
            await api.must("POST", DEFINITIONS, each)
        await api.server.custom_resources.load()
        yield api
        running.cancel()
