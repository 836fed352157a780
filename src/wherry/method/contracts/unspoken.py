"""Traffic without a contract: who talks to whom on a node, held against what has been agreed.

The kernel of a node follows every connection (`/proc/net/nf_conntrack`, or what `conntrack -L` prints):

    tcp 6 100 ESTABLISHED src=10.1.0.4 dst=10.96.3.7 sport=388 dport=80 src=10.1.0.9 dst=10.1.0.4 sport=8080 dport=388

The first pair is what the caller asked for, the second where the answer comes from: behind a Service, the pod itself.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from wherry.api.core.pod import Pod
from wherry.api.core.pod_addresses import last_pods_by_address

CONNECTION = re.compile(r"\btcp\b.*?\bsrc=(\S+) .*?\bsrc=(\S+) dst=\S+ sport=(\d+)")
# How the world labels the pods of a service; the first one that a pod has counts.
SERVICE_LABELS = ("wherry.dev/service", "app.kubernetes.io/name", "k8s-app", "app")


@dataclass(frozen=True, slots=True)
class Connection:
    """Somebody at `source` has reached `target`, at a port. All are addresses."""

    source: str
    target: str
    port: int


@dataclass(frozen=True, slots=True)
class Unspoken:
    """A service uses another and there is no contract between them."""

    consumer: str
    provider: str
    port: int
    connections: int


def read_connections(text: str) -> list[Connection]:
    """The TCP connections in a kernel's table; other lines are skipped."""
    found = (CONNECTION.search(line) for line in text.splitlines())
    return [Connection(match[1], match[2], int(match[3])) for match in found if match]


def service_of(pod: Pod) -> str:
    """Which service a pod belongs to; "" when its labels do not say."""
    labels = pod.metadata.labels
    return next((labels[name] for name in SERVICE_LABELS if labels.get(name)), "")


def services_by_address(pods: Iterable[Pod]) -> dict[str, str]:
    """Which service an address belongs to, or did until its pod ended."""
    return {address: service for address, pod in last_pods_by_address(pods).items() if (service := service_of(pod))}


def find_unspoken(
    connections: Iterable[Connection], owners: Mapping[str, str], spoken: Iterable[tuple[str, str]]
) -> list[Unspoken]:
    """The traffic between services for which there is no contract, most of it first.

    Args:
        owners: the service of each address; what belongs to none (a node, a probe, the world) is left out.
        spoken: (consumer, provider) of each contract.
    """
    agreed = set(spoken)
    seen = Counter(
        (owners[one.source], owners[one.target], one.port)
        for one in connections
        if one.source in owners and one.target in owners
    )
    found = [
        Unspoken(consumer, provider, port, count)
        for (consumer, provider, port), count in seen.items()
        if consumer != provider and (consumer, provider) not in agreed
    ]
    return sorted(found, key=lambda one: (-one.connections, one.consumer, one.provider, one.port))


def find_unused(
    connections: Iterable[Connection], owners: Mapping[str, str], spoken: Iterable[tuple[str, str]]
) -> list[tuple[str, str]]:
    """The contracts that nobody was seen to use, though both sides run: (consumer, provider), by name."""
    running = set(owners.values())
    seen = {(owners.get(one.source), owners.get(one.target)) for one in connections}
    return sorted(pair for pair in set(spoken) if pair not in seen and running.issuperset(pair))
