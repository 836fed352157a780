from __future__ import annotations

import copy
from collections.abc import Callable

import pytest

from suites.sample_objects import created
from wherry.api.core.pod import PODS
from wherry.api.core.pod_defaults import pull_policy
from wherry.api.documents import section
from wherry.apimachinery.document import Document

NOW_S = 1_795_417_500.0  # 2026-11-23T07:05:00Z


def container(**fields: object) -> Document:
    return {"containers": [{"name": "c", "image": "i:1", **fields}]}


def errors_of(spec: Document) -> list[str]:
    pod = created(PODS, "p", **copy.deepcopy(spec))
    return [str(error) for error in PODS.validate(pod, None)]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"containers": []}, "spec.containers: Required value"),
        ({"containers": [{"name": "c"}]}, "spec.containers[0].image: Required value"),
        ({"containers": [{"image": "i"}]}, "spec.containers[0].name: Required value"),
        (
            {"containers": [{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]},
            'spec.containers[1].name: Duplicate value: "c"',
        ),
        (
            container() | {"restartPolicy": "Sometimes"},
            'spec.restartPolicy: Unsupported value: "Sometimes": supported values: "Always", "OnFailure", "Never"',
        ),
        (container(ports=[{"containerPort": 0}]), "spec.containers[0].ports[0].containerPort: Required value"),
        (
            container(ports=[{"containerPort": 70000}]),
            "spec.containers[0].ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive",
        ),
        (
            container(ports=[{"containerPort": 1, "name": "a"}, {"containerPort": 2, "name": "a"}]),
            'spec.containers[0].ports[1].name: Duplicate value: "a"',
        ),
        (
            container(volumeMounts=[{"name": "v", "mountPath": "/v"}]),
            'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        ),
        (
            container(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2"}}),
            'spec.containers[0].resources.requests: Invalid value: "2": must be less than or equal to cpu limit of 1',
        ),
        (
            container(livenessProbe={}),
            "spec.containers[0].livenessProbe: Required value: must specify a handler type",
        ),
        (
            container(livenessProbe={"tcpSocket": {"port": 80}, "successThreshold": 2}),
            "spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1",
        ),
        (container(env=[{"value": "x"}]), "spec.containers[0].env[0].name: Required value"),
        (
            container(env=[{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is not empty',
        ),
        (
            container() | {"volumes": [{"name": "v"}, {"name": "v"}]},
            'spec.volumes[1].name: Duplicate value: "v"',
        ),
        (
            container() | {"volumes": [{"name": "v", "secret": {}}]},
            "spec.volumes[0].secret.secretName: Required value",
        ),
        (
            container() | {"volumes": [{"name": "v", "configMap": {"name": "c"}, "emptyDir": {}}]},
            "spec.volumes[0].configMap: Forbidden: may not specify more than 1 volume type",
        ),
        (
            container() | {"initContainers": [{"name": "c", "image": "i"}]},
            'spec.initContainers[0].name: Duplicate value: "c"',
        ),
        (
            container()
            | {"initContainers": [{"name": "i", "image": "i", "livenessProbe": {"exec": {"command": ["x"]}}}]},
            "spec.initContainers[0].livenessProbe: Forbidden: "
            "may not be set for init containers without restartPolicy=Always",
        ),
        (
            container() | {"tolerations": [{"operator": "Sometimes", "key": "a"}]},
            'spec.tolerations[0].operator: Unsupported value: "Sometimes": supported values: "Equal", "Exists"',
        ),
        (
            container() | {"activeDeadlineSeconds": 0},
            "spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive",
        ),
        (
            container() | {"dnsPolicy": "None"},
            "spec.dnsConfig: Required value: must provide `dnsConfig` when `dnsPolicy` is None",
        ),
        (
            container(securityContext={"runAsUser": -1}),
            "spec.containers[0].securityContext.runAsUser: Invalid value: -1: "
            "must be between 0 and 2147483647, inclusive",
        ),
        (
            container() | {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {}}}},
            "spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: "
            "Required value: must have at least one node selector term",
        ),
    ],
)
def test_a_wrong_pod_is_refused_in_the_words_of_kubernetes(spec: Document, wanted: str) -> None:
    assert errors_of(spec) == [wanted]


def test_defaults_are_those_of_kubernetes() -> None:
    pod = created(
        PODS,
        "p",
        serviceAccount="builder",
        containers=[
            {
                "name": "c",
                "image": "i",
                "ports": [{"containerPort": 80}],
                "readinessProbe": {"httpGet": {"port": 80}},
                "resources": {"limits": {"cpu": "1000m", "memory": "1024Mi"}},
            }
        ],
        volumes=[{"name": "scratch"}, {"name": "page", "configMap": {"name": "page"}}],
    )
    assert pod["spec"] == {
        "containers": [
            {
                "name": "c",
                "image": "i",
                "ports": [{"containerPort": 80, "protocol": "TCP"}],
                "readinessProbe": {
                    "httpGet": {"port": 80, "path": "/", "scheme": "HTTP"},
                    "timeoutSeconds": 1,
                    "periodSeconds": 10,
                    "successThreshold": 1,
                    "failureThreshold": 3,
                },
                "resources": {
                    "limits": {"cpu": "1", "memory": "1Gi"},
                    "requests": {"cpu": "1", "memory": "1Gi"},
                },
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File",
                "imagePullPolicy": "Always",
            }
        ],
        "volumes": [
            {"name": "scratch", "emptyDir": {}},
            {"name": "page", "configMap": {"name": "page", "defaultMode": 420}},
        ],
        "restartPolicy": "Always",
        "dnsPolicy": "ClusterFirst",
        "schedulerName": "default-scheduler",
        "terminationGracePeriodSeconds": 30,
        "securityContext": {},
        "enableServiceLinks": True,
        "serviceAccount": "builder",
        "serviceAccountName": "builder",
    }
    assert pod["status"] == {"phase": "Pending", "qosClass": "Guaranteed"}


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("web", "Always"),
        ("web:latest", "Always"),
        ("web:1", "IfNotPresent"),
        ("host:5000/web", "Always"),
        ("host:5000/web:2", "IfNotPresent"),
        ("web@sha256:abc", "IfNotPresent"),
    ],
)
def test_a_moving_tag_is_pulled_every_time(image: str, policy: str) -> None:
    assert pull_policy(image) == policy


def change_image(spec: Document) -> None:
    spec["containers"] = [{**one, "image": "i:2"} for one in spec["containers"]]  # type: ignore[attr-defined]


def change_command(spec: Document) -> None:
    spec["containers"] = [{**one, "command": ["x"]} for one in spec["containers"]]  # type: ignore[attr-defined]


def change_unknown(spec: Document) -> None:
    spec["shareProcessNamespace"] = True


def add_container(spec: Document) -> None:
    spec["containers"] = [*spec["containers"], {"name": "d", "image": "i"}]  # type: ignore[misc]


def add_toleration(spec: Document) -> None:
    spec["tolerations"] = [{"key": "a", "operator": "Exists", "effect": "NoSchedule"}]


@pytest.mark.parametrize(
    ("change", "wanted"),
    [
        (change_image, ""),
        (add_toleration, ""),
        (change_command, "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"),
        (change_unknown, "spec: Forbidden: pod updates may not change fields other than `spec.containers[*].image`"),
        (add_container, "spec.containers: Forbidden: pod updates may not add or remove containers"),
    ],
)
def test_little_of_a_pod_may_change(change: Callable[[Document], None], wanted: str) -> None:
    old = created(PODS, "p")
    new = copy.deepcopy(old)
    change(section(new, "spec"))
    PODS.default(new)
    errors = [str(error) for error in PODS.validate(new, old)]
    assert errors == [] if not wanted else len(errors) == 1 and errors[0].startswith(wanted)


@pytest.mark.parametrize(
    ("node_name", "phase", "requested_s", "wanted_s"),
    [
        ("n1", "Running", None, 30),
        ("n1", "Running", 5, 5),
        ("n1", "Running", 0, 0),
        ("", "Pending", None, 0),
        ("n1", "Succeeded", 5, 0),
    ],
)
def test_only_a_pod_that_runs_somewhere_gets_time_to_stop(
    node_name: str, phase: str, requested_s: int | None, wanted_s: int
) -> None:
    pod = created(PODS, "p", nodeName=node_name)
    section(pod, "status")["phase"] = phase
    assert PODS.graceful_delete_s is not None
    assert PODS.graceful_delete_s(pod, requested_s) == wanted_s


def status_of(name: str, **state: object) -> Document:
    ready = bool(state.pop("ready", False))
    return {
        "name": name,
        "ready": ready,
        "started": state.pop("started", ready),
        "restartCount": state.pop("restarts", 0),
        "image": "i",
        "imageID": "",
        "lastState": state.pop("last", {}),
        "state": state,
    }


RUNNING: Document = {"startedAt": "2026-11-23T07:00:00Z"}


@pytest.mark.parametrize(
    ("status", "meta", "wanted"),
    [
        ({"phase": "Pending"}, {}, ("0/1", "Pending", "0")),
        (
            {"phase": "Running", "containerStatuses": [status_of("c", running=RUNNING, ready=True)]},
            {},
            ("1/1", "Running", "0"),
        ),
        (
            {"phase": "Pending", "containerStatuses": [status_of("c", waiting={"reason": "ContainerCreating"})]},
            {},
            ("0/1", "ContainerCreating", "0"),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [status_of("i", running=RUNNING)]},
            {},
            ("0/1", "Init:0/1", "0"),
        ),
        (
            {"phase": "Pending", "initContainerStatuses": [status_of("i", terminated={"exitCode": 3})]},
            {},
            ("0/1", "Init:ExitCode:3", "0"),
        ),
        (
            {
                "phase": "Running",
                "containerStatuses": [
                    status_of(
                        "c",
                        waiting={"reason": "CrashLoopBackOff"},
                        restarts=3,
                        last={"terminated": {"exitCode": 1, "finishedAt": "2026-11-23T07:04:50Z"}},
                    )
                ],
            },
            {},
            ("0/1", "CrashLoopBackOff", "3 (10s ago)"),
        ),
        (
            {
                "phase": "Succeeded",
                "containerStatuses": [status_of("c", terminated={"exitCode": 0, "reason": "Completed"})],
            },
            {"deletionTimestamp": "2026-11-23T07:04:50Z"},
            ("0/1", "Completed", "0"),
        ),
        (
            {"phase": "Running", "containerStatuses": [status_of("c", running=RUNNING, ready=True)]},
            {"deletionTimestamp": "2026-11-23T07:04:50Z"},
            ("1/1", "Terminating", "0"),
        ),
        ({"phase": "Failed", "reason": "Evicted"}, {}, ("0/1", "Evicted", "0")),
    ],
)
def test_the_status_column_says_what_kubectl_says(status: Document, meta: Document, wanted: tuple[str, ...]) -> None:
    has_init = "initContainerStatuses" in status
    pod = created(PODS, "p", **({"initContainers": [{"name": "i", "image": "i:1"}]} if has_init else {}))
    pod["status"] = status
    section(pod, "metadata").update(meta)
    assert PODS.row is not None
    assert tuple(PODS.row(pod, NOW_S)[1:4]) == wanted
