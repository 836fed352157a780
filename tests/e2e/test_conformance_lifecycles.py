"""common/node/*.go: how pods begin, are watched over, and end: init containers, hooks, probes, exit codes, last words.

The pods of all tests here are started together when the first one runs, since most of them only need time.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from suites.conformance import box
from suites.running_cluster import IMAGE, RunningCluster, needs_linux
from suites.telling_pods import create
from wherry.apimachinery.timestamps import parse_time

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

NOT_READY_S = 4
STARTED_AGAIN = "jsonpath={.status.containerStatuses[0].lastState.terminated.reason}"
LISTENER = "mkdir -p /w; echo ok > /w/healthz; exec httpd -f -vv -p 8080 -h /w"


def container(script: str, name: str = "c", /, **more: Any) -> dict[str, Any]:
    return {"name": name, "image": IMAGE, "command": ["sh", "-c", script], **more}


def pod(name: str, *containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"terminationGracePeriodSeconds": 5, "containers": list(containers), **spec},
    }


def watched(script: str, kind: str = "liveness", /, **probe: Any) -> dict[str, Any]:
    return container(script, **{f"{kind}Probe": {"periodSeconds": 1, "failureThreshold": 2, **probe}})


def ending(script: str, **more: Any) -> dict[str, Any]:
    return container(script, **more)


FALLBACK = {"terminationMessagePolicy": "FallbackToLogsOnError"}
CAT_HEALTH = {"exec": {"command": ["cat", "/tmp/health"]}}
GET_HEALTH = {"httpGet": {"path": "/healthz", "port": 8080}}
# Fails the first time (and in a pod that is always started again the second time too), by a count in a volume.
COUNTED = "n=$(cat /count/n 2>/dev/null || echo 0); echo $((n+1)) > /count/n; "
COUNT = {"volumeMounts": [{"name": "count", "mountPath": "/count"}]}
COUNT_VOLUME = [{"name": "count", "emptyDir": {}}]
INIT = [container("true", "init1"), container("true", "init2")]
FAILING_INIT = [container("exit 1", "init1"), container("true", "init2")]

PODS = [
    pod("listener", container(LISTENER)),
    pod("message-none", ending("echo DONE", **FALLBACK), restartPolicy="Never"),
    pod("message-file", ending("printf OK > /dev/termination-log; echo more", **FALLBACK), restartPolicy="Never"),
    pod("message-logs", ending("printf DONE; exit 1", **FALLBACK), restartPolicy="Never"),
    pod(
        "message-path",
        ending(
            "printf DONE > /dev/termination-custom-log", terminationMessagePath="/dev/termination-custom-log",
            securityContext={"runAsUser": 1000},
        ),
        restartPolicy="Never",
    ),
    pod("never", container("exit 1"), restartPolicy="Never"),
    pod("on-failure", container(COUNTED + "[ $n -gt 0 ]", **COUNT), restartPolicy="OnFailure", volumes=COUNT_VOLUME),
    pod(
        "always", container(COUNTED + "[ $n -gt 0 ] || exit 1; exec sleep 1000", **COUNT), restartPolicy="Always",
        volumes=COUNT_VOLUME,
    ),
    pod("false", container("false"), restartPolicy="Always"),
    pod("init-always", container("exec sleep 1000", "run1"), initContainers=INIT, restartPolicy="Always"),
    pod("init-never", container("true", "run1"), initContainers=INIT, restartPolicy="Never"),
    pod("init-fails-always", container("true", "run1"), initContainers=FAILING_INIT, restartPolicy="Always"),
    pod("init-fails-never", container("true", "run1"), initContainers=FAILING_INIT, restartPolicy="Never"),
    pod("exec-dies", watched("touch /tmp/health; sleep 2; rm /tmp/health; exec sleep 1000", **CAT_HEALTH)),
    pod("http-dies", watched(f"(sleep 2; rm /w/healthz) & {LISTENER}", **GET_HEALTH)),
    pod("exec-lives", watched("touch /tmp/health; exec sleep 1000", **CAT_HEALTH)),
    pod("http-lives", watched(LISTENER, **GET_HEALTH)),
    pod("tcp-lives", watched(LISTENER, tcpSocket={"port": 8080})),
    pod("late", watched(LISTENER, "readiness", initialDelaySeconds=NOT_READY_S, **GET_HEALTH)),
    pod("unready", watched("exec sleep 1000", "readiness", exec={"command": ["/bin/false"]})),
]  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """The cluster with all the pods in one namespace."""

    cluster: RunningCluster
    namespace: str

    def k(self, *arguments: str, text: str | None = None) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments, text=text).stdout

    def wait(self, name: str, condition: str, timeout_s: int = 40) -> None:
        self.k("wait", f"pod/{name}", f"--for={condition}", f"--timeout={timeout_s}s")

    def status(self, name: str) -> Any:
        return json.loads(self.k("get", "pod", name, "-o", "json"))["status"]

    def conditions(self, name: str) -> dict[str, Any]:
        return {each["type"]: each for each in self.status(name)["conditions"]}

    def restarts(self, name: str) -> int:
        return int(self.status(name)["containerStatuses"][0]["restartCount"])


@pytest.fixture(scope="module")
def stage(cluster: RunningCluster) -> Iterator[Stage]:
    namespace = cluster.make_namespace("lifecycles")
    create(cluster, namespace, *PODS)
    stage = Stage(cluster, namespace)
    stage.wait("listener", "condition=Ready")
    yield stage
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


BLACKBOX = "Container Runtime blackbox test on terminated container should report termination message"
POLICY = "TerminationMessagePolicy FallbackToLogsOnError is set"
UNREADY = "Probing container with readiness probe that fails should never be ready and never restart"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param(
            "message-none", None,
            marks=box(f"{BLACKBOX} as empty when pod succeeds and {POLICY}"),
        ),
        pytest.param(
            "message-file", "OK",
            marks=box(f"{BLACKBOX} from file when pod succeeds and {POLICY}"),
        ),
        pytest.param(
            "message-logs", "DONE",
            marks=box(f"{BLACKBOX} from log output if TerminationMessagePolicy FallbackToLogsOnError is set"),
        ),
        pytest.param(
            "message-path", "DONE",
            marks=box(f"{BLACKBOX} if TerminationMessagePath is set as non-root user and at a non-default path"),
        ),
    ],
)  # fmt: skip
def test_a_containers_last_words_are_kept(stage: Stage, name: str, message: str | None) -> None:
    stage.wait(name, "jsonpath={.status.containerStatuses[0].state.terminated.reason}")
    ended = stage.status(name)["containerStatuses"][0]["state"]["terminated"]
    assert ended.get("message") == message


@box("Container Runtime blackbox test when starting a container that exits should run with the expected status")
@pytest.mark.parametrize(
    ("name", "phase", "restarts", "state", "ready"),
    [
        ("never", "Failed", 0, "terminated", False),
        ("on-failure", "Succeeded", 1, "terminated", False),
        ("always", "Running", 1, "running", True),
    ],
)
def test_what_becomes_of_a_container_that_exits(
    stage: Stage, name: str, phase: str, restarts: int, state: str, ready: bool
) -> None:
    stage.wait(name, f"jsonpath={{.status.containerStatuses[0].restartCount}}={restarts}")
    stage.wait(name, f"jsonpath={{.status.phase}}={phase}")
    stage.wait(name, f"condition=Ready={ready}".lower().replace("ready=", "Ready="))
    found = stage.status(name)["containerStatuses"][0]
    assert (found["restartCount"], list(found["state"]), found["ready"]) == (restarts, [state], ready)


@box("Kubelet when scheduling a busybox command that always fails in a pod should have an terminated reason")
@box("Kubelet when scheduling a busybox command that always fails in a pod should be possible to delete")
def test_a_command_that_always_fails_says_so_and_can_be_deleted(stage: Stage) -> None:
    stage.wait("false", "jsonpath={.status.containerStatuses[0].lastState.terminated.reason}=Error")
    stage.k("delete", "pod", "false", "--timeout=30s")
    assert "false" not in stage.k("get", "pods", "-o", "name")


@box("InitContainer should invoke init containers on a RestartAlways pod")
def test_init_containers_come_before_one_that_stays(stage: Stage) -> None:
    stage.wait("init-always", "condition=Ready")
    check_inits(stage, "init-always")


@box("InitContainer should invoke init containers on a RestartNever pod")
def test_init_containers_come_before_one_that_ends(stage: Stage) -> None:
    stage.wait("init-never", "jsonpath={.status.phase}=Succeeded")
    check_inits(stage, "init-never")


def check_inits(stage: Stage, name: str) -> None:
    status = stage.status(name)
    ended = [each["state"]["terminated"] for each in status["initContainerStatuses"]]
    assert [each["exitCode"] for each in ended] == [0, 0]
    assert parse_time(ended[0]["finishedAt"]) <= parse_time(ended[1]["startedAt"])
    assert stage.conditions(name)["Initialized"]["status"] == "True"


@box("InitContainer should not start app containers if init containers fail on a RestartAlways pod")
def test_a_failing_init_container_is_tried_again_and_nothing_else_starts(stage: Stage) -> None:
    stage.wait("init-fails-always", "jsonpath={.status.initContainerStatuses[0].lastState.terminated.exitCode}=1")
    status = stage.status("init-fails-always")
    assert status["phase"] == "Pending"
    assert "waiting" in status["initContainerStatuses"][1]["state"]
    assert status["containerStatuses"][0]["state"]["waiting"]["reason"] == "PodInitializing"
    initialized = stage.conditions("init-fails-always")["Initialized"]
    assert (initialized["status"], initialized["reason"]) == ("False", "ContainersNotInitialized")
    assert initialized["message"] == "containers with incomplete status: [init1 init2]"


@box("InitContainer should not start app containers and fail the pod if init containers fail on a RestartNever pod")
def test_a_failing_init_container_is_the_end_of_a_pod_that_is_never_started_again(stage: Stage) -> None:
    stage.wait("init-fails-never", "jsonpath={.status.phase}=Failed")
    status = stage.status("init-fails-never")
    assert status["initContainerStatuses"][0]["state"]["terminated"]["exitCode"] == 1
    assert "waiting" in status["initContainerStatuses"][1]["state"]
    assert "waiting" in status["containerStatuses"][0]["state"]


HOOK = "Container Lifecycle Hook when create a pod with lifecycle hook should execute"


@pytest.mark.parametrize(
    ("moment", "way"),
    [
        pytest.param("postStart", "exec", marks=box(f"{HOOK} poststart exec hook properly")),
        pytest.param("postStart", "httpGet", marks=box(f"{HOOK} poststart http hook properly")),
        pytest.param(
            "preStop", "exec",
            marks=[box(f"{HOOK} prestop exec hook properly"), box("PreStop should call prestop when killing a pod")],
        ),
        pytest.param("preStop", "httpGet", marks=box(f"{HOOK} prestop http hook properly")),
    ],
)  # fmt: skip
def test_a_hook_calls_another_pod(stage: Stage, moment: str, way: str) -> None:
    ip = stage.status("listener")["podIP"]
    path, name = f"/{moment}-{way}", f"{moment}-{way}".lower()
    action: Any = {"httpGet": {"host": ip, "path": path, "port": 8080}}
    if way == "exec":
        action = {"exec": {"command": ["sh", "-c", f"curl -s http://{ip}:8080{path}"]}}
    hooked = container("trap 'exit 0' TERM; while :; do sleep 0.1; done", lifecycle={moment: action})
    create(stage.cluster, stage.namespace, pod(name, hooked))
    stage.wait(name, "condition=Ready")
    assert (f"url:{path}" in stage.k("logs", "listener")) == (moment == "postStart")
    stage.k("delete", "pod", name, "--timeout=30s")
    assert f"url:{path}" in stage.k("logs", "listener")


PROBED = "Probing container"


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(
            "exec-dies", marks=box(f'{PROBED} should be restarted with a exec "cat /tmp/health" liveness probe')
        ),
        pytest.param("http-dies", marks=box(f"{PROBED} should be restarted with a /healthz http liveness probe")),
    ],
)
def test_a_container_that_does_not_answer_is_started_again(stage: Stage, name: str) -> None:
    stage.wait(name, STARTED_AGAIN)
    assert stage.restarts(name) >= 1
    assert "Unhealthy" in stage.k("get", "events", f"--field-selector=involvedObject.name={name}")


@box(f"{PROBED} with readiness probe should not be ready before initial delay and never restart")
def test_a_pod_is_not_ready_before_its_first_probe(stage: Stage) -> None:
    stage.wait("late", "condition=Ready")
    status = stage.status("late")
    started = parse_time(status["containerStatuses"][0]["state"]["running"]["startedAt"])
    ready = parse_time(stage.conditions("late")["Ready"]["lastTransitionTime"])
    # Both are told in whole seconds.
    assert ready - started >= NOT_READY_S - 1
    assert stage.restarts("late") == 0


@pytest.mark.parametrize(
    ("name", "is_ready"),
    [
        pytest.param(
            "exec-lives", "True",
            marks=box(f'{PROBED} should *not* be restarted with a exec "cat /tmp/health" liveness probe'),
        ),
        pytest.param(
            "http-lives", "True", marks=box(f"{PROBED} should *not* be restarted with a /healthz http liveness probe")
        ),
        pytest.param(
            "tcp-lives", "True", marks=box(f"{PROBED} should *not* be restarted with a tcp:8080 liveness probe")
        ),
        pytest.param(
            "unready", "False", marks=box(UNREADY)
        ),
    ],
)  # fmt: skip
def test_a_container_that_lives_is_left_alone(stage: Stage, name: str, is_ready: str) -> None:
    stage.wait(name, "jsonpath={.status.containerStatuses[0].state.running.startedAt}")
    # Those that die have been asked, found dead and started again by now: the others have been asked as often.
    stage.wait("exec-dies", STARTED_AGAIN)
    stage.wait("http-dies", STARTED_AGAIN)
    assert stage.restarts(name) == 0
    assert stage.conditions(name)["Ready"]["status"] == is_ready


@box("Pods should get a host IP")
def test_a_pod_says_on_which_machine_it_is(stage: Stage) -> None:
    status = stage.status("listener")
    node = json.loads(stage.k("get", "nodes", "-o", "json"))["items"][0]
    addresses = [each["address"] for each in node["status"]["addresses"] if each["type"] == "InternalIP"]
    assert [status["hostIP"]] == addresses
    assert status["hostIPs"] == [{"ip": status["hostIP"]}]


@box("Pods should be updated")
def test_a_pods_labels_are_changed_while_it_runs(stage: Stage) -> None:
    stage.k("label", "pod", "listener", "time=1")
    changed = json.loads(stage.k("get", "pod", "listener", "-o", "json"))
    changed["metadata"]["labels"]["time"] = "2"
    stage.k("replace", "-f", "-", text=json.dumps(changed))
    assert stage.k("get", "pods", "-l", "time=2", "-o", "name").split() == ["pod/listener"]
    assert stage.restarts("listener") == 0


@box("Pods should allow activeDeadlineSeconds to be updated")
def test_a_pod_that_gets_a_deadline_ends_at_it(stage: Stage) -> None:
    create(stage.cluster, stage.namespace, pod("doomed", container("exec sleep 1000"), terminationGracePeriodSeconds=0))
    stage.wait("doomed", "condition=Ready")
    stage.k("patch", "pod", "doomed", "-p", json.dumps({"spec": {"activeDeadlineSeconds": 1}}))
    stage.wait("doomed", "jsonpath={.status.reason}=DeadlineExceeded")
    assert stage.status("doomed")["phase"] == "Failed"


@box("Pods should patch a pod status")
def test_the_status_of_a_pod_is_patched(stage: Stage) -> None:
    create(stage.cluster, stage.namespace, pod("patched", container("exec sleep 1000")))
    stage.wait("patched", "condition=Ready")
    patch = json.dumps(
        {"status": {"message": "Patched by e2e test", "reason": "E2E"}, "metadata": {"annotations": {"seen": "1"}}}
    )
    patched = json.loads(stage.k("patch", "pod", "patched", "--subresource=status", "-p", patch, "-o", "json"))
    assert (patched["status"]["message"], patched["status"]["reason"]) == ("Patched by e2e test", "E2E")
    assert patched["metadata"]["annotations"] == {"seen": "1"}
