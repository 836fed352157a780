"""What the API server is told about a simulated pod. Pure: the same pod and time give the same status."""

from __future__ import annotations

import msgspec

from wherry.api.core.container import Container
from wherry.api.core.pod import (
    ContainerState,
    ContainerStateRunning,
    ContainerStateTerminated,
    ContainerStatus,
    HostIP,
    Pod,
    PodCondition,
    PodIP,
    PodStatus,
)
from wherry.api.core.qos import compute_qos_class
from wherry.apimachinery.timestamps import format_time
from wherry.reconcile.pods import condition_of, with_condition

SCHEME = "simulated"
"""Stands where a real container's id names its runtime."""


def running_status(pod: Pod, *, pod_ip: str, host_ip: str, now_s: float) -> PodStatus:
    """All containers run and are ready, the init containers have done their work."""
    now = format_time(now_s)
    ip = host_ip if pod.spec.host_network else pod_ip
    done = _ended(exit_code=0, started=now, finished=now)
    status = msgspec.structs.replace(
        pod.status,
        phase="Running",
        reason="",
        message="",
        observed_generation=pod.metadata.generation,
        start_time=pod.status.start_time or now,
        host_ip=host_ip,
        host_ips=(HostIP(ip=host_ip),),
        pod_ip=ip,
        pod_ips=(PodIP(ip=ip),),
        qos_class=compute_qos_class(pod.spec),
        init_container_statuses=tuple(
            _container(pod, each, _running(now) if each.restart_policy == "Always" else done, ready=True)
            for each in pod.spec.init_containers
        ),
        container_statuses=tuple(_container(pod, each, _running(now), ready=True) for each in pod.spec.containers),
    )
    return with_readiness(pod, status, now_s)


def ended_status(pod: Pod, *, exit_code: int, now_s: float) -> PodStatus:
    """All containers have ended with this exit code."""
    now = format_time(now_s)
    ended = _ended(exit_code=exit_code, started=pod.status.start_time or now, finished=now)
    phase, reason = ("Failed", "PodFailed") if exit_code else ("Succeeded", "PodCompleted")
    status = msgspec.structs.replace(
        pod.status,
        phase=phase,
        container_statuses=tuple(_container(pod, each, ended, ready=False) for each in pod.spec.containers),
        ephemeral_container_statuses=tuple(
            _container(pod, each, ended, ready=False) for each in pod.spec.ephemeral_containers
        ),
    )
    conditions = status.conditions
    for kind in ("Ready", "ContainersReady"):
        conditions = with_condition(conditions, PodCondition(type=kind, status="False", reason=reason), now_s)
    return msgspec.structs.replace(status, conditions=conditions)


def with_readiness(pod: Pod, status: PodStatus, now_s: float) -> PodStatus:
    """The conditions of a pod whose containers run: it is ready once its readiness gates are open."""
    closed = [gate.condition_type for gate in pod.spec.readiness_gates if not _is_open(pod, gate.condition_type)]
    ready = PodCondition(type="Ready", status="True")
    if closed:
        message = f"waiting for the readiness gates {', '.join(closed)}"
        ready = PodCondition(type="Ready", status="False", reason="ReadinessGatesNotReady", message=message)
    conditions = status.conditions
    for kind in ("PodReadyToStartContainers", "Initialized", "ContainersReady"):
        conditions = with_condition(conditions, PodCondition(type=kind, status="True"), now_s)
    return msgspec.structs.replace(status, conditions=with_condition(conditions, ready, now_s))


def with_ephemeral(pod: Pod, status: PodStatus, now_s: float) -> PodStatus:
    """The containers that somebody has added to look at the pod run, too, as far as there is anything to look at."""
    known = {one.name: one for one in status.ephemeral_container_statuses}
    new = _running(format_time(now_s))
    statuses = (
        known.get(each.name) or _container(pod, each, new, ready=False) for each in pod.spec.ephemeral_containers
    )
    return msgspec.structs.replace(status, ephemeral_container_statuses=tuple(statuses))


def _is_open(pod: Pod, gate: str) -> bool:
    condition = condition_of(pod, gate)
    return condition is not None and condition.status == "True"


def _container(pod: Pod, container: Container, state: ContainerState, *, ready: bool) -> ContainerStatus:
    return ContainerStatus(
        name=container.name,
        state=state,
        ready=ready,
        restart_count=0,
        image=container.image,
        image_id=f"{SCHEME}://{container.image}",
        container_id=f"{SCHEME}://{pod.metadata.uid}/{container.name}",
        started=state.running is not None,
    )


def _running(now: str) -> ContainerState:
    return ContainerState(running=ContainerStateRunning(started_at=now))


def _ended(*, exit_code: int, started: str, finished: str) -> ContainerState:
    reason = "Error" if exit_code else "Completed"
    return ContainerState(
        terminated=ContainerStateTerminated(
            exit_code=exit_code, reason=reason, started_at=started, finished_at=finished
        )
    )
