"""Disruption budgets: how many pods there should be, how many are healthy, how many may go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from suites.controller_objects import NOW_S, controlled_by, meta, pod, replica_set
from suites.fake_view import FakeView
from wherry.api.apps.deployment import Deployment, DeploymentSpec
from wherry.api.core.pod import Pod
from wherry.api.policy.poddisruptionbudget import (
    PodDisruptionBudget,
    PodDisruptionBudgetSpec,
    PodDisruptionBudgetStatus,
)
from wherry.apimachinery.labels import LabelSelector
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.disruption import DISRUPTION_CONTROLLER, plan
from wherry.reconcile.actions import Action, Emit, PatchStatus, Requeue

KEY = ObjectKey("ns", "guard")


def budget(disrupted: dict[str, str] | None = None, **spec: Any) -> PodDisruptionBudget:
    status = PodDisruptionBudgetStatus(
        current_healthy=0, desired_healthy=0, disruptions_allowed=0, expected_pods=0, disrupted_pods=disrupted or {}
    )
    selector = LabelSelector(match_labels={"app": "web"})
    return PodDisruptionBudget(
        metadata=meta("guard", generation=4),
        spec=PodDisruptionBudgetSpec(**{"selector": selector, **spec}),
        status=status,
    )


def owned(name: str, *, ready: bool = True, owner: str = "web", **fields: Any) -> Pod:
    return pod(name, ready=ready, owner_references=controlled_by("ReplicaSet", owner), **fields)


def look(*objects: msgspec.Struct) -> Sequence[Action]:
    return plan(KEY, FakeView(objects, now_s=NOW_S))


def numbers(actions: Sequence[Action]) -> tuple[int, int, int, int]:
    [status] = [action.new for action in actions if isinstance(action, PatchStatus)]
    assert isinstance(status, PodDisruptionBudgetStatus)
    return status.expected_pods, status.current_healthy, status.desired_healthy, status.disruptions_allowed


def events(actions: Sequence[Action]) -> list[str]:
    return [action.event.reason for action in actions if isinstance(action, Emit)]


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"min_available": 2}, (3, 2, 2, 0)),
        ({"min_available": 1}, (3, 2, 1, 1)),
        ({"min_available": "34%"}, (4, 2, 2, 0)),
        ({"max_unavailable": 3}, (4, 2, 1, 1)),
        ({"max_unavailable": "50%"}, (4, 2, 2, 0)),
        ({"max_unavailable": 9}, (4, 2, 0, 2)),
        ({}, (3, 2, 0, 2)),
    ],
)
def test_the_numbers_follow_from_the_wish_and_the_owners(spec: dict[str, Any], wanted: tuple[int, ...]) -> None:
    pods = [owned("a"), owned("b"), owned("c", ready=False)]
    assert numbers(look(budget(**spec), replica_set(replicas=4), *pods)) == wanted


def test_all_releases_of_a_deployment_count_as_one() -> None:
    above = controlled_by("Deployment", "shop")
    sets = [replica_set(name, 5, owner_references=above) for name in ("old", "new")]
    deployment = Deployment(metadata=meta("shop"), spec=DeploymentSpec(replicas=6))
    pods = [owned("a", owner="old"), owned("b", owner="new")]
    assert numbers(look(budget(max_unavailable=1), deployment, *sets, *pods)) == (6, 2, 5, 0)


def test_pods_that_nobody_owns_are_told_of() -> None:
    actions = look(budget(max_unavailable=1), pod("a"))
    assert events(actions) == ["UnmanagedPods"]
    assert numbers(actions) == (0, 1, 0, 0)
    assert events(look(budget(min_available=1), pod("a"))) == []


def test_an_owner_without_a_number_stops_all_evictions() -> None:
    lonely = pod("a", owner_references=controlled_by("Job", "once", "batch/v1"))
    actions = look(budget(max_unavailable=1), lonely)
    assert events(actions) == ["CalculateExpectedPodCountFailed"]
    [status] = [action.new for action in actions if isinstance(action, PatchStatus)]
    assert isinstance(status, PodDisruptionBudgetStatus)
    [condition] = status.conditions
    assert (condition.status, condition.reason) == ("False", "SyncFailed")
    assert condition.message == "jobs.batch does not implement the scale subresource"


def test_an_evicted_pod_counts_as_gone_until_it_plainly_stays() -> None:
    just_now, long_ago = format_time(NOW_S - 10), format_time(NOW_S - 121)
    pods = [owned("a"), owned("b"), owned("c")]
    actions = look(budget({"a": just_now}, min_available=1), *pods)
    assert numbers(actions) == (3, 2, 1, 1)
    assert [action.after_s for action in actions if isinstance(action, Requeue)] == [110.0]
    actions = look(budget({"a": long_ago}, min_available=1), *pods)
    assert numbers(actions) == (3, 3, 1, 2)
    assert events(actions) == ["NotDeleted"]


def test_a_pod_on_its_way_out_is_not_healthy() -> None:
    leaving = owned("a", deletion_timestamp="2026-11-23T07:00:00Z")
    assert numbers(look(budget(min_available=1), leaving, owned("b"))) == (2, 1, 1, 0)


def test_the_condition_says_whether_one_may_go() -> None:
    for amount, wanted in ((1, ("True", "SufficientPods")), (2, ("False", "InsufficientPods"))):
        actions = look(budget(min_available=amount), owned("a"), owned("b"))
        [status] = [action.new for action in actions if isinstance(action, PatchStatus)]
        assert isinstance(status, PodDisruptionBudgetStatus)
        assert [(one.status, one.reason) for one in status.conditions] == [wanted]
        assert status.observed_generation == 4


def test_a_budget_that_chooses_nothing_says_so() -> None:
    assert events(look(budget(min_available=1), pod("a", labels={"app": "other"}))) == ["NoPods"]


def test_a_pods_change_concerns_the_budgets_that_choose_it() -> None:
    view = FakeView([budget(min_available=1)])
    [source] = [source for source in DISRUPTION_CONTROLLER.sources if source.resource.kind == "Pod"]
    assert list(source.keys(pod("a"), view)) == [KEY]
    assert list(source.keys(pod("b", labels={}), view)) == []
