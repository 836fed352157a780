"""Whose an address is now: a pod that has ended still says which one it had, and another may have it since."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.core.pod import Pod

ENDED = frozenset(("Succeeded", "Failed"))


def pods_by_address(pods: Iterable[Pod]) -> dict[str, Pod]:
    """The pod at each address. Those on their node's own address are left out: it is shared."""
    return {
        pod.status.pod_ip: pod
        for pod in pods
        if pod.status.pod_ip and not pod.spec.host_network and pod.status.phase not in ENDED
    }


def last_pods_by_address(pods: Iterable[Pod]) -> dict[str, Pod]:
    """The same, and where no pod is now the one that was there last: a kernel remembers who has talked for a while."""
    known = tuple(pods)
    came = sorted(known, key=lambda pod: pod.metadata.creation_timestamp)
    had = {pod.status.pod_ip: pod for pod in came if pod.status.pod_ip and not pod.spec.host_network}
    return had | pods_by_address(known)
