from __future__ import annotations

import msgspec

from suites.controller_objects import meta
from suites.fake_view import FakeView
from wherry.api.rbac.clusterrole import AggregationRule, ClusterRole
from wherry.api.rbac.policy_rule import PolicyRule
from wherry.apimachinery.labels import LabelSelector
from wherry.controllers.clusterrole_aggregation import plan
from wherry.reconcile.actions import Patch

GET = PolicyRule(verbs=("get",), api_groups=("",), resources=("pods",))
LIST = PolicyRule(verbs=("list",), api_groups=("",), resources=("pods",))


def part(name: str, *rules: PolicyRule, **labels: str) -> ClusterRole:
    return ClusterRole(metadata=meta(name, "", labels=labels), rules=rules)


def whole(*rules: PolicyRule) -> ClusterRole:
    aggregation = AggregationRule(cluster_role_selectors=(LabelSelector(match_labels={"to": "whole"}),))
    return ClusterRole(metadata=meta("whole", "", labels={"to": "whole"}), rules=rules, aggregation_rule=aggregation)


def test_a_role_gathers_the_rules_of_those_that_it_selects_once_each() -> None:
    role = whole()
    view = FakeView([role, part("b", LIST, GET, to="whole"), part("a", GET, to="whole"), part("c", LIST, to="other")])
    (action,) = plan(role.metadata.key, view)
    assert isinstance(action, Patch)
    assert msgspec.convert(action.patch["rules"], tuple[PolicyRule, ...]) == (GET, LIST)


def test_a_role_that_has_gathered_everything_is_left_alone() -> None:
    role = whole(GET)
    assert plan(role.metadata.key, FakeView([role, part("a", GET, to="whole")])) == []


def test_what_was_added_by_hand_goes_again() -> None:
    role = whole(GET, LIST)
    (action,) = plan(role.metadata.key, FakeView([role, part("a", GET, to="whole")]))
    assert isinstance(action, Patch)
    assert len(action.patch["rules"]) == 1  # type: ignore[arg-type]
