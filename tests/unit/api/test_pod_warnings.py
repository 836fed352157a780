"""What the writer of a valid pod is told, in Kubernetes' words, and what a new pod's wishes take from its labels."""

from __future__ import annotations

import copy

import pytest

from suites.sample_objects import TEMPLATE, created
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.core.label_keys import merge_label_keys
from wherry.api.core.pod import PODS
from wherry.api.documents import section
from wherry.apimachinery.document import Document

FIRST = "spec.containers[0]"
BYPASSES = "setting both nodeName and nodeSelector bypasses the scheduler, so nodeSelector is ignored"
NOBODY = "a null labelSelector results in matching no pod"
HALF = 'fractional byte value "1500m" is invalid, must be an integer'
NEAR = "requiredDuringSchedulingIgnoredDuringExecution"


def container(**fields: object) -> Document:
    return {"containers": [{"name": "c", "image": "i:1", **fields}]}


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        (container(), []),
        (
            container() | {"nodeName": "n", "nodeSelector": {"a": "b"}},
            [f"spec.nodeName: {BYPASSES}"],
        ),
        (
            container() | {"nodeSelector": {"beta.kubernetes.io/os": "linux"}},
            ['spec.nodeSelector[beta.kubernetes.io/os]: deprecated since v1.14; use "kubernetes.io/os" instead'],
        ),
        (
            container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
            ['spec.containers[0].env[1]: hides previous definition of "A", which may be dropped when using apply'],
        ),
        # A value that is made of the earlier one needs it.
        (container(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "$(A)x"}]), []),
        (
            container(resources={"requests": {"memory": "1500m"}}),
            [f"spec.containers[0].resources.requests[memory]: {HALF}"],
        ),
        (container() | {"overhead": {"memory": "1500m"}}, [f"spec.overhead[memory]: {HALF}"]),
        (
            container() | {"terminationGracePeriodSeconds": -1},
            ["spec.terminationGracePeriodSeconds: must be >= 0; negative values are invalid and will be treated as 1"],
        ),
        (container() | {"imagePullSecrets": [{"name": ""}]}, ['spec.imagePullSecrets[0].name: invalid empty name ""']),
        (
            container()
            | {"hostAliases": [{"ip": "1.1.1.1", "hostnames": ["a"]}, {"ip": "1.1.1.1", "hostnames": ["b"]}]},
            ['spec.hostAliases[1].ip: duplicate ip "1.1.1.1"'],
        ),
        (
            container()
            | {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "z", "whenUnsatisfiable": "DoNotSchedule"}]},
            [f"spec.topologySpreadConstraints[0].labelSelector: {NOBODY}"],
        ),
        (
            container() | {"affinity": {"podAffinity": {NEAR: [{"topologyKey": "z"}]}}},
            [f"spec.affinity.podAffinity.{NEAR}[0].labelSelector: {NOBODY}"],
        ),
        (
            container()
            | {
                "volumes": [
                    {"name": "v", "gitRepo": {"repository": "r"}},
                    {"name": "w", "glusterfs": {"endpoints": "e", "path": "p"}},
                ]
            },
            [
                "spec.volumes[0].gitRepo: deprecated in v1.11, and disabled by default in v1.33+",
                "spec.volumes[1].glusterfs: deprecated in v1.25, non-functional in v1.26+",
            ],
        ),
        (
            container(ports=[{"containerPort": 80}, {"containerPort": 80}]),
            ["spec.containers[0].ports[1]: duplicate port definition with spec.containers[0].ports[0]"],
        ),
    ],
)
def test_a_new_pod_that_surprises_is_worth_a_warning(spec: Document, wanted: list[str]) -> None:
    pod = created(PODS, "p", **copy.deepcopy(spec))
    assert PODS.warn(pod, None) == wanted
    assert PODS.warn(pod, pod) == []


def test_a_name_that_is_no_host_name_is_told() -> None:
    (warning,) = PODS.warn(created(PODS, "a.b", **container()), None)
    assert warning.startswith(
        "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior"
    )


def test_old_annotations_are_told_and_so_are_those_of_templates() -> None:
    annotations = {"seccomp.security.alpha.kubernetes.io/pod": "x", "scheduler.alpha.kubernetes.io/critical-pod": ""}
    wanted = [
        "[scheduler.alpha.kubernetes.io/critical-pod]: non-functional in v1.16+; "
        'use the "priorityClassName" field instead',
        '[seccomp.security.alpha.kubernetes.io/pod]: non-functional in v1.27+; use the "seccompProfile" field instead',
    ]
    pod = created(PODS, "p", **container())
    section(pod, "metadata")["annotations"] = annotations
    assert PODS.warn(pod, None) == [f"metadata.annotations{each}" for each in wanted]
    release = created(DEPLOYMENTS)
    section(release, "spec")["template"] = copy.deepcopy(TEMPLATE)
    section(release, "spec", "template", "metadata")["annotations"] = annotations
    assert DEPLOYMENTS.warn(release, None) == [f"spec.template.metadata.annotations{each}" for each in wanted]


def test_wishes_for_company_take_the_pods_own_labels() -> None:
    term: Document = {
        "topologyKey": "z",
        "labelSelector": {"matchLabels": {"app": "web"}},
        "matchLabelKeys": ["release", "absent"],
        "mismatchLabelKeys": ["tenant"],
    }
    pod: Document = {
        "metadata": {"labels": {"release": "7", "tenant": "t"}},
        "spec": {
            "affinity": {"podAffinity": {NEAR: [copy.deepcopy(term)]}},
            "topologySpreadConstraints": [{"matchLabelKeys": ["release"], "topologyKey": "z"}],
        },
    }
    merge_label_keys(pod)
    merged = section(pod, "spec", "affinity", "podAffinity")[NEAR][0]["labelSelector"]  # type: ignore[index]
    assert merged == {
        "matchLabels": {"app": "web"},
        "matchExpressions": [
            {"key": "release", "operator": "In", "values": ["7"]},
            {"key": "tenant", "operator": "NotIn", "values": ["t"]},
        ],
    }
    # Without a selector there is nothing to add to.
    assert "labelSelector" not in section(pod, "spec")["topologySpreadConstraints"][0]  # type: ignore[index]
