"""What disruption budgets refuse, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.kind_rules import errors_of
from suites.sample_objects import CONDITION, created
from wherry.api.policy.poddisruptionbudget import POD_DISRUPTION_BUDGETS
from wherry.apimachinery.document import Document


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"minAvailable": "50%"}, []),
        ({"minAvailable": None, "maxUnavailable": 0}, []),
        (
            {"maxUnavailable": 1, "selector": None},
            [
                'spec: Invalid value: {"maxUnavailable":1,"minAvailable":1}: '
                "minAvailable and maxUnavailable cannot be both set"
            ],
        ),
        ({"minAvailable": -1}, ["spec.minAvailable: Invalid value: -1: must be greater than or equal to 0"]),
        ({"minAvailable": "101%"}, ['spec.minAvailable: Invalid value: "101%": must not be greater than 100%']),
        ({"minAvailable": "0100%"}, []),
        (
            {"minAvailable": "9" * 5000 + "%"},
            [f'spec.minAvailable: Invalid value: "{"9" * 5000}%": must not be greater than 100%'],
        ),
        (
            {"minAvailable": "²%"},
            [
                'spec.minAvailable: Invalid value: "²%": a valid percent string must be a numeric string followed by '
                "an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')"
            ],
        ),
        (
            {"minAvailable": "half"},
            [
                'spec.minAvailable: Invalid value: "half": a valid percent string must be a numeric string followed by '
                "an ending '%' (e.g. '1%', or '93%', regex used for validation is '[0-9]+%')"
            ],
        ),
        (
            {"unhealthyPodEvictionPolicy": "Maybe"},
            [
                'spec.unhealthyPodEvictionPolicy: Unsupported value: "Maybe": '
                'supported values: "AlwaysAllow", "IfHealthyBudget"'
            ],
        ),
    ],
)
def test_a_budget_says_one_thing(spec: Document, wanted: list[str]) -> None:
    assert errors_of(POD_DISRUPTION_BUDGETS, {"spec": spec}) == wanted


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ({}, ""),
        ({"status": "Yes"}, 'status: Unsupported value: "Yes": supported values: "False", "True", "Unknown"'),
        ({"reason": ""}, "reason: Required value: must be set"),
        ({"reason": "not a word"}, 'reason: Invalid value: "not a word": a condition reason must start with'),
        ({"lastTransitionTime": ""}, "lastTransitionTime: Required value: must be set"),
        ({"message": "x" * 32769}, "message: Too long: may not be more than 32768 bytes"),
    ],
)
def test_conditions_are_complete(condition: Document, wanted: str) -> None:
    status: Document = {"conditions": [{**CONDITION, **condition}]}
    errors = errors_of(POD_DISRUPTION_BUDGETS, {"status": status}, created(POD_DISRUPTION_BUDGETS))
    assert len(errors) == (1 if wanted else 0)
    assert "".join(errors).startswith(f"status.conditions[0].{wanted}" if wanted else "")


def test_a_condition_comes_once_and_counts_are_not_negative() -> None:
    status: Document = {"conditions": [CONDITION, CONDITION], "currentHealthy": -1}
    assert errors_of(POD_DISRUPTION_BUDGETS, {"status": status}, created(POD_DISRUPTION_BUDGETS)) == [
        'status.conditions[1].type: Duplicate value: "Ready"',
        "status.currentHealthy: Invalid value: -1: must be greater than or equal to 0",
    ]


def test_the_table_shows_the_wish_and_what_is_allowed_now() -> None:
    budget = created(POD_DISRUPTION_BUDGETS)
    assert POD_DISRUPTION_BUDGETS.row is not None
    assert tuple(POD_DISRUPTION_BUDGETS.row(budget, 0.0))[:-1] == ("web", "1", "N/A", 0)
