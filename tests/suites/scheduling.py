"""Nodes and pods for the scheduler's tests, in a line each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import msgspec

from wherry.api.core.node import NODES, Node
from wherry.api.core.persistent_volume import PersistentVolume
from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.api.core.pod import PODS, Pod
from wherry.api.storage.storageclass import StorageClass
from wherry.client.indexer import Indexer
from wherry.scheduler.framework import Facts

NOTHING: Mapping[str, str] = MappingProxyType({})


def make_node(
    name: str,
    *,
    cpu: str = "4",
    memory: str = "8Gi",
    pods: str = "110",
    labels: Mapping[str, str] = NOTHING,
    taints: Sequence[Mapping[str, str]] = (),
    images: Mapping[str, int] | None = None,
    unschedulable: bool = False,
    extended: Mapping[str, str] = NOTHING,
) -> Node:
    allocatable: dict[str, object] = {"cpu": cpu, "memory": memory, "pods": pods, **extended}
    return NODES.from_document(
        {
            "metadata": {"name": name, "uid": f"node-{name}", "labels": dict(labels)},
            "spec": {"taints": [dict(taint) for taint in taints], "unschedulable": unschedulable},
            "status": {
                "allocatable": allocatable,
                "images": [{"names": [image], "sizeBytes": size} for image, size in (images or {}).items()],
            },
        }
    )


def make_pod(
    name: str, *, spec: Mapping[str, object] = NOTHING, uid: str = "", version: int = 1, **requests: str
) -> Pod:
    """`requests` are those of its one container."""
    return make_pod_with(name, requests, spec=spec, uid=uid, version=version)


def make_pod_with(
    name: str,
    requests: Mapping[str, str],
    *,
    spec: Mapping[str, object] = NOTHING,
    uid: str = "",
    version: int = 1,
) -> Pod:
    """For resources whose name is not a Python name."""
    resources = {"requests": dict(requests)}
    container = {"name": "app", "image": "app:1", "resources": resources}
    return PODS.from_document(
        {
            "metadata": {
                "name": name,
                "namespace": "default",
                "uid": uid or f"pod-{name}",
                "resourceVersion": str(version),
            },
            "spec": {"containers": [container], "schedulerName": "default-scheduler", **spec},
        }
    )


def bound(pod: Pod, node_name: str) -> Pod:
    """The same pod as the API server shows it once it has a node."""
    version = str(int(pod.metadata.resource_version) + 1)
    return msgspec.structs.replace(
        pod,
        metadata=msgspec.structs.replace(pod.metadata, resource_version=version),
        spec=msgspec.structs.replace(pod.spec, node_name=node_name),
    )


def make_facts(
    claims: Sequence[PersistentVolumeClaim] = (),
    volumes: Sequence[PersistentVolume] = (),
    classes: Sequence[StorageClass] = (),
) -> Facts:
    claim_index: Indexer[PersistentVolumeClaim] = Indexer()
    volume_index: Indexer[PersistentVolume] = Indexer()
    class_index: Indexer[StorageClass] = Indexer()
    for claim in claims:
        claim_index.put(claim)
    for volume in volumes:
        volume_index.put(volume)
    for storage_class in classes:
        class_index.put(storage_class)
    return Facts(claim_index, volume_index, class_index)
