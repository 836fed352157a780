"""What a pod's containers may say, in Kubernetes' words."""

from __future__ import annotations

import copy

import pytest

from suites.sample_objects import created
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document


def container(**fields: object) -> Document:
    return {"containers": [{"name": "c", "image": "i:1", **fields}]}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (
            {"containers": [{"name": "A_b", "image": "i:1"}]},
            ['spec.containers[0].name: Invalid value: "A_b": a lowercase RFC 1123 label'],
        ),
        (
            {"containers": [{"name": "c", "image": " i"}]},
            ['spec.containers[0].image: Invalid value: " i": must not have leading or trailing whitespace'],
        ),
        (
            container(imagePullPolicy="Often"),
            [
                (
                    'spec.containers[0].imagePullPolicy: Unsupported value: "Often": supported values: "Always", '
                    '"IfNotPresent", "Never"'
                )
            ],
        ),
        (
            container(terminationMessagePolicy="X"),
            [
                (
                    'spec.containers[0].terminationMessagePolicy: Unsupported value: "X": supported values: "File", '
                    '"FallbackToLogsOnError"'
                )
            ],
        ),
        (
            container(restartPolicy="Sometimes"),
            [
                (
                    'spec.containers[0].restartPolicy: Unsupported value: "Sometimes": supported values: "Always", '
                    '"Never", "OnFailure"'
                )
            ],
        ),
        (container(restartPolicy="Always"), []),
        (
            container() | {"initContainers": [{"name": "c", "image": "i"}]},
            ['spec.initContainers[0].name: Duplicate value: "c"'],
        ),
        (
            container()
            | {"initContainers": [{"name": "i", "image": "i", "livenessProbe": {"exec": {"command": ["a"]}}}]},
            [
                (
                    "spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without "
                    "restartPolicy=Always"
                )
            ],
        ),
        (
            container()
            | {"initContainers": [{"name": "i", "image": "i", "lifecycle": {"preStop": {"exec": {"command": ["a"]}}}}]},
            [
                (
                    "spec.initContainers[0].lifecycle: Forbidden: may not be set for init containers without "
                    "restartPolicy=Always"
                )
            ],
        ),
        (
            container()
            | {
                "initContainers": [
                    {
                        "name": "i",
                        "image": "i",
                        "restartPolicy": "Always",
                        "readinessProbe": {"exec": {"command": ["a"]}},
                    }
                ]
            },
            [],
        ),
        (
            container(lifecycle={"postStart": {}}),
            ["spec.containers[0].lifecycle.postStart: Required value: must specify a handler type"],
        ),
        (
            container(lifecycle={"preStop": {"sleep": {"seconds": 99}}}),
            [
                (
                    "spec.containers[0].lifecycle.preStop.sleep: Invalid value: 99: must be non-negative and less "
                    "than terminationGracePeriodSeconds (30)"
                )
            ],
        ),
        (
            container(lifecycle={"stopSignal": "SIGTERM"}),
            [
                (
                    "spec.containers[0].lifecycle.stopSignal: Forbidden: may not be set for containers with empty "
                    "`spec.os.name`"
                )
            ],
        ),
        (
            container(lifecycle={"postStart": {"exec": {"command": []}, "httpGet": {"port": 80, "path": "/"}}}),
            [
                "spec.containers[0].lifecycle.postStart.exec.command: Required value",
                ("spec.containers[0].lifecycle.postStart.httpGet: Forbidden: may not specify more than 1 handler type"),
            ],
        ),
        (
            container(ports=[{"containerPort": 80, "hostPort": 99999}]),
            [("spec.containers[0].ports[0].hostPort: Invalid value: 99999: must be between 1 and 65535, inclusive")],
        ),
        (
            container(ports=[{"containerPort": 80, "name": "much-too-long-name-x"}]),
            [
                (
                    'spec.containers[0].ports[0].name: Invalid value: "much-too-long-name-x": must be no more than '
                    "15 bytes"
                )
            ],
        ),
        (
            container(ports=[{"containerPort": 80, "protocol": "X"}]),
            [('spec.containers[0].ports[0].protocol: Unsupported value: "X": supported values: "SCTP", "TCP", "UDP"')],
        ),
        (
            {
                "containers": [
                    {"name": "a", "image": "i", "ports": [{"containerPort": 80, "hostPort": 80}]},
                    {"name": "b", "image": "i", "ports": [{"containerPort": 81, "hostPort": 80}]},
                ]
            },
            ['spec.containers[1].ports[0].hostPort: Duplicate value: "TCP//80"'],
        ),
        (
            container(ports=[{"containerPort": 80, "hostPort": 81}]) | {"hostNetwork": True},
            [
                (
                    "spec.containers[0].ports[0].hostPort: Invalid value: 81: must match `containerPort` when "
                    "`hostNetwork` is true"
                )
            ],
        ),
        (container(env=[{"name": ""}]), ["spec.containers[0].env[0].name: Required value"]),
        (
            container(env=[{"name": "a=b", "value": "1"}]),
            [
                (
                    'spec.containers[0].env[0].name: Invalid value: "a=b": a valid environment variable name must '
                    "consist only of printable ASCII characters other than '='"
                )
            ],
        ),
        (
            container(env=[{"name": "A", "valueFrom": {}}]),
            [
                (
                    'spec.containers[0].env[0].valueFrom: Invalid value: "": must specify one of: `fieldRef`, '
                    "`resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
                )
            ],
        ),
        (
            container(env=[{"name": "A", "value": "x", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]),
            [
                (
                    'spec.containers[0].env[0].valueFrom: Invalid value: "": may not be specified when `value` is '
                    "not empty"
                )
            ],
        ),
        (
            container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.x"}}}]),
            [
                (
                    'spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.x": error '
                    "converting fieldPath: field label not supported: spec.x"
                )
            ],
        ),
        (
            container(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['a b']"}}}]),
            ['spec.containers[0].env[0].valueFrom.fieldRef: Invalid value: "a b": name part'],
        ),
        (
            container(env=[{"name": "A", "valueFrom": {"resourceFieldRef": {"resource": "limits.disk"}}}]),
            [
                (
                    "spec.containers[0].env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "
                    '"limits.disk": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", '
                    '"requests.cpu", '
                )
            ],
        ),
        (
            container(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "", "key": "a b"}}}]),
            ['spec.containers[0].env[0].valueFrom.secretKeyRef.key: Invalid value: "a b": a valid config key'],
        ),
        (
            container(envFrom=[{}]),
            [('spec.containers[0].envFrom: Invalid value: "": must specify one of: `configMapRef` or `secretRef`')],
        ),
        (
            container(envFrom=[{"configMapRef": {"name": "A_"}, "prefix": "a=b"}]),
            [
                (
                    'spec.containers[0].envFrom[0].prefix: Invalid value: "a=b": a valid environment variable name '
                    "must consist only of printable ASCII characters other than '='"
                ),
                (
                    'spec.containers[0].envFrom[0].configMapRef.name: Invalid value: "A_": a lowercase RFC 1123 '
                    "subdomain"
                ),
            ],
        ),
    ],
)
def test_a_wrong_container_is_refused(spec: Document, wanted: list[str]) -> None:
    found = [str(error) for error in PODS.validate(created(PODS, "p", **copy.deepcopy(spec)), None)]
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted
