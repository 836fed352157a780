from __future__ import annotations

from suites.release_orders import DIGEST, manifests, workload
from wherry.api.method.release import FAILED, REPLACED, RUNNING, ObjectRef, Release, ReleaseSpec, ReleaseStatus
from wherry.apimachinery.meta import ObjectMeta
from wherry.method.delivery.documents import reference
from wherry.method.delivery.run_plan import current_release, plan_prune, plan_run, release_before

IMAGE = f"orders@{DIGEST}"


def release(number: int, *objects: ObjectRef, state: str = "", ready: bool | None = None) -> Release:
    started = f"2026-11-28T00:00:{number:02d}Z" if state else ""
    was_ready = state in (RUNNING, REPLACED) if ready is None else ready
    return Release(
        metadata=ObjectMeta(name=f"orders-r{number}"),
        spec=ReleaseSpec(
            service="orders", number=number, environment="dev", image=IMAGE, digest=DIGEST, objects=objects
        ),
        status=ReleaseStatus(state=state, started_at=started, running_since=started if was_ready else ""),
    )


def ref(kind: str, name: str, api_version: str = "v1") -> ObjectRef:
    return ObjectRef(api_version=api_version, kind=kind, name=name)


def test_settings_come_first_then_the_database_and_the_service_last() -> None:
    plan = plan_run([workload("orders", image=IMAGE), *reversed(manifests()[:2]), manifests()[3]], IMAGE)
    assert [reference(one).kind for one in plan.settings] == ["ConfigMap", "Secret"]
    assert [reference(one).name for one in plan.backing] == ["orders-db"]
    assert [reference(one).name for one in plan.service] == ["orders"]


def test_what_an_earlier_release_had_and_this_one_lacks_is_taken_away_pods_first() -> None:
    old = release(1, ref("ConfigMap", "a"), ref("Service", "b"), ref("Deployment", "c", "apps/v1"), state=REPLACED)
    new = release(2, ref("Service", "b"))
    assert [(gone.kind, gone.name) for gone in plan_prune(new, [old])] == [("Deployment", "c"), ("ConfigMap", "a")]
    assert plan_prune(old, [old]) == ()


def test_a_release_that_never_ran_has_left_nothing() -> None:
    assert plan_prune(release(2), [release(1, ref("ConfigMap", "a"))]) == ()


def test_volumes_and_namespaces_are_never_taken_away() -> None:
    old = release(1, ref("PersistentVolumeClaim", "data"), ref("Namespace", "orders-dev"), state=RUNNING)
    assert plan_prune(release(2), [old]) == ()


def test_the_same_object_in_another_version_is_not_taken_away() -> None:
    old = release(1, ref("CronJob", "c", "batch/v1beta1"), state=RUNNING)
    assert plan_prune(release(2, ref("CronJob", "c", "batch/v1")), [old]) == ()


def test_current_is_what_was_told_to_run_last_even_when_it_failed() -> None:
    releases = [release(1, state=RUNNING), release(2, state=FAILED), release(3)]
    found = current_release(releases)
    assert found is not None
    assert found.name == "orders-r2"
    assert current_release([release(1)]) is None


def test_a_rollback_goes_to_the_last_release_that_was_ready() -> None:
    releases = [release(1, state=REPLACED), release(2, state=FAILED), release(3, state=RUNNING)]
    assert release_before(releases, releases[2]) == releases[0]
    assert release_before(releases, releases[1]) == releases[0]
    assert release_before(releases, releases[0]) is None
