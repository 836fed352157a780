"""Requests and limits as the kernel wants them: weights, quotas, bytes, and who goes first when memory ends.

Pure. The numbers are Kubernetes' own, so that the same manifest behaves the same.
"""

from __future__ import annotations

from wherry.api.core.container import Container, ResourceRequirements
from wherry.api.core.pod import PodSpec
from wherry.api.core.qos import compute_qos_class
from wherry.apimachinery.quantity import milli_value, parse_quantity, value
from wherry.runtime.interface import Resources

SHARES_PER_CPU = 1024
SHARES_MIN = 2
PERIOD_US = 100_000
# The kernel refuses a quota below one millisecond.
QUOTA_MIN_US = 1000
OOM_GUARANTEED = -997
OOM_BEST_EFFORT = 1000
OOM_CRITICAL = -997
SYSTEM_CRITICAL_PRIORITY = 2_000_000_000
# Kubernetes leaves this to the node's owner (podPidsLimit) and OpenShift takes this number: far more than a server
# with a thread per connection needs, and too few for a fork bomb to take the machine along.
PIDS_LIMIT = 4096


def container_resources(container: Container, spec: PodSpec, node_memory_bytes: int) -> Resources:
    """The limits that a container runs under."""
    resources = container.resources or ResourceRequirements()
    limits, requests = resources.limits, resources.requests
    cpu_limit_milli = milli_value(limits["cpu"]) if "cpu" in limits else 0
    cpu_request_milli = milli_value(requests["cpu"]) if "cpu" in requests else cpu_limit_milli
    memory_limit = value(limits["memory"]) if "memory" in limits else 0
    return Resources(
        cpu_shares=max(SHARES_MIN, cpu_request_milli * SHARES_PER_CPU // 1000),
        cpu_quota_us=max(QUOTA_MIN_US, cpu_limit_milli * PERIOD_US // 1000) if cpu_limit_milli else None,
        cpu_period_us=PERIOD_US,
        memory_limit_bytes=memory_limit or None,
        pids_limit=PIDS_LIMIT,
        oom_score_adj=oom_score_adj(container, spec, node_memory_bytes),
    )


def oom_score_adj(container: Container, spec: PodSpec, node_memory_bytes: int) -> int:
    """Who is killed first when the machine has no memory left: the higher, the sooner.

    Source: kubernetes pkg/kubelet/qos, GetContainerOOMScoreAdjust.
    """
    if spec.priority is not None and spec.priority >= SYSTEM_CRITICAL_PRIORITY:
        return OOM_CRITICAL
    quality = compute_qos_class(spec)
    if quality == "Guaranteed":
        return OOM_GUARANTEED
    if quality == "BestEffort":
        return OOM_BEST_EFFORT
    amounts = container.resources or ResourceRequirements()
    asked = int(parse_quantity(amounts.requests.get("memory") or amounts.limits.get("memory", 0)))
    score = 1000 - (1000 * asked) // max(1, node_memory_bytes)
    # Never as safe as a guaranteed pod, never as exposed as a best-effort one.
    return min(OOM_BEST_EFFORT - 1, max(1000 + OOM_GUARANTEED, score))


def cgroup_parent(uid: str, spec: PodSpec) -> str:
    """The pod's own control group, named as people know it: kubepods/burstable/pod<uid>."""
    quality = compute_qos_class(spec)
    return f"/kubepods/pod{uid}" if quality == "Guaranteed" else f"/kubepods/{quality.lower()}/pod{uid}"
