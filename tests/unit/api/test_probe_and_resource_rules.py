"""What probes and resources may say, in Kubernetes' words."""

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
            container(livenessProbe={"exec": {"command": ["a"]}, "tcpSocket": {"port": 1}}),
            ["spec.containers[0].livenessProbe.tcpSocket: Forbidden: may not specify more than 1 handler type"],
        ),
        (
            container(livenessProbe={"exec": {"command": ["a"]}, "successThreshold": 2}),
            ["spec.containers[0].livenessProbe.successThreshold: Invalid value: 2: must be 1"],
        ),
        (
            container(readinessProbe={"exec": {"command": ["a"]}, "terminationGracePeriodSeconds": 1}),
            [
                (
                    "spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 1: must not be "
                    "set for readinessProbes"
                )
            ],
        ),
        (
            container(livenessProbe={"httpGet": {"path": "/", "port": 0, "scheme": "ftp"}}),
            [
                (
                    "spec.containers[0].livenessProbe.httpGet.port: Invalid value: 0: must be between 1 and 65535, "
                    "inclusive"
                ),
                (
                    'spec.containers[0].livenessProbe.httpGet.scheme: Unsupported value: "ftp": supported values: '
                    '"HTTP", "HTTPS"'
                ),
            ],
        ),
        (
            container(
                livenessProbe={"httpGet": {"path": "", "port": "a_b", "httpHeaders": [{"name": "a b", "value": ""}]}}
            ),
            [
                (
                    'spec.containers[0].livenessProbe.httpGet.port: Invalid value: "a_b": must contain only '
                    "alpha-numeric characters (a-z, 0-9), and hyphens (-)"
                ),
                'spec.containers[0].livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header',
            ],
        ),
        (
            container(livenessProbe={"grpc": {"port": 0}}),
            [("spec.containers[0].livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive")],
        ),
        (
            container(livenessProbe={"exec": {"command": ["a"]}, "periodSeconds": -1}),
            [("spec.containers[0].livenessProbe.periodSeconds: Invalid value: -1: must be greater than or equal to 0")],
        ),
        (
            container(livenessProbe={"exec": {"command": ["a"]}, "terminationGracePeriodSeconds": 0}),
            [
                (
                    "spec.containers[0].livenessProbe.terminationGracePeriodSeconds: Invalid value: 0: must be "
                    "greater than 0"
                )
            ],
        ),
        (
            container(resources={"limits": {"gpu": "1"}}),
            [
                (
                    'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource '
                    "type or fully qualified"
                ),
                (
                    'spec.containers[0].resources.limits[gpu]: Invalid value: "gpu": must be a standard resource '
                    "for containers"
                ),
                (
                    'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource '
                    "type or fully qualified"
                ),
                (
                    'spec.containers[0].resources.requests[gpu]: Invalid value: "gpu": must be a standard resource '
                    "for containers"
                ),
            ],
        ),
        (
            container(resources={"limits": {"x.io/gpu": "1.5"}}),
            [
                'spec.containers[0].resources.limits[x.io/gpu]: Invalid value: "1500m": must be an integer',
                'spec.containers[0].resources.requests[x.io/gpu]: Invalid value: "1500m": must be an integer',
            ],
        ),
        (
            container(resources={"requests": {"x.io/gpu": "1"}}),
            [
                (
                    "spec.containers[0].resources.limits: Required value: Limit must be set for non overcommitable "
                    "resources"
                )
            ],
        ),
        (
            container(resources={"limits": {"x.io/gpu": "2"}, "requests": {"x.io/gpu": "1"}}),
            ['spec.containers[0].resources.requests: Invalid value: "1": must be equal to x.io/gpu limit of 2'],
        ),
        (
            container(resources={"limits": {"hugepages-2Mi": "2Mi"}}),
            ["spec.containers[0].resources: Forbidden: HugePages require cpu or memory"],
        ),
        (
            container(resources={"limits": {"hugepages-2Mi": "3Mi", "cpu": "1"}}),
            [
                (
                    'spec.containers[0].resources.limits[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not positive '
                    "integer multiple of hugepages-2Mi"
                ),
                (
                    'spec.containers[0].resources.requests[hugepages-2Mi]: Invalid value: "3Mi": 3Mi is not '
                    "positive integer multiple of hugepages-2Mi"
                ),
            ],
        ),
        (
            container(resources={"limits": {"cpu": "-1"}}),
            [
                ('spec.containers[0].resources.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
                ('spec.containers[0].resources.requests[cpu]: Invalid value: "-1": must be greater than or equal to 0'),
            ],
        ),
        (
            container(resources={"claims": [{"name": "x"}]}),
            [
                (
                    'spec.containers[0].resources.claims[0]: Not found: "x": must be one of the names in '
                    "pod.spec.resourceClaims which is empty"
                )
            ],
        ),
        (
            container(resizePolicy=[{"resourceName": "disk", "restartPolicy": "X"}]),
            [
                'spec.containers[0].resizePolicy: Unsupported value: "disk": supported values: "cpu", "memory"',
                (
                    'spec.containers[0].resizePolicy: Unsupported value: "X": supported values: "NotRequired", '
                    '"RestartContainer"'
                ),
            ],
        ),
        (
            container() | {"resources": {"limits": {"ephemeral-storage": "1Gi"}}},
            [
                (
                    'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported '
                    'values: "cpu", "memory", "hugepages-"'
                ),
                (
                    'spec.resources.requests[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported '
                    'values: "cpu", "memory", "hugepages-"'
                ),
            ],
        ),
        (
            container(resources={"requests": {"cpu": "2"}}) | {"resources": {"requests": {"cpu": "1"}}},
            [
                (
                    'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate '
                    "container requests of 2"
                )
            ],
        ),
        (
            container() | {"overhead": {"gpu": "1"}},
            [
                (
                    'spec.overhead.limits[gpu]: Invalid value: "gpu": must be a standard resource type or fully '
                    "qualified"
                ),
                'spec.overhead.limits[gpu]: Invalid value: "gpu": must be a standard resource for containers',
            ],
        ),
    ],
)
def test_a_wrong_probe_or_amount_is_refused(spec: Document, wanted: list[str]) -> None:
    found = [str(error) for error in PODS.validate(created(PODS, "p", **copy.deepcopy(spec)), None)]
    assert [error[: len(start)] for error, start in zip(found, wanted, strict=True)] == wanted
