from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.apimachinery.merge_type import MergeType, merge_type_for_kind
from wherry.apimachinery.patch.apply import Application, Applied, ApplyConflict, apply_configuration, conflict_error
from wherry.apimachinery.patch.field_set import FieldSet
from wherry.apimachinery.patch.managed_fields import Managers, Owned, Scope, all_but_status, applier, track, updater
from wherry.apimachinery.patch.typed import compare

CONFIG_MAP = merge_type_for_kind("", "v1", "ConfigMap")
DEPLOYMENT = merge_type_for_kind("apps", "v1", "Deployment")
POD = merge_type_for_kind("", "v1", "Pod")


def apply(
    live: Document,
    managers: Managers,
    config: Document,
    name: str = "me",
    *,
    kind: MergeType = CONFIG_MAP,
    now: str = "T1",
    force: bool = False,
    scope: Scope | None = None,
) -> Applied:
    application = Application(kind, config, applier(name), "v1", now, force)
    if scope is not None:
        application = Application(kind, config, applier(name), "v1", now, force, scope)
    return apply_configuration(application, live, managers)


def created(document: Document, kind: MergeType = CONFIG_MAP, name: str = "curl") -> Managers:
    return track({}, compare(kind, {}, document), updater(name, "v1"), "v1", "T0")


def data(**values: object) -> Document:
    return {"metadata": {"name": "c"}, "data": values}


def fields(*names: str) -> FieldSet:
    return {"f:data": {f"f:{name}": {} for name in names}}


def test_who_applies_owns_what_they_name() -> None:
    applied = apply({}, {}, data(a="1"))
    assert applied == (data(a="1"), {applier("me"): Owned("v1", fields("a"), "T1")})


def test_another_value_for_a_field_of_somebody_else_is_a_conflict() -> None:
    with pytest.raises(ApplyConflict) as error:
        apply(data(a="1"), created(data(a="1")), data(a="2"))
    status = conflict_error(error.value.conflicts).to_status()
    assert status["message"] == 'Apply failed with 1 conflict: conflict with "curl" using v1: .data.a'
    assert (status["reason"], status["code"]) == ("Conflict", 409)
    assert status["details"] == {
        "causes": [{"reason": "FieldManagerConflict", "message": 'conflict with "curl" using v1', "field": ".data.a"}]
    }


def test_conflicts_are_listed_by_manager() -> None:
    first = apply({}, {}, data(a="1", b="1"), "one")
    both = apply(first.document, first.managers, data(c="1"), "two")
    with pytest.raises(ApplyConflict) as error:
        apply(both.document, both.managers, data(a="2", b="2", c="2"))
    assert conflict_error(error.value.conflicts).message == (
        'Apply failed with 3 conflicts: conflicts with "one":\n- .data.a\n- .data.b\nconflicts with "two":\n- .data.c'
    )


def test_conflicts_with_a_subresource_say_so() -> None:
    replicas: Managers = {updater("scaler", "apps/v1", "scale"): Owned("apps/v1", {"f:spec": {"f:replicas": {}}})}
    with pytest.raises(ApplyConflict) as error:
        apply({"spec": {"replicas": 3}}, replicas, {"spec": {"replicas": 1}}, kind=DEPLOYMENT)
    assert conflict_error(error.value.conflicts).message == (
        'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas'
    )
    with_scale = conflict_error(error.value.conflicts, api_version="autoscaling/v1")
    assert "using autoscaling/v1: .spec.replicas" in with_scale.message


def test_conflicts_can_be_won_by_force() -> None:
    won = apply(data(a="1"), created(data(a="1")), data(a="2"), force=True)
    assert won.document == data(a="2")
    assert won.managers == {
        applier("me"): Owned("v1", fields("a"), "T1"),
        updater("curl", "v1"): Owned("v1", {"f:data": {}}, "T0"),
    }


def test_the_same_value_is_shared() -> None:
    shared = apply(data(a="1"), created(data(a="1")), data(a="1"))
    assert shared.managers[updater("curl", "v1")].fields == {"f:data": {".": {}, "f:a": {}}}
    assert shared.managers[applier("me")] == Owned("v1", fields("a"), "T1")


def test_what_is_no_longer_named_goes_if_nobody_else_owns_it() -> None:
    first = apply({}, {}, data(a="1", b="1"), "one")
    both = apply(first.document, first.managers, data(b="1"), "two")
    after = apply(both.document, both.managers, data(c="1"), "one", now="T2")
    assert after.document == data(b="1", c="1")
    assert after.managers == {
        applier("one"): Owned("v1", fields("c"), "T2"),
        applier("two"): Owned("v1", fields("b"), "T1"),
    }


def test_a_list_item_that_is_no_longer_named_goes_and_those_of_others_stay() -> None:
    def with_containers(*names: str) -> Document:
        return {"metadata": {"name": "p"}, "spec": {"containers": [{"name": name, "image": "i"} for name in names]}}

    first = apply({}, {}, with_containers("a", "b"), "one", kind=POD)
    both = apply(first.document, first.managers, with_containers("c"), "two", kind=POD)
    after = apply(both.document, both.managers, with_containers("b"), "one", kind=POD)
    # What both had stays in place; that of others stands before it, as it stood before the end.
    assert after.document == with_containers("b", "c")


def test_applying_the_same_again_changes_not_even_the_time() -> None:
    once = apply({}, {}, data(a="1"))
    assert apply(once.document, once.managers, data(a="1"), now="T2") == once


def test_an_applier_who_names_nothing_any_more_is_forgotten() -> None:
    first = apply({}, {}, data(a="1"), "one")
    both = apply(first.document, first.managers, data(b="1"), "two")
    after = apply(both.document, both.managers, {"metadata": {"name": "c"}}, "two")
    assert after == (data(a="1"), first.managers)


def test_fields_that_nobody_has_owned_belong_to_who_came_before_the_first_apply() -> None:
    after = apply(data(a="1"), {}, data(b="1"))
    assert after.managers[updater("before-first-apply", "v1")].fields == {"f:data": {".": {}, "f:a": {}}}
    with pytest.raises(ApplyConflict):
        apply(data(a="1"), {}, data(a="2"))


def test_the_status_cannot_be_applied_with_the_object() -> None:
    config: Document = {"spec": {"replicas": 1}, "status": {"replicas": 5}}
    applied = apply({}, {}, config, kind=DEPLOYMENT, scope=all_but_status)
    assert applied.managers[applier("me")].fields == {"f:spec": {"f:replicas": {}}}
    status: Managers = {updater("c", "apps/v1", "status"): Owned("apps/v1", {"f:status": {"f:replicas": {}}})}
    again = apply({"status": {"replicas": 3}}, status, config, kind=DEPLOYMENT, scope=all_but_status)
    assert again.managers[updater("c", "apps/v1", "status")].fields == {"f:status": {"f:replicas": {}}}


def test_an_applier_stays_the_same_in_another_version() -> None:
    first = apply({}, {}, data(a="1"))
    application = Application(CONFIG_MAP, data(a="1"), applier("me"), "v2", "T2")
    moved = apply_configuration(application, first.document, first.managers)
    assert moved.managers == {applier("me"): Owned("v2", fields("a"), "T1")}
