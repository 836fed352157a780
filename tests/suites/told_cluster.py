"""Objects of a small cluster for tests of what a person sees, and a model that is fed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

import msgspec

from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.informer import Informer
from wherry.kit.clock import FakeClock
from wherry.narrate.model import ReadModel

T = TypeVar("T", bound=msgspec.Struct)


class HandFed:
    """A read-model whose informers a test feeds."""

    def __init__(self) -> None:
        self.informers: dict[str, Informer[msgspec.Struct]] = {}
        self.revision = 0
        self.model = ReadModel(self._informer, this_host="laptop")

    def _informer(self, resource: ResourceType[T], /) -> Informer[T]:
        made = Informer(resource, FakeClock())
        self.informers[resource.kind] = made  # type: ignore[assignment]
        return made

    def put(self, resource: ResourceType[T], document: Document) -> T:
        self.revision += 1
        version = str(self.revision)
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        thing = resource.from_document({**document, "metadata": {**metadata, "resourceVersion": version}})
        self.informers[resource.kind].change(thing, version)
        return thing

    def remove(self, resource: ResourceType[T], thing: T) -> None:
        self.revision += 1
        self.informers[resource.kind].remove(thing, str(self.revision))


def meta(name: str, namespace: str = "default", *, owner: tuple[str, str] | None = None, **more: object) -> Document:
    """Metadata; `owner` is (kind, name) of the controller, whose uid is KIND-NAME."""
    made: Document = {"name": name, "uid": f"uid-{namespace}-{name}", "creationTimestamp": "2026-11-23T07:00:00Z"}
    if namespace:
        made["namespace"] = namespace
    if owner is not None:
        kind, owner_name = owner
        reference = {"apiVersion": "apps/v1", "kind": kind, "name": owner_name, "controller": True}
        made["ownerReferences"] = [{**reference, "uid": f"uid-{namespace}-{owner_name}"}]
    return {**made, **more}


def node(name: str, *, ready: bool = True, labels: Mapping[str, str] | None = None, **spec: object) -> Document:
    return {
        "metadata": meta(name, "", labels=dict(labels or {})),
        "spec": spec,
        "status": {
            "allocatable": {"cpu": "4", "memory": "8Gi", "pods": "110"},
            "conditions": [{"type": "Ready", "status": "True" if ready else "Unknown", "message": "no heartbeat"}],
        },
    }


RUNNING: Document = {"running": {"startedAt": "2026-11-23T07:00:00Z"}}


def container_status(state: Document, *, ready: bool = False, restarts: int = 0, **more: object) -> Document:
    return {
        "name": "c", "image": "web:1", "imageID": "", "ready": ready, "restartCount": restarts, "state": state, **more
    }  # fmt: skip


def pod(
    name: str,
    on: str = "",
    *,
    namespace: str = "default",
    owner: tuple[str, str] | None = None,
    status: Document | None = None,
    labels: Mapping[str, str] | None = None,
    **more: object,
) -> Document:
    """A pod; without a status it runs when it has a node and waits when it has none."""
    running: Document = {"phase": "Running", "containerStatuses": [container_status(RUNNING, ready=True)]}
    waiting: Document = {"phase": "Pending"}
    return {
        "metadata": meta(name, namespace, owner=owner, labels=dict(labels or {}), **more),
        "spec": {"nodeName": on, "containers": [{"name": "c", "image": "web:1"}]},
        "status": status if status is not None else running if on else waiting,
    }


def deployment(name: str, replicas: int, **status: object) -> Document:
    return {
        "metadata": meta(name, generation=1),
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"image": "web:1"}]}},
        },
        "status": {"observedGeneration": 1, "updatedReplicas": replicas, **status},
    }


def replica_set(name: str, of: str, replicas: int = 1) -> Document:
    return {
        "metadata": meta(name, owner=("Deployment", of)),
        "spec": {"replicas": replicas, "template": {}},
        "status": {"replicas": replicas},
    }
