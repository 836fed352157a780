"""What LimitRanges and ResourceQuotas refuse, fill in and show."""

from __future__ import annotations

import pytest

from suites.sample_objects import created, sample
from wherry.api.core.limitrange import LIMIT_RANGES
from wherry.api.core.resourcequota import RESOURCE_QUOTAS
from wherry.api.documents import sections
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

UNKNOWN = "must be a standard resource type or fully qualified"


def errors_of(resource: AnyResourceType, spec: Document) -> list[str]:
    document = {**sample(resource), "spec": spec}
    resource.default(document)
    resource.prepare(document, None)
    return [str(error) for error in resource.validate(document, None)]


@pytest.mark.parametrize(
    ("item", "wanted"),
    [
        ({"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "100m"}}, []),
        ({"type": "example.com/thing", "max": {"example.com/gpu": "1"}}, []),
        (
            {"type": "Thing"},
            ['type: Invalid value: "Thing": must be a standard limit type or fully qualified'],
        ),
        (
            {"type": "Container", "max": {"cpu": "1"}, "min": {"cpu": "2"}, "default": {"cpu": "1"}},
            [
                'min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
                'defaultRequest[cpu]: Invalid value: "1": min value 2 is greater than default request value 1',
                'default[cpu]: Invalid value: "2": min value 2 is greater than default value 1',
            ],
        ),
        (
            {"type": "Pod", "default": {"cpu": "1"}},
            ["default: Forbidden: may not be specified when `type` is 'Pod'"],
        ),
        (
            {"type": "PersistentVolumeClaim"},
            ["limits: Required value: either minimum or maximum storage value is required, but neither was provided"],
        ),
        ({"type": "PersistentVolumeClaim", "min": {"storage": "1Gi"}}, []),
        (
            {"type": "Container", "max": {"storage": "1"}},
            [
                f'{name}[storage]: Invalid value: "storage": must be a standard resource for containers'
                for name in ("max", "default", "defaultRequest")
            ],
        ),
        (
            {"type": "Pod", "maxLimitRequestRatio": {"cpu": "500m"}},
            ['maxLimitRequestRatio[cpu]: Invalid value: "500m": ratio 500m is less than 1'],
        ),
        (
            {"type": "Pod", "maxLimitRequestRatio": {"cpu": "5"}, "min": {"cpu": "1"}, "max": {"cpu": "2"}},
            ['maxLimitRequestRatio[cpu]: Invalid value: "5": ratio 5 is greater than max/min = 2.000000'],
        ),
        (
            {"type": "Container", "default": {"example.com/gpu": "2"}, "defaultRequest": {"example.com/gpu": "1"}},
            [
                'defaultRequest[example.com/gpu]: Invalid value: "1": default value 2 must equal to '
                "defaultRequest value 1 in example.com/gpu"
            ],
        ),
    ],
)
def test_a_limit_range_says_what_does_not_fit(item: Document, wanted: list[str]) -> None:
    assert errors_of(LIMIT_RANGES, {"limits": [item]}) == [f"spec.limits[0].{error}" for error in wanted]


def test_a_type_of_limit_comes_once() -> None:
    twice = [{"type": "Pod"}, {"type": "Pod"}]
    assert errors_of(LIMIT_RANGES, {"limits": twice}) == ['spec.limits[1].type: Duplicate value: "Pod"']


def test_the_limits_of_containers_fill_in_each_other() -> None:
    document = {**sample(LIMIT_RANGES), "spec": {"limits": [{"type": "Container", "max": {"cpu": "2000m"}}]}}
    LIMIT_RANGES.default(document)
    assert sections(document, "spec", "limits") == [
        {"type": "Container", "max": {"cpu": "2"}, "default": {"cpu": "2"}, "defaultRequest": {"cpu": "2"}}
    ]


def test_the_limits_of_claims_stay_as_they_are() -> None:
    item: Document = {"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}
    document = {**sample(LIMIT_RANGES), "spec": {"limits": [dict(item)]}}
    LIMIT_RANGES.default(document)
    assert sections(document, "spec", "limits") == [item]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"hard": {"pods": "1", "count/deployments.apps": "3", "requests.example.com/gpu": "1"}}, []),
        ({"hard": {"hugepages-2Mi": "1Gi", "requests.hugepages-2Mi": "1Gi"}}, []),
        (
            {"hard": {"storage": "1"}},
            ['hard[storage]: Invalid value: "storage": must be a standard resource for quota'],
        ),
        (
            {"hard": {"things": "1"}},
            [
                f'hard[things]: Invalid value: "things": {UNKNOWN}',
                'hard[things]: Invalid value: "things": must be a standard resource for quota',
            ],
        ),
        ({"hard": {"pods": "-1"}}, ['hard[pods]: Invalid value: "-1": must be greater than or equal to 0']),
        ({"hard": {"pods": "500m"}}, ['hard[pods]: Invalid value: "500m": must be an integer']),
        ({"scopes": ["Some"]}, ['scopes: Invalid value: ["Some"]: unsupported scope']),
        (
            {"scopes": ["BestEffort", "NotBestEffort"]},
            ['scopes: Invalid value: ["BestEffort","NotBestEffort"]: conflicting scopes'],
        ),
        (
            {"scopes": ["BestEffort"], "hard": {"requests.cpu": "1"}},
            ['scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
        ),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In"}]}},
            [
                "scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` "
                "is 'In' or 'NotIn' for scope selector"
            ],
        ),
        (
            {"scopeSelector": {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "Near"}]}},
            ['scopeSelector.matchExpressions.operator: Invalid value: "Near": not a valid selector operator'],
        ),
    ],
)
def test_a_quota_says_what_cannot_be_limited(spec: Document, wanted: list[str]) -> None:
    assert errors_of(RESOURCE_QUOTAS, spec) == [f"spec.{error}" for error in wanted]


def test_the_scopes_of_a_quota_are_for_life() -> None:
    old = created(RESOURCE_QUOTAS, scopes=["Terminating"])
    new = created(RESOURCE_QUOTAS, scopes=[])
    assert [str(error) for error in RESOURCE_QUOTAS.validate(new, old)] == [
        "spec.scopes: Invalid value: []: field is immutable"
    ]


def test_a_quota_shows_what_is_used_of_what_may_be() -> None:
    quota = created(RESOURCE_QUOTAS)
    quota["status"] = {"hard": {"pods": "10", "limits.cpu": "8", "cpu": "2"}, "used": {"pods": "3"}}
    assert RESOURCE_QUOTAS.row is not None
    assert RESOURCE_QUOTAS.row(quota, 0.0)[1:3] == ("cpu: 0/2, pods: 3/10", "limits.cpu: 0/8")
