"""How much the node, its pods and their containers use: as a kubelet tells it, for metrics-server and for people.

Only what the kernel counts is told. There is no rate: that takes two looks, and whoever wants it takes them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time
from wherry.runtime.interface import ContainerUsage

NS = 1e9


@dataclass(frozen=True, slots=True)
class ContainerStats:
    """One running container."""

    name: str
    started_at_s: float
    usage: ContainerUsage


@dataclass(frozen=True, slots=True)
class PodStats:
    """One pod with its running containers."""

    pod: Pod
    containers: Sequence[ContainerStats]

    @property
    def usage(self) -> ContainerUsage:
        """All of them together."""
        return total(each.usage for each in self.containers)


@dataclass(frozen=True, slots=True)
class NodeStats:
    """The node at one moment (wall-clock seconds)."""

    name: str
    now_s: float
    usage: ContainerUsage
    memory_free_bytes: int
    pods: Sequence[PodStats]


def total(usages: Iterator[ContainerUsage]) -> ContainerUsage:
    """Several usages together."""
    whole = ContainerUsage(0, 0, 0)
    for each in usages:
        whole = ContainerUsage(
            whole.cpu_ns + each.cpu_ns,
            whole.memory_bytes + each.memory_bytes,
            whole.working_set_bytes + each.working_set_bytes,
        )
    return whole


def summary(stats: NodeStats) -> Document:
    """`/stats/summary`."""
    at = format_time(stats.now_s)
    node: Document = {"nodeName": stats.name, **_amounts(stats.usage, at)}
    memory = node["memory"]
    assert isinstance(memory, dict)
    memory["availableBytes"] = stats.memory_free_bytes
    return {"node": node, "pods": [_pod(each, at) for each in stats.pods]}


def _pod(stats: PodStats, at: str) -> Document:
    meta = stats.pod.metadata
    containers: list[Document] = [
        {"name": each.name, "startTime": format_time(each.started_at_s), **_amounts(each.usage, at)}
        for each in stats.containers
    ]
    return {
        "podRef": {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid},
        "startTime": stats.pod.status.start_time or meta.creation_timestamp,
        "containers": containers,
        **_amounts(stats.usage, at),
    }


def _amounts(usage: ContainerUsage, at: str) -> Document:
    memory: Document = {"time": at, "usageBytes": usage.memory_bytes, "workingSetBytes": usage.working_set_bytes}
    return {"cpu": {"time": at, "usageCoreNanoSeconds": usage.cpu_ns}, "memory": memory}


def resource_metrics(stats: NodeStats) -> str:
    """`/metrics/resource`, in Prometheus' text form: what metrics-server reads."""
    at_ms = int(stats.now_s * 1000)
    pods = [(_labels(namespace=each.pod.metadata.namespace, pod=each.pod.metadata.name), each) for each in stats.pods]
    containers = [
        (
            _labels(container=each.name, namespace=one.pod.metadata.namespace, pod=one.pod.metadata.name),
            each,
        )
        for one in stats.pods
        for each in one.containers
    ]
    families = (
        ("container_cpu_usage_seconds_total", "counter", [(at, each.usage.cpu_ns / NS) for at, each in containers]),
        (
            "container_memory_working_set_bytes",
            "gauge",
            [(at, each.usage.working_set_bytes) for at, each in containers],
        ),
        ("container_start_time_seconds", "gauge", [(at, each.started_at_s) for at, each in containers]),
        ("node_cpu_usage_seconds_total", "counter", [("", stats.usage.cpu_ns / NS)]),
        ("node_memory_working_set_bytes", "gauge", [("", stats.usage.working_set_bytes)]),
        ("pod_cpu_usage_seconds_total", "counter", [(at, each.usage.cpu_ns / NS) for at, each in pods]),
        ("pod_memory_working_set_bytes", "gauge", [(at, each.usage.working_set_bytes) for at, each in pods]),
    )
    lines: list[str] = []
    for name, kind, samples in families:
        lines.append(f"# TYPE {name} {kind}")
        lines += [f"{name}{labels} {_number(value)} {at_ms}" for labels, value in samples]
    return "\n".join([*lines, "# TYPE resource_scrape_error gauge", "resource_scrape_error 0", ""])


def own_metrics(stats: NodeStats) -> str:
    """`/metrics`: what the agent has to do."""
    running = sum(len(each.containers) for each in stats.pods)
    return "\n".join(
        (
            "# TYPE kubelet_node_name gauge",
            f"kubelet_node_name{_labels(node=stats.name)} 1",
            "# TYPE kubelet_running_pods gauge",
            f"kubelet_running_pods {sum(1 for each in stats.pods if each.containers)}",
            "# TYPE kubelet_running_containers gauge",
            f'kubelet_running_containers{{container_state="running"}} {running}',
            "",
        )
    )


def _number(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _labels(**values: str) -> str:
    # Names of pods and containers are DNS labels: there is nothing to escape.
    return "{" + ",".join(f'{name}="{value}"' for name, value in values.items()) + "}"
