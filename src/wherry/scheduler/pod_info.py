"""What a pod asks of a node, worked out once: its requests, its host ports, its images."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from wherry.api.core.container import Container
from wherry.api.core.pod import Pod
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.quantity import QuantityText, milli_value, value

CPU, MEMORY, EPHEMERAL_STORAGE, PODS_RESOURCE = "cpu", "memory", "ephemeral-storage", "pods"

# What a container that asks for nothing is counted as when nodes are compared, so that a hundred of them
# do not all land on one node. Source: kubernetes pkg/scheduler/util/pod_resources.go.
DEFAULT_CPU_MILLI = 100
DEFAULT_MEMORY_BYTES = 200 << 20

Amounts = dict[str, int]
"""Resource name -> amount: thousandths for cpu, whole units (bytes, pieces) for everything else."""


class HostPort(NamedTuple):
    """A port of the node itself that a container wants; `ip` "0.0.0.0" is every address."""

    ip: str
    protocol: str
    port: int


@dataclass(frozen=True, slots=True, eq=False)
class PodInfo:
    """A pod and what it asks for. Never changed."""

    pod: Pod
    key: ObjectKey
    uid: str
    requests: Amounts
    scored_cpu_milli: int
    scored_memory_bytes: int
    host_ports: frozenset[HostPort]
    images: tuple[str, ...]


def pod_info(pod: Pod) -> PodInfo:
    """Work out what `pod` asks for."""
    spec = pod.spec
    scored = total_requests(spec.init_containers, spec.containers, scored=True)
    requests = total_requests(spec.init_containers, spec.containers)
    overhead = {resource: amount(resource, quantity) for resource, quantity in spec.overhead.items()}
    _add(scored, overhead)
    _add(requests, overhead)
    return PodInfo(
        pod=pod,
        key=pod.metadata.key,
        uid=pod.metadata.uid,
        requests=requests,
        scored_cpu_milli=scored[CPU],
        scored_memory_bytes=scored[MEMORY],
        host_ports=frozenset(_host_ports(spec.containers) + _host_ports(_sidecars(spec.init_containers))),
        images=tuple(container.image for container in spec.containers),
    )


def amount(resource: str, quantity: QuantityText) -> int:
    """A quantity in the unit that Amounts use for `resource`."""
    return _amount(resource, str(quantity))


def total_requests(
    init_containers: tuple[Container, ...], containers: tuple[Container, ...], *, scored: bool = False
) -> Amounts:
    """What must be free for the pod's whole life.

    Its containers run together with its sidecars (init containers that restart always); before that
    each init container runs alone with the sidecars that came before it. The larger of the two counts.
    `scored` fills in the defaults for comparing nodes. Source: kubernetes component-helpers, PodRequests.
    """
    running: Amounts = {}
    starting: Amounts = {}
    sidecars: Amounts = {}
    for container in containers:
        _add(running, _requests(container, scored=scored))
    for container in init_containers:
        wants = _requests(container, scored=scored)
        if container.restart_policy == "Always":
            _add(running, wants)
            _add(sidecars, wants)
            wants = dict(sidecars)
        else:
            _add(wants, sidecars)
        for resource, size in wants.items():
            starting[resource] = max(starting.get(resource, 0), size)
    return {resource: max(running.get(resource, 0), starting.get(resource, 0)) for resource in {**running, **starting}}


def _requests(container: Container, *, scored: bool) -> Amounts:
    requests = container.resources.requests if container.resources else {}
    wants = {resource: amount(resource, quantity) for resource, quantity in requests.items()}
    if scored:
        wants.setdefault(CPU, DEFAULT_CPU_MILLI)
        wants.setdefault(MEMORY, DEFAULT_MEMORY_BYTES)
    return wants


def _add(total: Amounts, more: Amounts) -> None:
    for resource, size in more.items():
        total[resource] = total.get(resource, 0) + size


def _sidecars(init_containers: tuple[Container, ...]) -> tuple[Container, ...]:
    return tuple(container for container in init_containers if container.restart_policy == "Always")


def _host_ports(containers: tuple[Container, ...]) -> list[HostPort]:
    return [
        HostPort(port.host_ip or "0.0.0.0", port.protocol or "TCP", port.host_port)  # noqa: S104 - compared, not bound
        for container in containers
        for port in container.ports
        if port.host_port
    ]


@lru_cache(maxsize=4096)
def _amount(resource: str, text: str) -> int:
    return milli_value(text) if resource == CPU else value(text)
