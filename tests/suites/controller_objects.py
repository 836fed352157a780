"""Small typed objects for planner tests: only what a test says differs from a plain one."""

from __future__ import annotations

from typing import Any

import msgspec

from wherry.api.apps.replicaset import ReplicaSet, ReplicaSetSpec, ReplicaSetStatus
from wherry.api.core.container import Container
from wherry.api.core.node import Node, NodeCondition, NodeSpec, NodeStatus, Taint
from wherry.api.core.pod import Pod, PodCondition, PodSpec, PodStatus
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectMeta, OwnerReference
from wherry.apimachinery.timestamps import format_time

NOW_S = 1_800_000_000.0


def meta(name: str, namespace: str = "ns", **fields: Any) -> ObjectMeta:
    """An object's metadata; the uid is made from the name."""
    known = {"uid": f"uid-{name}", "resource_version": "5", "creation_timestamp": format_time(NOW_S - 3600)}
    return msgspec.structs.replace(ObjectMeta(name=name, namespace=namespace), **{**known, **fields})


def controlled_by(kind: str, name: str, api_version: str = "apps/v1") -> tuple[OwnerReference, ...]:
    """One owner that controls."""
    return (
        OwnerReference(
            api_version=api_version,
            kind=kind,
            name=name,
            uid=f"uid-{name}",
            controller=True,
            block_owner_deletion=True,
        ),
    )


def pod(
    name: str,
    *,
    ready: bool = True,
    phase: str = "Running",
    node: str = "n1",
    ip: str = "10.244.0.9",
    ready_for_s: float = 600.0,
    spec: PodSpec | None = None,
    **fields: Any,
) -> Pod:
    """A pod, ready and running unless told otherwise."""
    condition = PodCondition(
        type="Ready", status="True" if ready else "False", last_transition_time=format_time(NOW_S - ready_for_s)
    )
    return Pod(
        metadata=meta(name, **{"labels": {"app": "web"}, **fields}),
        spec=msgspec.structs.replace(spec or PodSpec(containers=(Container(name="web"),)), node_name=node),
        status=PodStatus(phase=phase, pod_ip=ip, conditions=(condition,)),
    )


def replica_set(name: str = "web", replicas: int | None = 3, *, min_ready_s: int = 0, **fields: Any) -> ReplicaSet:
    """A ReplicaSet for pods labelled app=web."""
    template = {
        "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}},
        "spec": {"containers": [{"name": "web", "image": "web:1"}], "unknownToWherry": {"x": 1}},
    }
    return ReplicaSet(
        metadata=meta(name, **{"generation": 2, **fields}),
        spec=ReplicaSetSpec(
            replicas=replicas,
            min_ready_seconds=min_ready_s,
            selector=LabelSelector(match_labels={"app": "web"}),
            template={**template},
        ),
        status=ReplicaSetStatus(replicas=0),
    )


def node(name: str = "n1", *, ready: str = "True", taints: tuple[Taint, ...] = (), **fields: Any) -> Node:
    """A node that says it is ready."""
    conditions = tuple(
        NodeCondition(type=type_, status=status, reason="KubeletSays", last_transition_time=format_time(NOW_S - 3600))
        for type_, status in (
            ("MemoryPressure", "False"),
            ("DiskPressure", "False"),
            ("PIDPressure", "False"),
            ("Ready", ready),
        )
    )
    return Node(
        metadata=meta(name, "", **{"labels": {"kubernetes.io/hostname": name}, **fields}),
        spec=NodeSpec(taints=taints),
        status=NodeStatus(conditions=conditions),
    )
