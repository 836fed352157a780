"""A pod's life on a node as dialogues: `>>` is what happens, `<<` is what the state machine wants done.

`<<` checks everything wanted since the last `>>`, in order; Events are compared by reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest

from wherry.agent import pod_events as e
from wherry.agent.container_record import ALIVE, Stage
from wherry.agent.pod_state import PodState
from wherry.agent.pod_status import compute_status
from wherry.api.core.pod import Pod
from wherry.runtime.interface import ContainerState, ContainerStatus

MAKE = [e.SetTimer("first-report", 0.1), e.MakeSandbox(), e.MountVolumes()]
REPORT = e.ReportStatus()


def pod(containers: Sequence[Mapping[str, object]] | None = None, **spec: object) -> Pod:
    """A pod whose containers are called c unless said otherwise."""
    document = {
        "metadata": {"name": "web", "namespace": "default", "uid": "u1", "generation": 1},
        "spec": {"containers": containers or [{"name": "c", "image": "i:1"}], **spec},
    }
    return msgspec.convert(document, Pod)


def deleted(one: Pod, grace_s: int) -> Pod:
    """The same pod, being deleted."""
    meta = msgspec.structs.replace(
        one.metadata, deletion_timestamp="2027-01-15T08:00:30Z", deletion_grace_period_seconds=grace_s
    )
    return msgspec.structs.replace(one, metadata=meta)


class Play:
    """A state machine and what it wanted last. After each event the invariants are checked."""

    def __init__(self, one: Pod) -> None:
        self.state = PodState(one)
        self.time_s = 0.0
        self.wanted: list[object] = []

    def __rshift__(self, event: e.Event) -> Play:
        out = self.state.handle(event, e.Now(1_800_000_000.0 + self.time_s, self.time_s))
        self.wanted = [f"Emit {i.reason}" if isinstance(i, e.Emit) else i for i in out]
        self.last_emitted = [i.message for i in out if isinstance(i, e.Emit)]
        for record in self.state.records.values():
            assert record.stage not in (Stage.RUNNING, Stage.POST_START) or record.container_id
            assert not (record.is_ready and record.stage in (Stage.WAITING, Stage.BLOCKED))
        if self.state.ending is not None:
            assert not any(isinstance(i, e.StartContainer) for i in out), "started something while ending"
        return self

    def __lshift__(self, wanted: list[object]) -> Play:
        assert self.wanted == wanted
        return self

    def wait(self, seconds: float) -> Play:
        self.time_s += seconds
        return self

    def status(self) -> dict[str, Any]:
        return compute_status(self.state, host_ip="10.0.0.1", previous={})

    def phase(self) -> object:
        return self.status()["phase"]

    def state_of(self, name: str) -> dict[str, Any]:
        status = self.status()
        lists = ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses")
        return next(one for each in lists for one in status.get(each, []) if one["name"] == name)


def begun(one: Pod) -> Play:
    """Up to sandbox and volumes in place."""
    play = Play(one) >> e.PodUpdated(one)
    return play >> e.SandboxReady("u1", "10.244.0.5") << [] >> e.VolumesReady()


def running(one: Pod) -> Play:
    """With all its containers running."""
    play = begun(one)
    for name in play.state.records:
        play = play >> e.ImageReady(name, "here") >> e.ContainerStarted(name, f"{name}-0", "sha256:1", 1_800_000_000.0)
    return play


def exited(container_id: str, code: int) -> e.ContainerExited:
    return e.ContainerExited(container_id, code, 1_800_000_001.0, "Error" if code else "Completed")


def test_a_pod_starts_step_by_step_and_is_reported_once_it_runs() -> None:
    one = pod()
    play = Play(one) >> e.PodUpdated(one) << MAKE
    play = play >> e.SandboxReady("u1", "10.244.0.5") << []
    play = play >> e.VolumesReady() << [e.PullImage("c")]
    play = play >> e.ImageReady("c", "already present") << ["Emit Pulled", e.StartContainer("c", 0)]
    play = play >> e.ContainerStarted("c", "c-0", "sha256:1", 5.0) << ["Emit Created", "Emit Started", REPORT]
    assert play.phase() == "Running"
    assert play.last_emitted == ["Created container: c", "Started container c"]
    assert {c["type"]: c["status"] for c in play.status()["conditions"]} == {
        "PodReadyToStartContainers": "True",
        "Initialized": "True",
        "Ready": "True",
        "ContainersReady": "True",
    }


def test_a_run_that_was_over_before_its_start_was_noticed_did_not_end_before_it_began() -> None:
    play = begun(pod(restartPolicy="Never")) >> e.ImageReady("c", "")
    play = play >> e.ContainerStarted("c", "c-0", "sha256:1", 1_800_000_001.5) >> exited("c-0", 0)
    ended = play.state_of("c")["state"]["terminated"]
    assert ended["startedAt"] == ended["finishedAt"]


def test_a_slow_pod_is_reported_as_being_created() -> None:
    one = pod()
    play = Play(one) >> e.PodUpdated(one) >> e.TimerFired("first-report") << [REPORT]
    assert play.phase() == "Pending"
    assert play.state_of("c")["state"] == {"waiting": {"reason": "ContainerCreating"}}


def test_the_first_restart_is_immediate_and_the_next_ones_wait_longer_and_longer() -> None:
    play = running(pod())
    play = play.wait(1) >> exited("c-0", 7) << [e.StopProbes("c"), REPORT, e.PullImage("c")]
    waits = []
    for attempt in range(1, 8):
        play = play >> e.ImageReady("c", "") << [e.StartContainer("c", attempt)]
        play = play >> e.ContainerStarted("c", f"c-{attempt}", "sha256:1", 5.0)
        play = play >> exited(f"c-{attempt}", 7)
        timer = next(i for i in play.wanted if isinstance(i, e.SetTimer))
        waits.append(timer.after_s)
        assert "Emit BackOff" in play.wanted
        play = play.wait(timer.after_s) >> e.TimerFired("retry/c") << [e.PullImage("c")]
    assert waits == [10, 20, 40, 80, 160, 300, 300]


def test_back_off_is_forgotten_after_ten_minutes_of_running() -> None:
    play = running(pod()).wait(1) >> exited("c-0", 1) >> e.ImageReady("c", "")
    play = play >> e.ContainerStarted("c", "c-1", "sha256:1", 5.0)
    play = play.wait(601) >> exited("c-1", 1) << [e.StopProbes("c"), REPORT, e.PullImage("c")]


def test_a_crashing_container_shows_why_it_waits_and_how_it_ended() -> None:
    play = running(pod()).wait(1) >> exited("c-0", 7) >> e.ImageReady("c", "")
    play = play >> e.ContainerStarted("c", "c-1", "sha256:1", 5.0) >> exited("c-1", 7)
    status = play.state_of("c")
    text = "back-off 10s restarting failed container=c pod=web_default(u1)"
    assert status["state"] == {"waiting": {"reason": "CrashLoopBackOff", "message": text}}
    assert status["lastState"]["terminated"]["exitCode"] == 7
    assert (status["restartCount"], status["ready"], play.phase()) == (1, False, "Running")


def test_a_restarted_containers_old_self_is_removed_once_the_new_one_runs() -> None:
    play = running(pod()).wait(1) >> exited("c-0", 1) >> e.ImageReady("c", "")
    play = play >> e.ContainerStarted("c", "c-1", "sha256:1", 5.0)
    assert e.RemoveContainer("c-0") in play.wanted


@pytest.mark.parametrize(("code", "phase"), [(0, "Succeeded"), (3, "Failed")])
def test_a_pod_that_never_restarts_ends_and_lets_go_of_its_sandbox(code: int, phase: str) -> None:
    play = running(pod(restartPolicy="Never")) >> exited("c-0", code)
    play = play << [e.StopProbes("c"), REPORT, e.RemoveSandbox(forget=False)]
    assert play.phase() == phase
    play = play >> e.SandboxRemoved() << [e.CleanUp(forget=False)] >> e.CleanedUp() << []


def test_a_finished_pod_that_is_deleted_leaves_nothing() -> None:
    one = pod(restartPolicy="Never")
    play = running(one) >> exited("c-0", 0) >> e.SandboxRemoved() >> e.CleanedUp()
    play = play >> e.PodUpdated(deleted(one, 30)) << [e.RemoveSandbox(forget=True)]
    play = play >> e.SandboxRemoved() << [e.CleanUp(forget=True)] >> e.CleanedUp() << [e.DeletePodObject()]


def test_on_failure_restarts_only_what_failed() -> None:
    play = running(pod([{"name": "a", "image": "i"}, {"name": "b", "image": "i"}], restartPolicy="OnFailure"))
    play = play >> exited("a-0", 0) << [e.StopProbes("a"), REPORT]
    play = play >> exited("b-0", 1) << [e.StopProbes("b"), REPORT, e.PullImage("b")]


def test_init_containers_run_one_after_the_other_before_the_others() -> None:
    one = pod(initContainers=[{"name": "first", "image": "i"}, {"name": "second", "image": "i"}])
    play = begun(one) << [e.PullImage("first")]
    play = play >> e.ImageReady("first", "") >> e.ContainerStarted("first", "f-0", "x", 5.0)
    assert play.state_of("c")["state"] == {"waiting": {"reason": "PodInitializing"}}
    initialized = next(c for c in play.status()["conditions"] if c["type"] == "Initialized")
    assert initialized["message"] == "containers with incomplete status: [first second]"
    play = play >> exited("f-0", 0) << [e.StopProbes("first"), REPORT, e.PullImage("second")]
    play = play >> e.ImageReady("second", "") >> e.ContainerStarted("second", "s-0", "x", 5.0)
    play = play >> exited("s-0", 0) << [e.StopProbes("second"), REPORT, e.PullImage("c")]


def test_a_failing_init_container_of_a_pod_that_never_restarts_fails_the_pod() -> None:
    play = begun(pod(initContainers=[{"name": "first", "image": "i"}], restartPolicy="Never"))
    play = play >> e.ImageReady("first", "") >> e.ContainerStarted("first", "f-0", "x", 5.0) >> exited("f-0", 1)
    assert e.RemoveSandbox(forget=False) in play.wanted
    assert play.phase() == "Failed"


def test_a_sidecar_starts_before_the_others_and_goes_on_beside_them() -> None:
    one = pod(initContainers=[{"name": "proxy", "image": "i", "restartPolicy": "Always"}])
    play = begun(one) << [e.PullImage("proxy")]
    play = play >> e.ImageReady("proxy", "")
    play = play >> e.ContainerStarted("proxy", "p-0", "x", 5.0)
    assert play.wanted[-1] == e.PullImage("c")


def test_sidecars_are_stopped_after_the_others() -> None:
    one = pod(initContainers=[{"name": "proxy", "image": "i", "restartPolicy": "Always"}])
    play = running(one) >> e.PodUpdated(deleted(one, 30))
    assert [i.container for i in play.wanted if isinstance(i, e.StopContainer)] == ["c"]
    play = play.wait(2) >> exited("c-0", 0)
    assert [(i.container, i.grace_s) for i in play.wanted if isinstance(i, e.StopContainer)] == [("proxy", 28.0)]


def test_deletion_stops_all_containers_together_and_removes_the_object_last() -> None:
    one = pod([{"name": "a", "image": "i"}, {"name": "b", "image": "i"}])
    play = (
        running(one)
        >> e.PodUpdated(deleted(one, 5))
        << [
            e.StopProbes("a"),
            e.StopProbes("b"),
            "Emit Killing",
            e.StopContainer("a", "a-0", 5.0),
            "Emit Killing",
            e.StopContainer("b", "b-0", 5.0),
        ]
    )
    play = play >> exited("a-0", 0) << [e.StopProbes("a"), REPORT]
    play = play >> exited("b-0", 0) << [e.StopProbes("b"), REPORT, e.RemoveSandbox(forget=True)]
    assert play.phase() == "Succeeded"
    play = play >> e.SandboxRemoved() << [e.CleanUp(forget=True)] >> e.CleanedUp() << [e.DeletePodObject()]


def test_a_second_deletion_with_less_grace_hurries() -> None:
    one = pod()
    play = running(one) >> e.PodUpdated(deleted(one, 30))
    play = play.wait(1) >> e.PodUpdated(deleted(one, 30)) << []
    play = play >> e.PodUpdated(deleted(one, 0)) << [e.StopContainer("c", "c-0", 0.0)]


def test_a_pod_whose_object_is_gone_is_taken_down_without_a_delete() -> None:
    play = running(pod()) >> e.PodGone()
    assert e.StopContainer("c", "c-0", 0.0) in play.wanted
    play = play >> exited("c-0", 137) >> e.SandboxRemoved() >> e.CleanedUp() << [e.Forget()]


def test_a_pod_deleted_while_its_sandbox_is_made_waits_for_it_and_starts_nothing() -> None:
    one = pod()
    play = Play(one) >> e.PodUpdated(one) >> e.PodUpdated(deleted(one, 30)) << []
    play = play >> e.VolumesReady() << []
    play = play >> e.SandboxReady("u1", "10.244.0.5") << [REPORT, e.RemoveSandbox(forget=True)]


def test_a_container_that_starts_while_the_pod_is_deleted_is_stopped() -> None:
    one = pod()
    play = begun(one) >> e.ImageReady("c", "") >> e.PodUpdated(deleted(one, 30)) << []
    play = play >> e.ContainerStarted("c", "c-0", "x", 5.0)
    assert e.StopContainer("c", "c-0", 30.0) in play.wanted


PRE_STOP = {"name": "c", "image": "i", "lifecycle": {"preStop": {"exec": {"command": ["true"]}}}}


def test_the_pre_stop_hook_uses_up_part_of_the_grace() -> None:
    one = pod([PRE_STOP])
    play = running(one) >> e.PodUpdated(deleted(one, 10))
    assert e.RunHook("c", "c-0", "preStop", 10.0) in play.wanted
    play = play.wait(4) >> e.HookDone("c", "c-0", "preStop", ok=True)
    assert e.StopContainer("c", "c-0", 6.0) in play.wanted


def test_a_pre_stop_hook_that_does_not_end_leaves_two_seconds() -> None:
    one = pod([PRE_STOP])
    play = running(one) >> e.PodUpdated(deleted(one, 10))
    play = play.wait(10) >> e.TimerFired("hook/c") << [e.StopContainer("c", "c-0", 2.0)]


POST_START = {"name": "c", "image": "i", "lifecycle": {"postStart": {"exec": {"command": ["true"]}}}}


def test_a_container_is_running_only_after_its_post_start_hook() -> None:
    play = begun(pod([POST_START])) >> e.ImageReady("c", "") >> e.ContainerStarted("c", "c-0", "x", 5.0)
    assert "waiting" in play.state_of("c")["state"]
    play = play >> e.HookDone("c", "c-0", "postStart", ok=True) << [REPORT]
    assert "running" in play.state_of("c")["state"]


def test_a_failing_post_start_hook_kills_the_container() -> None:
    play = begun(pod([POST_START])) >> e.ImageReady("c", "") >> e.ContainerStarted("c", "c-0", "x", 5.0)
    play = play >> e.HookDone("c", "c-0", "postStart", ok=False, message="no")
    assert "Emit FailedPostStartHook" in play.wanted
    assert any(isinstance(i, e.StopContainer) for i in play.wanted)


READY_PROBE = {"name": "c", "image": "i", "readinessProbe": {"tcpSocket": {"port": 80}}}


def test_a_pod_is_ready_only_when_its_readiness_probe_says_so() -> None:
    play = running(pod([READY_PROBE]))
    assert e.StartProbes("c", "c-0", ("readiness",)) in play.wanted
    ready = next(c for c in play.status()["conditions"] if c["type"] == "Ready")
    assert (ready["status"], ready["reason"]) == ("False", "ContainersNotReady")
    assert ready["message"] == "containers with unready status: [c]"
    play = play >> e.ProbeResult("c", "c-0", "readiness", ok=True) << [REPORT]
    assert play.state_of("c")["ready"] is True
    play = play >> e.ProbeResult("c", "c-0", "readiness", ok=True) << []
    play = play >> e.ProbeResult("c", "c-0", "readiness", ok=False, message="failed: x") << ["Emit Unhealthy", REPORT]


def test_a_failed_liveness_probe_restarts_the_container() -> None:
    one = pod([{"name": "c", "image": "i", "livenessProbe": {"tcpSocket": {"port": 80}}}])
    play = running(one) >> e.ProbeResult("c", "c-0", "liveness", ok=False, message="failed: x", decided=False)
    play = play << ["Emit Unhealthy"]
    play = play >> e.ProbeResult("c", "c-0", "liveness", ok=False, message="failed: x")
    assert play.wanted == ["Emit Unhealthy", "Emit Killing", e.StopProbes("c"), e.StopContainer("c", "c-0", 30.0)]
    assert play.last_emitted[1] == "Container c failed liveness probe, will be restarted"
    play = play >> exited("c-0", 143)
    assert play.wanted[-1] == e.PullImage("c")


def test_other_probes_wait_for_the_startup_probe() -> None:
    probe = {"tcpSocket": {"port": 80}}
    one = pod([{"name": "c", "image": "i", "startupProbe": probe, "livenessProbe": probe, "readinessProbe": probe}])
    play = running(one)
    assert e.StartProbes("c", "c-0", ("startup",)) in play.wanted
    assert play.state_of("c")["started"] is False
    play = play >> e.ProbeResult("c", "c-0", "startup", ok=True)
    assert play.wanted == [e.StartProbes("c", "c-0", ("liveness", "readiness")), REPORT]


def test_a_probe_of_a_former_run_means_nothing() -> None:
    play = running(pod([READY_PROBE])) >> e.ProbeResult("c", "c-old", "readiness", ok=True) << []
    assert play.state_of("c")["ready"] is False


def test_a_missing_image_is_tried_again_with_back_off() -> None:
    play = begun(pod()) >> e.ImageFailed("c", "ErrImagePull", "not found", "i:1")
    assert play.wanted == [
        "Emit Failed",
        e.SetTimer("pull-back-off/c", 1.0),
        "Emit Failed",
        e.SetTimer("retry/c", 10.0),
        REPORT,
    ]
    assert play.state_of("c")["state"]["waiting"]["reason"] == "ErrImagePull"
    play = play.wait(1) >> e.TimerFired("pull-back-off/c") << ["Emit BackOff", "Emit Failed", REPORT]
    assert play.state_of("c")["state"]["waiting"]["reason"] == "ImagePullBackOff"
    play = play.wait(9) >> e.TimerFired("retry/c") << [e.PullImage("c")]
    play = play >> e.ImageFailed("c", "ErrImagePull", "not found", "i:1")
    assert e.SetTimer("retry/c", 20.0) in play.wanted


def test_an_image_that_is_brought_ends_the_back_off_at_once() -> None:
    play = begun(pod()) >> e.ImageFailed("c", "ErrImagePull", "not on this machine", "web:1")
    assert play.state_of("c")["state"]["waiting"]["reason"] == "ErrImagePull"
    play = play >> e.ImagesAppeared(frozenset({"c"})) << [e.PullImage("c")]
    # One that waits for something else is left alone.
    play = begun(pod()) >> e.ImageReady("c", "")
    play = play >> e.StartFailed("c", "CreateContainerConfigError", 'configmap "x" not found')
    play = play >> e.ImagesAppeared(frozenset({"c"})) << []


def test_missing_configuration_waits_for_the_object_not_for_time() -> None:
    play = begun(pod()) >> e.ImageReady("c", "")
    play = (
        play >> e.StartFailed("c", "CreateContainerConfigError", 'configmap "x" not found') << ["Emit Failed", REPORT]
    )
    assert play.state_of("c")["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    play = play >> e.DependencyChanged() << [e.PullImage("c")]


def test_configuration_that_comes_while_the_start_is_failing_is_not_missed() -> None:
    play = begun(pod()) >> e.ImageReady("c", "") >> e.DependencyChanged() << []
    play = play >> e.StartFailed("c", "CreateContainerConfigError", 'configmap "x" not found')
    assert play.wanted[-1] == e.PullImage("c")


def test_a_program_that_cannot_be_started_counts_as_a_crash() -> None:
    play = begun(pod()) >> e.ImageReady("c", "") >> e.StartFailed("c", "RunContainerError", "no such program")
    assert play.wanted == ["Emit Failed", REPORT, e.PullImage("c")]
    play = play >> e.ImageReady("c", "") >> e.StartFailed("c", "RunContainerError", "no such program")
    terminated = play.state_of("c")["lastState"]["terminated"]
    assert (terminated["exitCode"], terminated["reason"]) == (128, "StartError")
    assert play.state_of("c")["state"]["waiting"]["reason"] == "CrashLoopBackOff"


def test_a_volume_that_waits_for_an_object_is_tried_when_it_comes() -> None:
    one = pod()
    play = Play(one) >> e.PodUpdated(one) >> e.VolumesFailed("no configmap", waits=True) << ["Emit FailedMount", REPORT]
    play = play >> e.DependencyChanged() << [e.MountVolumes()]


def test_a_volume_that_fails_otherwise_is_tried_after_growing_waits() -> None:
    one = pod()
    play = Play(one) >> e.PodUpdated(one) >> e.VolumesFailed("no directory", waits=False)
    assert e.SetTimer("volumes", 0.5) in play.wanted
    play = play >> e.TimerFired("volumes") << [e.MountVolumes()] >> e.VolumesFailed("no directory", waits=False)
    assert e.SetTimer("volumes", 1.0) in play.wanted


def test_a_sandbox_that_fails_is_tried_again() -> None:
    one = pod()
    play = Play(one) >> e.PodUpdated(one) >> e.SandboxFailed("no address left")
    assert e.SetTimer("sandbox", 2.0) in play.wanted
    play = play >> e.TimerFired("sandbox") << [e.MakeSandbox()]


def test_an_active_deadline_fails_the_pod() -> None:
    one = pod(activeDeadlineSeconds=60)
    play = Play(one) >> e.PodUpdated(one)
    assert e.SetTimer("deadline", 60.0) in play.wanted
    play = running(one).wait(60) >> e.TimerFired("deadline")
    assert "Emit DeadlineExceeded" in play.wanted
    play = play >> exited("c-0", 143)
    assert (play.phase(), play.status()["reason"]) == ("Failed", "DeadlineExceeded")


def test_a_changed_image_restarts_the_container() -> None:
    one = pod()
    play = running(one) >> e.PodUpdated(pod([{"name": "c", "image": "i:2"}]))
    assert "Emit Killing" in play.wanted
    play = play >> exited("c-0", 143) >> e.ImageReady("c", "") << [e.StartContainer("c", 1)]


def adopted_container(state: ContainerState, *, attempt: int = 0, code: int | None = None) -> e.AdoptedContainer:
    status = ContainerStatus(
        id=f"c-{attempt}",
        sandbox_id="u1",
        name="c",
        attempt=attempt,
        image="i:1",
        image_id="sha256:1",
        state=state,
        pid=5,
        created_at_s=1.0,
        started_at_s=2.0,
        finished_at_s=3.0 if code is not None else 0.0,
        exit_code=code,
        reason="Error" if code else "Completed",
        labels={},
        log_path=None,  # type: ignore[arg-type]  # not read here
    )
    return e.AdoptedContainer(status, "last words" if code is not None else "")


def with_status(one: Pod, **status: object) -> Pod:
    document = msgspec.to_builtins(one)
    document["status"] = {"phase": "Running", "startTime": "2027-01-15T08:00:00Z", **status}
    return msgspec.convert(document, Pod)


def test_a_running_container_is_adopted_untouched() -> None:
    one = with_status(
        pod([READY_PROBE]),
        containerStatuses=[
            {"name": "c", "ready": True, "started": True, "restartCount": 3, "image": "i", "imageID": "sha256:1",
             "containerID": "crun://c-3", "state": {"running": {}}}
        ],
    )  # fmt: skip
    play = Play(one) >> e.RuntimeAdopted("u1", "10.244.0.9", (adopted_container(ContainerState.RUNNING, attempt=3),))
    assert not any(isinstance(i, e.MakeSandbox | e.StartContainer | e.StopContainer) for i in play.wanted)
    assert (play.state_of("c")["restartCount"], play.state_of("c")["ready"]) == (3, True)
    assert play.status()["podIP"] == "10.244.0.9"
    play = play >> e.VolumesReady() >> e.PodUpdated(one) << []


def test_an_end_that_came_while_the_agent_was_away_is_handled_once() -> None:
    one = with_status(
        pod(),
        containerStatuses=[
            {"name": "c", "ready": True, "restartCount": 0, "image": "i", "imageID": "x", "containerID": "crun://c-0",
             "state": {"running": {}}}
        ],
    )  # fmt: skip
    play = Play(one) >> e.RuntimeAdopted("u1", "10.244.0.9", (adopted_container(ContainerState.EXITED, code=9),))
    play = play >> e.VolumesReady() << [e.PullImage("c")]
    play = play >> e.ImageReady("c", "") << [e.StartContainer("c", 1)]
    terminated = play.state_of("c")["lastState"]["terminated"]
    assert (terminated["exitCode"], terminated["message"]) == (9, "last words")
    play = play >> exited("c-0", 9) << []


def test_after_a_reboot_a_container_that_is_gone_counts_as_ended() -> None:
    one = with_status(
        pod(restartPolicy="Never"),
        containerStatuses=[
            {"name": "c", "ready": True, "restartCount": 0, "image": "i", "imageID": "x", "containerID": "crun://c-0",
             "state": {"running": {"startedAt": "2027-01-15T08:00:00Z"}}}
        ],
    )  # fmt: skip
    play = Play(one) >> e.RuntimeAdopted()
    assert play.phase() == "Failed"
    assert play.state_of("c")["state"]["terminated"]["reason"] == "ContainerStatusUnknown"


def test_a_pod_that_had_finished_before_the_agent_started_is_left_alone() -> None:
    one = with_status(pod(restartPolicy="Never"), phase="Succeeded")
    play = Play(one) >> e.RuntimeAdopted()
    assert not any(isinstance(i, e.MakeSandbox | e.ReportStatus | e.StartContainer) for i in play.wanted)


def test_a_pod_being_deleted_when_the_agent_starts_keeps_what_is_left_of_its_grace() -> None:
    one = deleted(with_status(pod()), 60)
    play = Play(one) >> e.RuntimeAdopted("u1", "10.244.0.9", (adopted_container(ContainerState.RUNNING),))
    assert e.StopContainer("c", "c-0", 30.0) in play.wanted


def test_nothing_is_alive_when_the_sandbox_is_removed() -> None:
    one = pod([{"name": "a", "image": "i"}, {"name": "b", "image": "i"}])
    play = running(one) >> e.PodUpdated(deleted(one, 5)) >> exited("a-0", 0)
    assert not any(isinstance(i, e.RemoveSandbox) for i in play.wanted)
    play = play >> exited("b-0", 0)
    assert any(isinstance(i, e.RemoveSandbox) for i in play.wanted)
    assert not any(record.stage in ALIVE for record in play.state.records.values())


def test_the_story_says_how_it_came_to_this() -> None:
    play = running(pod())
    assert any("ContainerStarted" in line and "Started container c" in line for line in play.state.story())


def test_a_pod_that_was_crashing_before_a_reboot_goes_on_counting() -> None:
    ended = {"exitCode": 7, "reason": "Error", "containerID": "crun://c-4"}
    one = with_status(
        pod(),
        containerStatuses=[
            {"name": "c", "ready": False, "restartCount": 4, "image": "i", "imageID": "x", "containerID": "crun://c-4",
             "state": {"waiting": {"reason": "CrashLoopBackOff"}}, "lastState": {"terminated": ended}}
        ],
    )  # fmt: skip
    play = Play(one) >> e.RuntimeAdopted() >> e.SandboxReady("u1", "10.244.0.5") >> e.VolumesReady()
    assert play.state_of("c")["restartCount"] == 4
    play = play >> e.ImageReady("c", "") << [e.StartContainer("c", 5)]


def with_guest(one: Pod, **guest: object) -> Pod:
    """The same pod, to which somebody has added a container to look inside."""
    document = msgspec.to_builtins(one)
    document["spec"]["ephemeralContainers"] = [{"name": "look", "image": "i:1", **guest}]
    document["metadata"]["generation"] += 1
    return msgspec.convert(document, Pod)


def test_a_container_that_is_added_runs_beside_the_others_and_changes_nothing_for_them() -> None:
    one = pod()
    play = running(one) >> e.PodUpdated(with_guest(one)) << [REPORT, e.PullImage("look")]
    play = play >> e.ImageReady("look", "here") << ["Emit Pulled", e.StartContainer("look", 0)]
    play = play >> e.ContainerStarted("look", "look-0", "sha256:1", 5.0) << ["Emit Created", "Emit Started", REPORT]
    status = play.state_of("look")
    assert (status["ready"], "running" in status["state"], "started" in status) == (False, True, False)
    assert {c["type"]: c["status"] for c in play.status()["conditions"]}["Ready"] == "True"
    play = play >> exited("look-0", 3) << [e.StopProbes("look"), REPORT]
    assert play.state_of("look")["state"]["terminated"]["exitCode"] == 3
    assert play.phase() == "Running"


def test_a_container_that_is_added_waits_for_nothing_but_the_pods_place() -> None:
    one = pod(initContainers=[{"name": "first", "image": "i:1"}])
    play = begun(one) << [e.PullImage("first")]
    play = play >> e.PodUpdated(with_guest(one)) << [e.PullImage("look")]
    assert play.state_of("look")["state"]["waiting"]["reason"] == "ContainerCreating"


def test_a_container_that_is_added_waits_for_the_one_that_it_wants_to_look_at() -> None:
    one = with_guest(pod(), targetContainerName="c")
    play = begun(one) << [e.PullImage("look"), e.PullImage("c")]
    assert play.state.running_id("c") == ""
    play = play >> e.ImageReady("look", "")
    play = play >> e.StartFailed("look", "CreateContainerConfigError", 'unable to find target container "c"')
    assert play.state_of("look")["state"]["waiting"]["reason"] == "CreateContainerConfigError"
    play = play >> e.ImageReady("c", "") >> e.ContainerStarted("c", "c-0", "sha256:1", 5.0)
    assert play.wanted[-1] == e.PullImage("look")
    assert play.state.running_id("c") == "c-0"


def test_a_finished_pod_takes_what_was_added_with_it() -> None:
    play = running(with_guest(pod(restartPolicy="Never"))) >> exited("c-0", 0)
    assert e.StopContainer("look", "look-0", 30.0) in play.wanted
    assert play.phase() == "Running", "while something runs, nobody may think that nothing is left"
    play = play >> exited("look-0", 137)
    assert play.phase() == "Succeeded"


def test_who_still_looks_into_a_pod_holds_up_no_sidecar() -> None:
    one = with_guest(pod(initContainers=[{"name": "side", "image": "i:1", "restartPolicy": "Always"}]))
    play = running(one) >> e.PodUpdated(deleted(one, 30))
    assert [i for i in play.wanted if isinstance(i, e.StopContainer)] == [
        e.StopContainer("c", "c-0", 30.0), e.StopContainer("look", "look-0", 30.0),
    ]  # fmt: skip
    play = play.wait(1) >> exited("c-0", 0)
    assert e.StopContainer("side", "side-0", 29.0) in play.wanted
    play = play >> exited("side-0", 0)
    assert e.RemoveSandbox(forget=True) not in play.wanted
    play = play >> exited("look-0", 137)
    assert e.RemoveSandbox(forget=True) in play.wanted


def test_a_container_that_was_added_is_not_started_again_after_a_reboot() -> None:
    guest = {"name": "look", "ready": False, "restartCount": 0, "image": "i", "imageID": "", "containerID": "crun://x",
             "state": {"running": {"startedAt": "2027-01-15T08:00:00Z"}}}  # fmt: skip
    one = with_status(with_guest(pod()), ephemeralContainerStatuses=[guest])
    play = Play(one) >> e.RuntimeAdopted()
    ended = play.state_of("look")["state"]["terminated"]
    assert (ended["exitCode"], ended["reason"]) == (137, "ContainerStatusUnknown")
