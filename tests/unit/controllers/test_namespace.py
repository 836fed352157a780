"""What every namespace has, and how it goes."""

from __future__ import annotations

import msgspec

from suites.controller_objects import meta, pod
from suites.fake_view import FakeView
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.namespace import Namespace, NamespaceSpec, NamespaceStatus
from wherry.api.core.secret import Secret
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.namespace import CONTENTS, plan, plan_conditions
from wherry.reconcile.actions import DeleteCollection, PatchStatus, Update

KEY = ObjectKey("", "ns")
GOING = "2026-11-23T07:00:00Z"
NAMESPACE = Namespace(
    metadata=meta("ns", "", deletion_timestamp=GOING), spec=NamespaceSpec(finalizers=("kubernetes", "x/y"))
)
CONFIG = ConfigMap(metadata=meta("c"))


def emptied(*objects: msgspec.Struct) -> list[str]:
    actions = plan(KEY, FakeView([NAMESPACE, *objects]))
    return [action.resource.plural for action in actions if isinstance(action, DeleteCollection)]


def test_pods_go_first_then_everything_else_that_is_there() -> None:
    assert emptied(pod("a"), CONFIG) == ["pods"]
    assert emptied(pod("a", deletion_timestamp=GOING), CONFIG) == [], "wait until they have stopped"
    assert emptied(CONFIG, Secret(metadata=meta("s"))) == ["configmaps", "secrets"]
    held = ConfigMap(metadata=meta("c", deletion_timestamp=GOING, finalizers=("a/b",)))
    assert emptied(held) == []


def test_what_is_waited_for_is_told_once_everything_has_been_told_to_go() -> None:
    held = ConfigMap(metadata=meta("c", deletion_timestamp=GOING, finalizers=("a/b",)))
    [told] = plan(KEY, FakeView([NAMESPACE, held]))
    assert isinstance(told, PatchStatus)
    assert isinstance(told.new, NamespaceStatus)
    assert {each.type: each.message for each in told.new.conditions if each.status == "True"} == {
        "NamespaceContentRemaining": "Some resources are remaining: configmaps. has 1 resource instances",
        "NamespaceFinalizersRemaining": (
            "Some content in the namespace has finalizers remaining: a/b in 1 resource instances"
        ),
    }
    assert len(told.new.conditions) == 5
    again = plan_conditions(told.new.conditions, [(CONFIG_MAPS, [held.metadata])], 0.0)
    assert again == told.new.conditions, "what stays the same keeps its time"


def test_an_empty_namespace_is_let_go_after_asking_the_server_about_every_kind() -> None:
    others = [pod("a", namespace="other"), ConfigMap(metadata=meta("c", "other"))]
    events, update = plan(KEY, FakeView([NAMESPACE, *others]))
    assert isinstance(events, DeleteCollection)
    assert events.resource.plural == "events"
    assert isinstance(update, Update)
    assert (update.subresource, update.document["spec"]) == ("finalize", {"finalizers": ["x/y"]})
    assert [each.resource for each in update.unless] == list(CONTENTS)
    assert {each.namespace for each in update.unless} == {"ns"}


def test_a_namespace_that_stays_or_was_let_go_is_left_alone() -> None:
    staying = Namespace(metadata=meta("ns", ""), spec=NamespaceSpec(finalizers=("kubernetes",)))
    assert plan(KEY, FakeView([staying, CONFIG])) == []
    assert plan(KEY, FakeView([Namespace(metadata=NAMESPACE.metadata, spec=NamespaceSpec())])) == []
    assert plan(KEY, FakeView()) == []
