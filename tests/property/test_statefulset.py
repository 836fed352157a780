from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from suites.planned_world import PlannedWorld
from suites.played_pods import end, is_ready, pods, run
from suites.sample_objects import sample
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.pod import PODS
from wherry.api.documents import find, section, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.statefulset.controller import plan

KEY = ObjectKey("default", "web")
CLAIM: Document = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}


def start(**spec: object) -> PlannedWorld:
    world = PlannedWorld()
    stateful_set = sample(STATEFUL_SETS)
    section(stateful_set, "spec").update(copy.deepcopy(spec))
    world.create(STATEFUL_SETS, stateful_set)
    return world


def change(world: PlannedWorld, **spec: object) -> None:
    world.patch(STATEFUL_SETS, "default", "web", {"spec": spec})


def release(world: PlannedWorld, image: str) -> None:
    change(world, template={"spec": {"containers": [{"name": "c", "image": image}]}})


def status_of(world: PlannedWorld) -> Document:
    return section(world.objects[("StatefulSet", "default", "web")], "status")


def images(world: PlannedWorld) -> dict[str, str]:
    found = {}
    for name, pod in pods(world).items():
        containers = find(pod, "spec", "containers")
        assert isinstance(containers, list)
        found[name] = containers[0]["image"]
    return found


def settle(world: PlannedWorld) -> None:
    """Plan and let every pod become ready until nothing changes."""
    for _ in range(100):
        changes = world.perform(plan(KEY, world))
        waiting = [name for name, pod in pods(world).items() if not is_ready(pod)]
        for name in waiting:
            run(world, name)
        if not changes and not waiting:
            return
    raise AssertionError("the StatefulSet does not come to rest")


def ready_names(world: PlannedWorld) -> set[str]:
    return {name for name, pod in pods(world).items() if is_ready(pod)}


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.one_of(
            st.integers(0, 5),
            st.sampled_from(["i:1", "i:2", "ready", "fail", "plan", "plan"]),
        ),
        max_size=25,
    )
)
def test_pods_come_and_go_in_order_and_end_at_the_last_wish(steps: list[int | str]) -> None:
    world = start(replicas=3)
    wanted, image = 3, "registry.example/web:1"
    for step in steps:
        if isinstance(step, int):
            wanted = step
            change(world, replicas=step)
        elif step == "ready":
            for name in pods(world):
                run(world, name)
        elif step == "fail":
            for name in list(pods(world))[:1]:
                end(world, name, exit_code=1)
        elif step != "plan":
            image = step
            release(world, step)
        before, ready = set(pods(world)), ready_names(world)
        world.perform(plan(KEY, world))
        after = set(pods(world))
        assert len(before ^ after) <= 1, "one pod at a time"
        for name in after - before:
            number = int(name.rpartition("-")[2])
            assert {f"web-{lower}" for lower in range(number)} <= ready, "all before it are ready"
    settle(world)
    assert images(world) == {f"web-{number}": image for number in range(wanted)}
    status = status_of(world)
    assert status["replicas"] == wanted
    assert status.get("readyReplicas", 0) == wanted
    assert status["currentRevision"] == status["updateRevision"]
    assert world.perform(plan(KEY, world)) == 0


@settings(max_examples=30, deadline=None)
@given(replicas=st.integers(1, 6), unavailable=st.integers(1, 4))
def test_an_update_never_takes_more_pods_away_than_it_may(replicas: int, unavailable: int) -> None:
    rolling = {"maxUnavailable": unavailable}
    world = start(
        replicas=replicas,
        podManagementPolicy="Parallel",
        updateStrategy={"type": "RollingUpdate", "rollingUpdate": rolling},
    )
    settle(world)
    release(world, "i:2")
    for _ in range(60):
        world.perform(plan(KEY, world))
        assert len(ready_names(world)) >= replicas - unavailable
        for name, pod in pods(world).items():
            if not is_ready(pod):
                run(world, name)
                break
    settle(world)
    assert set(images(world).values()) == {"i:2"}


def test_pods_are_named_and_numbered_and_keep_their_claims() -> None:
    world = start(replicas=2, volumeClaimTemplates=[CLAIM])
    settle(world)
    second = pods(world)["web-1"]
    assert find(second, "spec", "hostname") == "web-1"
    assert find(second, "spec", "subdomain") == "web"
    labels = section(second, "metadata", "labels")
    assert labels["statefulset.kubernetes.io/pod-name"] == "web-1"
    assert labels["apps.kubernetes.io/pod-index"] == "1"
    assert labels["controller-revision-hash"] == status_of(world)["updateRevision"]
    assert find(second, "spec", "volumes") == [{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-1"}}]
    change(world, replicas=0)
    settle(world)
    assert pods(world) == {}
    assert sorted(text(one, "metadata", "name") for one in world.of_kind("PersistentVolumeClaim")) == [
        "data-web-0",
        "data-web-1",
    ]


def test_claims_of_pods_that_are_scaled_away_go_when_the_user_says_so() -> None:
    policy = {"whenScaled": "Delete", "whenDeleted": "Delete"}
    world = start(replicas=2, volumeClaimTemplates=[CLAIM], persistentVolumeClaimRetentionPolicy=policy)
    settle(world)
    change(world, replicas=1)
    settle(world)
    (kept,) = world.of_kind("PersistentVolumeClaim")
    assert text(kept, "metadata", "name") == "data-web-0"
    assert find(kept, "metadata", "ownerReferences") == [
        {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": "uid-1"}
    ]


def test_below_the_partition_pods_stay_as_they_were() -> None:
    world = start(replicas=3, updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 2}})
    settle(world)
    release(world, "i:2")
    settle(world)
    assert images(world) == {"web-0": "registry.example/web:1", "web-1": "registry.example/web:1", "web-2": "i:2"}
    world.delete(PODS, "default", "web-0")
    settle(world)
    assert images(world)["web-0"] == "registry.example/web:1"
    assert status_of(world)["currentRevision"] != status_of(world)["updateRevision"]
    assert status_of(world)["updatedReplicas"] == 1


def test_on_delete_waits_for_the_user() -> None:
    world = start(replicas=2, updateStrategy={"type": "OnDelete"})
    settle(world)
    release(world, "i:2")
    settle(world)
    assert set(images(world).values()) == {"registry.example/web:1"}
    world.delete(PODS, "default", "web-1")
    settle(world)
    assert images(world) == {"web-0": "registry.example/web:1", "web-1": "i:2"}


def test_parallel_starts_all_pods_at_once() -> None:
    world = start(replicas=3, podManagementPolicy="Parallel")
    world.perform(plan(KEY, world))
    assert list(pods(world)) == ["web-0", "web-1", "web-2"]
    assert world.events[0] == "SuccessfulCreate: create Pod web-0 in StatefulSet web successful"


def test_a_rollback_uses_the_old_revision_again_under_a_new_number() -> None:
    world = start(replicas=1)
    settle(world)
    first = status_of(world)["updateRevision"]
    release(world, "i:2")
    settle(world)
    release(world, "registry.example/web:1")
    settle(world)
    assert status_of(world)["updateRevision"] == first
    numbers = {text(one, "metadata", "name"): one["revision"] for one in world.of_kind("ControllerRevision")}
    assert sorted(str(number) for number in numbers.values()) == ["2", "3"]
    assert numbers[str(first)] == 3


def test_only_as_many_old_revisions_are_kept_as_the_user_wants() -> None:
    world = start(replicas=1, revisionHistoryLimit=1)
    for number in range(5):
        release(world, f"i:{number}")
        settle(world)
    assert len(world.of_kind("ControllerRevision")) == 2
