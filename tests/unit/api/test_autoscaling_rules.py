"""Autoscalers: what they refuse, and how version 1 shows what version 2 keeps."""

from __future__ import annotations

from typing import cast

import orjson
import pytest

from suites.api_harness import MERGE, make_api
from suites.kind_rules import errors_of
from suites.sample_objects import created, sample
from wherry.api.autoscaling.annotation_forms import BEHAVIOR, CONDITIONS, CURRENT_METRICS, METRICS
from wherry.api.autoscaling.horizontalpodautoscaler import HORIZONTAL_POD_AUTOSCALERS as SECOND
from wherry.api.autoscaling.horizontalpodautoscaler_v1 import (
    FIRST_HORIZONTAL_POD_AUTOSCALERS as FIRST,
)
from wherry.api.autoscaling.horizontalpodautoscaler_v1 import from_stored, to_stored
from wherry.api.documents import find, section
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

UTILIZATION: Document = {"type": "Utilization", "averageUtilization": 50}
AVERAGE: Document = {"type": "AverageValue", "averageValue": "10"}
VALUE: Document = {"type": "Value", "value": "100"}
MEMORY: Document = {"type": "Resource", "resource": {"name": "memory", "target": UTILIZATION}}
SIDECAR: Document = {
    "type": "ContainerResource",
    "containerResource": {"container": "proxy", "name": "cpu", "target": AVERAGE},
}
PODS: Document = {"type": "Pods", "pods": {"metric": {"name": "queue"}, "target": AVERAGE}}
INGRESS: Document = {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "name": "web"}
OBJECT: Document = {
    "type": "Object",
    "object": {"describedObject": INGRESS, "metric": {"name": "hits"}, "target": VALUE},
}
EXTERNAL: Document = {
    "type": "External",
    "external": {"metric": {"name": "jobs", "selector": {"matchLabels": {"q": "a"}}}, "target": VALUE},
}
ALL = [MEMORY, SIDECAR, PODS, OBJECT, EXTERNAL]
SOURCES = '"ContainerResource", "External", "Object", "Pods", "Resource"'


def metric(**one: object) -> Document:
    return {"spec": {"metrics": [one]}}


def resource(**target: object) -> Document:
    return metric(type="Resource", resource={"name": "cpu", "target": target})


def up(**rules: object) -> Document:
    return {"spec": {"behavior": {"scaleUp": rules}}}


FIRST_TARGET = "spec.metrics[0].resource.target"


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"spec": {"metrics": ALL}}, []),
        ({"spec": {"minReplicas": 0}}, ["spec.minReplicas: Invalid value: 0: must be greater than or equal to 1",
            "spec.metrics: Forbidden: must specify at least one Object or External metric to support scaling to zero "
            "replicas"]),
        (
            {"spec": {"minReplicas": 6}},
            ["spec.maxReplicas: Invalid value: 5: must be greater than or equal to `minReplicas`"],
        ),
        (
            {"spec": {"maxReplicas": 0}},
            [
                "spec.maxReplicas: Invalid value: 0: must be greater than 0",
                "spec.maxReplicas: Invalid value: 0: must be greater than or equal to `minReplicas`",
            ],
        ),
        ({"spec": {"scaleTargetRef": {"kind": "Deployment"}}}, ["spec.scaleTargetRef.name: Required value"]),
        (
            {"spec": {"scaleTargetRef": {"kind": "a/b", "name": "x"}}},
            ["spec.scaleTargetRef.kind: Invalid value: \"a/b\": may not contain '/'"],
        ),
        (
            metric(type=""),
            [
                "spec.metrics[0].type: Required value: must specify a metric source type",
                f'spec.metrics[0].type: Unsupported value: "": supported values: {SOURCES}',
            ],
        ),
        (
            metric(type="Pods"),
            ["spec.metrics[0].pods: Required value: must populate information for the given metric source"],
        ),
        (
            {"spec": {"metrics": [{**MEMORY, "pods": PODS["pods"]}]}},
            ["spec.metrics[0].pods: Forbidden: must populate the given metric source only"],
        ),
        (
            resource(),
            [
                f"{FIRST_TARGET}.type: Required value: must specify a metric target type",
                f"{FIRST_TARGET}.averageUtilization: Required value: "
                "must set either a target raw value or a target utilization",
            ],
        ),
        (
            resource(type="Utilization", averageUtilization=0),
            [f"{FIRST_TARGET}.averageUtilization: Invalid value: 0: must be greater than 0"],
        ),
        (
            resource(type="AverageValue", averageUtilization=1, averageValue="1"),
            [
                f"{FIRST_TARGET}.averageValue: Forbidden: "
                "may not set both a target raw value and a target utilization"
            ],
        ),
        (
            resource(type="Odd", averageValue="0"),
            [
                f'{FIRST_TARGET}.type: Invalid value: "Odd": must be either Utilization, Value, or AverageValue',
                f'{FIRST_TARGET}.averageValue: Invalid value: "0": must be positive',
            ],
        ),
        (
            metric(type="External", external={"metric": {"name": "x"}, "target": {**VALUE, "averageValue": "1"}}),
            [
                "spec.metrics[0].external.target.value: Forbidden: "
                "may not set both a target value for metric and a per-pod target"
            ],
        ),
        (
            metric(type="Object", object={"describedObject": INGRESS, "metric": {}, "target": UTILIZATION}),
            [
                "spec.metrics[0].object.metric.name: Required value: must specify a metric name",
                "spec.metrics[0].object.target.averageValue: Required value: "
                "must set either a target value or averageValue",
            ],
        ),
        (
            metric(type="ContainerResource", containerResource={"name": "cpu", "target": AVERAGE}),
            ["spec.metrics[0].containerResource.container: Required value: must specify a container"],
        ),
        (up(stabilizationWindowSeconds=3601), ["spec.behavior.scaleUp.stabilizationWindowSeconds: Invalid value: 3601: "
            "must be less than or equal to 3600"]),
        (
            up(selectPolicy="Most"),
            [
                'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": '
                'supported values: "Disabled", "Max", "Min"'
            ],
        ),
        (
            up(policies=[{"type": "Pods", "value": 0, "periodSeconds": 1801}]),
            [
                "spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero",
                "spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: "
                "must be less than or equal to 1800",
            ],
        ),
        (up(policies=[]), ["spec.behavior.scaleUp.policies: Required value: must specify at least one Policy"]),
    ],
)  # fmt: skip
def test_a_wrong_autoscaler_is_refused(changes: Document, wanted: list[str]) -> None:
    assert errors_of(SECOND, changes) == wanted


def test_who_had_no_pods_before_may_keep_none() -> None:
    old = created(SECOND, minReplicas=0, metrics=[EXTERNAL])
    assert errors_of(SECOND, {"spec": {"maxReplicas": 9}}, old) == []


def test_counts_in_the_status_are_not_negative() -> None:
    status: Document = {"currentReplicas": -1, "desiredReplicas": -1}
    assert errors_of(SECOND, {"status": status}, created(SECOND)) == [
        "status.currentReplicas: Invalid value: -1: must be greater than or equal to 0",
        "status.desiredReplicas: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_without_metrics_the_cpu_counts_and_a_behaviour_is_completed() -> None:
    autoscaler = created(SECOND, behavior={"scaleUp": {"selectPolicy": "Min"}})
    assert find(autoscaler, "spec", "minReplicas") == 1
    assert find(autoscaler, "spec", "metrics") == [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    ]
    assert find(autoscaler, "spec", "behavior", "scaleUp", "selectPolicy") == "Min"
    assert find(autoscaler, "spec", "behavior", "scaleUp", "stabilizationWindowSeconds") == 0
    policies = find(autoscaler, "spec", "behavior", "scaleDown", "policies")
    assert policies == [{"type": "Percent", "value": 100, "periodSeconds": 15}]


@pytest.mark.parametrize("resource_type", [FIRST, SECOND])
def test_the_table_is_the_same_in_both_versions(resource_type: AnyResourceType) -> None:
    assert resource_type.row is not None
    cells = tuple(resource_type.row(created(resource_type), 0.0))[:-1]
    assert cells == ("web", "Deployment/web", "cpu: <unknown>/80%", "1", "5", "0")


def test_the_table_shows_two_targets_and_counts_the_rest() -> None:
    autoscaler = created(SECOND, metrics=[EXTERNAL, PODS, MEMORY])
    autoscaler["status"] = {"desiredReplicas": 1, "currentMetrics": [{"external": {"current": {"value": "7"}}}]}
    assert SECOND.row is not None
    assert tuple(SECOND.row(autoscaler, 0.0))[2] == "7/100, <unknown>/10 + 1 more..."


def test_version_1_keeps_in_annotations_what_it_cannot_show() -> None:
    stored = created(SECOND, metrics=[EXTERNAL, OBJECT, SIDECAR, PODS], behavior={})
    status = section(stored, "status")
    status["currentMetrics"] = [
        {"type": "Resource", "resource": {"name": "cpu", "current": {"averageUtilization": 7, "averageValue": "1m"}}}
    ]
    status["conditions"] = [{"type": "AbleToScale", "status": "True"}]
    served = from_stored(stored)
    annotations = cast("dict[str, str]", find(served, "metadata", "annotations"))
    assert orjson.loads(annotations[METRICS]) == [
        {
            "type": "External",
            "external": {"metricName": "jobs", "metricSelector": {"matchLabels": {"q": "a"}}, "targetValue": "100"},
        },
        {"type": "Object", "object": {"target": INGRESS, "metricName": "hits", "targetValue": "100"}},
        {
            "type": "ContainerResource",
            "containerResource": {"name": "cpu", "container": "proxy", "targetAverageValue": "10"},
        },
        {"type": "Pods", "pods": {"metricName": "queue", "targetAverageValue": "10"}},
    ]
    assert orjson.loads(annotations[CURRENT_METRICS]) == [
        {
            "type": "Resource",
            "resource": {"name": "cpu", "currentAverageUtilization": 7, "currentAverageValue": "1m"},
        }
    ]
    assert orjson.loads(annotations[CONDITIONS]) == status["conditions"]
    assert orjson.loads(annotations[BEHAVIOR]) == find(stored, "spec", "behavior")
    assert find(served, "spec", "metrics") is None
    assert find(served, "status", "currentCPUUtilizationPercentage") == 7


@pytest.mark.parametrize("metrics", [[MEMORY], ALL, [{**MEMORY}], [EXTERNAL, OBJECT], [PODS]])
def test_version_1_and_back_is_the_same_object(metrics: list[Document]) -> None:
    cpu: Document = {"type": "Resource", "resource": {"name": "cpu", "target": UTILIZATION}}
    stored = created(SECOND, metrics=[cpu, *metrics], behavior={"scaleDown": {"stabilizationWindowSeconds": 5}})
    section(stored, "status")["conditions"] = [{"type": "AbleToScale", "status": "True"}]
    again = to_stored(from_stored(stored))
    section(again, "status").pop("currentReplicas")
    assert again == stored


async def test_one_object_is_served_in_both_versions() -> None:
    api = await make_api()
    first = sample(FIRST)
    section(first, "spec")["targetCPUUtilizationPercentage"] = 33
    answer = await api.must("POST", FIRST.url("default"), first)
    assert find(answer, "spec", "targetCPUUtilizationPercentage") == 33
    second = await api.must("GET", SECOND.url("default", "web"))
    assert find(second, "metadata", "uid") == find(answer, "metadata", "uid")
    target = {"type": "Utilization", "averageUtilization": 33}
    assert find(second, "spec", "metrics") == [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]
    assert find(second, "status") == {"currentReplicas": 0, "desiredReplicas": 0}

    section(second, "spec")["metrics"] = [EXTERNAL]
    await api.must("PUT", SECOND.url("default", "web"), second)
    conditions = [{"type": "AbleToScale", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}]
    status = {"status": {"desiredReplicas": 2, "conditions": conditions}}
    await api.must("PATCH", SECOND.url("default", "web", "status"), status, content_type=MERGE)
    shown = await api.must("GET", FIRST.url("default", "web"))
    annotations = cast("dict[str, str]", find(shown, "metadata", "annotations"))
    assert set(annotations) == {METRICS, CONDITIONS}
    # Whoever writes version 1 without the annotations of the status takes nothing away that is reported.
    section(shown, "metadata")["annotations"] = {METRICS: annotations[METRICS]}
    section(shown, "spec")["maxReplicas"] = 9
    await api.must("PUT", FIRST.url("default", "web"), shown)
    kept = await api.must("GET", SECOND.url("default", "web"))
    assert find(kept, "status", "conditions") == conditions
    assert find(kept, "spec", "metrics") == [EXTERNAL]
    assert find(kept, "metadata", "annotations") is None


@pytest.mark.parametrize(
    ("name", "text"),
    [(METRICS, "no json"), (METRICS, "{}"), (METRICS, "[1]"), (BEHAVIOR, "[]"), (BEHAVIOR, "[" * 50_000)],
)
async def test_an_annotation_that_cannot_be_read_is_refused(name: str, text: str) -> None:
    api = await make_api()
    body = sample(FIRST)
    section(body, "metadata")["annotations"] = {name: text}
    answer = await api.ask("POST", FIRST.url("default"), body)
    assert (answer.status, answer.at("details.causes.0.field")) == (422, f"metadata.annotations[{name}]")
