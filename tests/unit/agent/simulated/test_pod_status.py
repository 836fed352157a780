from __future__ import annotations

import msgspec

from suites.controller_objects import NOW_S, pod
from wherry.agent.simulated.pod_status import ended_status, running_status, with_ephemeral, with_readiness
from wherry.api.core.container import Container, EphemeralContainer
from wherry.api.core.pod import Pod, PodCondition, PodReadinessGate, PodSpec, PodStatus

SPEC = PodSpec(
    init_containers=(
        Container(name="first", image="i:1"),
        Container(name="side", image="s:1", restart_policy="Always"),
    ),
    containers=(Container(name="web", image="w:1"),),
)


def conditions(status: PodStatus) -> dict[str, str]:
    return {condition.type: condition.status for condition in status.conditions}


def fresh(spec: PodSpec = SPEC) -> Pod:
    return msgspec.structs.replace(pod("a", spec=spec), status=PodStatus(phase="Pending"))


def test_a_running_pod_has_all_that_clients_read() -> None:
    status = running_status(fresh(), pod_ip="100.64.0.1", host_ip="198.18.0.1", now_s=NOW_S)
    assert status.phase == "Running"
    assert (status.pod_ip, status.host_ip, status.pod_ips[0].ip) == ("100.64.0.1", "198.18.0.1", "100.64.0.1")
    assert set(conditions(status).values()) == {"True"}
    assert set(conditions(status)) >= {"Ready", "ContainersReady", "Initialized", "PodReadyToStartContainers"}
    (web,) = status.container_statuses
    assert web.state is not None
    assert web.ready
    assert web.state.running is not None
    first, side = status.init_container_statuses
    assert first.state is not None
    assert first.state.terminated is not None
    assert first.state.terminated.reason == "Completed"
    assert side.state is not None
    assert side.state.running is not None


def test_a_pod_on_the_hosts_network_has_the_hosts_address() -> None:
    spec = msgspec.structs.replace(SPEC, host_network=True)
    status = running_status(fresh(spec), pod_ip="100.64.0.1", host_ip="198.18.0.1", now_s=NOW_S)
    assert status.pod_ip == "198.18.0.1"


def test_a_closed_readiness_gate_keeps_a_pod_from_being_ready() -> None:
    spec = msgspec.structs.replace(SPEC, readiness_gates=(PodReadinessGate(condition_type="example.com/open"),))
    waiting = fresh(spec)
    status = running_status(waiting, pod_ip="100.64.0.1", host_ip="198.18.0.1", now_s=NOW_S)
    assert (conditions(status)["Ready"], conditions(status)["ContainersReady"]) == ("False", "True")
    gate = PodCondition(type="example.com/open", status="True")
    opened = msgspec.structs.replace(
        waiting, status=msgspec.structs.replace(status, conditions=(*status.conditions, gate))
    )
    assert conditions(with_readiness(opened, opened.status, NOW_S))["Ready"] == "True"


def test_an_ended_pod_says_how_it_ended() -> None:
    for exit_code, phase, reason in ((0, "Succeeded", "Completed"), (1, "Failed", "Error")):
        status = ended_status(pod("a", spec=SPEC), exit_code=exit_code, now_s=NOW_S)
        (web,) = status.container_statuses
        assert web.state is not None
        assert web.state.terminated is not None
        assert (status.phase, web.state.terminated.reason, web.ready) == (phase, reason, False)
        assert conditions(status)["Ready"] == "False"


def test_what_is_added_to_look_at_a_pod_runs_once_and_ends_with_it() -> None:
    spec = msgspec.structs.replace(SPEC, ephemeral_containers=(EphemeralContainer(name="look", image="l:1"),))
    one = fresh(spec)
    status = with_ephemeral(one, one.status, NOW_S)
    assert status == with_ephemeral(one, status, NOW_S + 60), "its start does not move"
    (look,) = status.ephemeral_container_statuses
    assert look.state is not None
    assert (look.state.running is not None, look.ready) == (True, False)
    (ended,) = ended_status(one, exit_code=0, now_s=NOW_S).ephemeral_container_statuses
    assert ended.state is not None
    assert ended.state.terminated is not None
