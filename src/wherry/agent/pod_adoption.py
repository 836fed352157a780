"""Taking over a pod that was there before the agent: its containers go on untouched.

Pure: three sources are laid side by side: what the runtime still has, what the API server was told
last, and the pod's spec. What runs is continued, what ended meanwhile is handled as any other end, and
what cannot be found any more (the machine was restarted) counts as ended in an unknown way.
"""

from __future__ import annotations

from wherry.agent import pod_events as e
from wherry.agent.container_record import ContainerRecord, Role, Stage, Termination
from wherry.agent.pod_facts import Ending, PodFacts
from wherry.api.core.pod import ContainerStateTerminated
from wherry.api.core.pod import ContainerStatus as ReportedStatus
from wherry.apimachinery.timestamps import parse_time
from wherry.runtime.interface import ContainerState

UNKNOWN_EXIT_CODE = 137
UNKNOWN_MESSAGE = "The container could not be located when the pod was terminated"


def adopt(state: PodFacts, event: e.RuntimeAdopted) -> None:
    """Bring the records of `state` up to what there is."""
    status = state.pod.status
    lists = (status.init_container_statuses, status.container_statuses, status.ephemeral_container_statuses)
    reported = {one.name: one for each in lists for one in each}
    if event.sandbox_id:
        state.sandbox, state.sandbox_id, state.pod_ip = Stage.RUNNING, event.sandbox_id, event.pod_ip
    for record in state.records.values():
        runs = [one for one in event.containers if one.status.name == record.name]
        _adopt_container(state, record, runs, reported.get(record.name))
    if state.pod.metadata.is_being_deleted:
        # The grace began when the deletion was asked for, not when this agent started.
        left_s = parse_time(state.pod.metadata.deletion_timestamp) - state.now.wall_s
        grace_s = float(state.pod.metadata.deletion_grace_period_seconds or 0)
        state.ending = Ending("deleted", state.now.monotonic_s + min(grace_s, max(0.0, left_s)))
    elif status.phase in ("Succeeded", "Failed"):
        state.ending = Ending("finished", state.now.monotonic_s, status.reason, status.message, told_final=True)
    elif any(record.is_running for record in state.records.values()):
        state.report()


def _adopt_container(
    state: PodFacts, record: ContainerRecord, runs: list[e.AdoptedContainer], reported: ReportedStatus | None
) -> None:
    if reported is not None:
        record.attempt, record.image_id = reported.restart_count, reported.image_id
        if reported.last_state is not None and reported.last_state.terminated is not None:
            record.last = _termination(reported.last_state.terminated)
    if runs:
        _adopt_run(state, record, max(runs, key=lambda run: run.status.attempt), reported)
    elif reported is not None and reported.state is not None:
        _adopt_report(state, record, reported)


def _adopt_run(
    state: PodFacts, record: ContainerRecord, run: e.AdoptedContainer, reported: ReportedStatus | None
) -> None:
    status = run.status
    before = reported.state.terminated if reported is not None and reported.state is not None else None
    if status.attempt != record.attempt and before is not None:
        record.last = _termination(before)
    record.attempt, record.container_id = status.attempt, status.id
    record.image, record.image_id, record.started_at_s = record.spec.image, status.image_id, status.started_at_s
    if status.state is ContainerState.RUNNING:
        record.stage = Stage.RUNNING
        same = reported is not None and reported.container_id.endswith(status.id)
        # A restart of the agent is no reason to take a healthy container out of service.
        record.passed_startup = record.spec.startup_probe is None or bool(same and reported and reported.started)
        record.probed_ready = record.spec.readiness_probe is None or bool(same and reported and reported.ready)
        state.start_probes(record)
        return
    if status.state is ContainerState.CREATED:
        record.previous_id, record.container_id = status.id, ""
        return
    code = UNKNOWN_EXIT_CODE if status.exit_code is None else status.exit_code
    record.stage = Stage.EXITED
    record.failed_at_s = state.now.monotonic_s - max(0.0, state.now.wall_s - status.finished_at_s)
    record.termination = Termination(
        code, status.reason, run.message, status.started_at_s, status.finished_at_s, status.id
    )
    state.report()


def _adopt_report(state: PodFacts, record: ContainerRecord, reported: ReportedStatus) -> None:
    """The runtime knows nothing of it: believe what was reported last."""
    assert reported.state is not None
    if reported.state.terminated is not None:
        record.stage, record.termination = Stage.EXITED, _termination(reported.state.terminated)
    elif reported.state.running is not None and record.role is not Role.SIDECAR:
        started_s = parse_time(reported.state.running.started_at) if reported.state.running.started_at else 0.0
        record.stage = Stage.EXITED
        record.termination = Termination(
            UNKNOWN_EXIT_CODE,
            "ContainerStatusUnknown",
            UNKNOWN_MESSAGE,
            started_s,
            state.now.wall_s,
            reported.container_id.partition("://")[2],
        )
    elif reported.state.running is not None or record.last is not None:
        record.attempt += 1  # the run that was reported is over


def _termination(terminated: ContainerStateTerminated) -> Termination:
    return Termination(
        terminated.exit_code,
        terminated.reason,
        terminated.message,
        parse_time(terminated.started_at) if terminated.started_at else 0.0,
        parse_time(terminated.finished_at) if terminated.finished_at else 0.0,
        terminated.container_id.partition("://")[2],
    )
