"""What the API server is told about a pod: phase, conditions and containers, from what the node knows.

Pure: the same facts give the same document. Times of conditions move only when the condition changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from wherry.agent.container_record import ContainerRecord, Role, Stage, Termination
from wherry.agent.pod_facts import PodFacts
from wherry.api.core.pod import Pod, PodCondition
from wherry.api.core.qos import compute_qos_class
from wherry.apimachinery.document import Document
from wherry.apimachinery.timestamps import format_time

RUNTIME_SCHEME = "crun"
# The one limit of the real kubelet on all conditions, reasons and messages is the object's size; this one
# keeps a pod with endless last words small.
MESSAGE_BYTES_MAX = 4096


def compute_status(
    facts: PodFacts, *, host_ip: str, previous: Mapping[str, PodCondition], scheme: str = RUNTIME_SCHEME
) -> Document:
    """The status document of a pod as of `facts.now`.

    Args:
        facts: the pod and its records.
        host_ip: the node's address.
        previous: the conditions reported before, by type; they keep their times while unchanged.
        scheme: the runtime's name before `://` in container ids.
    """
    pod = facts.pod
    phase = compute_phase(facts)
    init = list(facts.with_role(Role.INIT, Role.SIDECAR))
    apps = list(facts.with_role(Role.APP))
    status: Document = {
        "observedGeneration": pod.metadata.generation,
        "phase": phase,
        "conditions": _conditions(facts, phase, previous),
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "startTime": format_time(facts.start_time_s),
        "containerStatuses": [_container(facts, record, scheme) for record in apps],
        "qosClass": compute_qos_class(pod.spec),
    }
    if init:
        status["initContainerStatuses"] = [_container(facts, record, scheme) for record in init]
    if added := list(facts.with_role(Role.EPHEMERAL)):
        status["ephemeralContainerStatuses"] = [_container(facts, record, scheme) for record in added]
    ip = host_ip if pod.spec.host_network else facts.pod_ip
    if ip:
        status["podIP"] = ip
        known = {one.ip for one in pod.status.pod_ips}
        # Strategic merge joins podIPs by address; a pod that got another one must not keep the old.
        replace: list[Document] = [{"$patch": "replace"}] if known - {ip} else []
        status["podIPs"] = [*replace, {"ip": ip}]
    if facts.ending is not None and facts.ending.reason:
        status["reason"], status["message"] = facts.ending.reason, facts.ending.message
    return status


def compute_phase(facts: PodFacts) -> str:
    """Pending, Running, Succeeded or Failed."""
    apps = list(facts.with_role(Role.APP))
    # Guests count, too: while something runs, nobody may take the pod for one of which nothing is left.
    alive = any(r.stage in (Stage.RUNNING, Stage.POST_START) for r in facts.records.values())
    if facts.ending is not None and not alive and facts.ending.cause != "gone":
        if facts.ending.reason:
            return "Failed"
        if all(record.stage is Stage.EXITED for record in apps) or facts.ending.cause == "finished":
            return "Succeeded" if all(record.has_succeeded for record in apps) else "Failed"
    if (
        facts.ending is not None
        and facts.ending.cause == "finished"
        and facts.pod.status.phase in ("Succeeded", "Failed")
    ):
        return facts.pod.status.phase
    began = all(record.container_id or record.last or record.termination for record in apps)
    return "Running" if began and any(_has_run(record) for record in apps) else "Pending"


def _has_run(record: ContainerRecord) -> bool:
    return record.stage in (Stage.RUNNING, Stage.EXITED) or record.last is not None


def _conditions(facts: PodFacts, phase: str, previous: Mapping[str, PodCondition]) -> list[Document]:
    sandbox_up = bool(facts.sandbox is Stage.RUNNING and facts.sandbox_id)
    init = list(facts.with_role(Role.INIT, Role.SIDECAR))
    apps = list(facts.with_role(Role.APP, Role.SIDECAR))
    finished = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase, "")
    began = any(record.stage is not Stage.WAITING or record.attempt for record in facts.with_role(Role.APP))
    done = {r.name for r in init if (r.has_started if r.role is Role.SIDECAR else r.has_succeeded)}
    waiting = [] if began else [r.name for r in init if r.name not in done]
    initialized = ("True", finished if phase == "Succeeded" else "", "")
    if waiting and phase != "Succeeded":
        initialized = ("False", "ContainersNotInitialized", _listed("containers with incomplete status", waiting))
    unready = [record.name for record in apps if not record.is_ready]
    if finished:
        containers_ready = ("False", finished, "")
    elif unready:
        containers_ready = ("False", "ContainersNotReady", _listed("containers with unready status", unready))
    else:
        containers_ready = ("True", "", "")
    ready = containers_ready
    if ready[0] == "True" and (gates := _closed_gates(facts.pod)):
        ready = ("False", "ReadinessGatesNotReady", ", ".join(gates))
    wanted = (
        ("PodReadyToStartContainers", ("True" if sandbox_up else "False", "", "")),
        ("Initialized", initialized),
        ("Ready", ready),
        ("ContainersReady", containers_ready),
    )
    return [_condition(facts, previous.get(kind), kind, *values) for kind, values in wanted]


def _closed_gates(pod: Pod) -> list[str]:
    """What keeps a pod whose containers are ready from being ready itself."""
    known = {condition.type: condition.status for condition in pod.status.conditions}
    closed = []
    for gate in pod.spec.readiness_gates:
        name, status = gate.condition_type, known.get(gate.condition_type)
        if status is None:
            closed.append(f'corresponding condition of pod readiness gate "{name}" does not exist.')
        elif status != "True":
            closed.append(f'the status of pod readiness gate "{name}" is not "True", but {status}')
    return closed


def _listed(text: str, names: Iterable[str]) -> str:
    return f"{text}: [{' '.join(names)}]"


def _condition(
    facts: PodFacts, before: PodCondition | None, kind: str, status: str, reason: str, message: str
) -> Document:
    changed_at = format_time(facts.now.wall_s)
    if before is not None and before.status == status and before.last_transition_time:
        changed_at = before.last_transition_time
    condition: Document = {
        "type": kind,
        "status": status,
        "observedGeneration": facts.pod.metadata.generation,
        "lastProbeTime": None,
        "lastTransitionTime": changed_at,
    }
    # A merge keeps what is not mentioned, so a reason that is gone has to be said to be gone.
    condition["reason"] = reason or (None if before is not None and before.reason else "")
    condition["message"] = message or (None if before is not None and before.message else "")
    return {key: value for key, value in condition.items() if value != ""}


def _container(facts: PodFacts, record: ContainerRecord, scheme: str) -> Document:
    status: Document = {
        "name": record.name,
        "state": _state(facts, record, scheme),
        "lastState": {"terminated": _terminated(record.last, scheme)} if record.last is not None else {},
        "ready": record.is_ready,
        "restartCount": record.restart_count,
        "image": record.image or record.spec.image,
        "imageID": record.image_id,
    }
    if record.role is not Role.EPHEMERAL:
        status["started"] = record.has_started
    container_id = record.container_id or (record.last.container_id if record.last is not None else "")
    if container_id:
        status["containerID"] = f"{scheme}://{container_id}"
    return status


def _state(facts: PodFacts, record: ContainerRecord, scheme: str) -> Document:
    if record.stage is Stage.RUNNING:
        return {"running": {"startedAt": format_time(record.started_at_s)}}
    if record.termination is not None:
        return {"terminated": _terminated(record.termination, scheme)}
    if record.waiting_reason:
        waiting: Document = {"reason": record.waiting_reason}
        if record.waiting_message:
            waiting["message"] = record.waiting_message
        return {"waiting": waiting}
    init_exists = any(True for _ in facts.with_role(Role.INIT, Role.SIDECAR))
    waits = {Role.EPHEMERAL: False, Role.APP: not facts.is_initialized}.get(record.role, init_exists)
    return {"waiting": {"reason": "PodInitializing" if waits else "ContainerCreating"}}


def _terminated(termination: Termination, scheme: str) -> Document:
    document: Document = {"exitCode": termination.exit_code, "reason": termination.reason}
    if termination.started_at_s:
        document["startedAt"] = format_time(termination.started_at_s)
    if termination.finished_at_s:
        document["finishedAt"] = format_time(termination.finished_at_s)
    if termination.message:
        document["message"] = termination.message[:MESSAGE_BYTES_MAX]
    if termination.container_id:
        document["containerID"] = f"{scheme}://{termination.container_id}"
    return document
