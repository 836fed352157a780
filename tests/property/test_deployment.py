from __future__ import annotations

import copy

from hypothesis import given, settings
from hypothesis import strategies as st

from suites.planned_world import PlannedWorld
from suites.sample_objects import sample
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.documents import section
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.deployment.controller import plan
from wherry.controllers.deployment.rolling import Group, Limits, compute_limits, compute_sizes

KEY = ObjectKey("default", "web")

shares = st.one_of(st.integers(0, 5), st.integers(0, 100).map(lambda percent: f"{percent}%"))


def follow(world: PlannedWorld, *, becoming_available: int) -> None:
    """Play the ReplicaSet controller and the nodes: sizes follow, and some pods become available."""
    for document in world.of_kind("ReplicaSet"):
        size = int(str(section(document, "spec")["replicas"]))
        status = section(document, "status")
        available = min(int(str(status.get("availableReplicas") or 0)), size)
        more = min(becoming_available, size - available)
        becoming_available -= more
        document["status"] = {
            "replicas": size,
            "readyReplicas": available + more,
            "availableReplicas": available + more,
            "observedGeneration": section(document, "metadata")["generation"],
        }


def sizes(world: PlannedWorld) -> list[int]:
    return [int(str(section(one, "spec")["replicas"])) for one in world.of_kind("ReplicaSet")]


def available(world: PlannedWorld) -> int:
    """Available pods that stay: a size below the number of available pods takes some away at once."""
    return sum(
        min(int(str(section(one, "status").get("availableReplicas") or 0)), int(str(section(one, "spec")["replicas"])))
        for one in world.of_kind("ReplicaSet")
    )


def deploy(world: PlannedWorld, **spec: object) -> None:
    deployment = sample(DEPLOYMENTS)
    section(deployment, "spec").update(copy.deepcopy(spec))
    world.create(DEPLOYMENTS, deployment)


def release(world: PlannedWorld, image: str) -> None:
    containers = [{"name": "c", "image": image}]
    world.patch(DEPLOYMENTS, "default", "web", {"spec": {"template": {"spec": {"containers": containers}}}})


def limits(world: PlannedWorld) -> Limits:
    deployment = world.lister(DEPLOYMENTS).get(*KEY)
    assert deployment is not None
    return compute_limits(deployment)


def roll_out(world: PlannedWorld, speeds: list[int]) -> None:
    """Plan and follow until nothing changes; nodes become fast in the end."""
    for round_number in range(200):
        speed = speeds[round_number] if round_number < len(speeds) else 5
        before = copy.deepcopy(world.objects)
        changes = world.perform(plan(KEY, world))
        follow(world, becoming_available=speed)
        if round_number >= len(speeds) and not changes and world.objects == before:
            return
    raise AssertionError("the rollout does not end")


@settings(max_examples=60, deadline=None)
@given(
    wanted=st.integers(0, 12),
    surge=shares,
    unavailable=shares,
    speeds=st.lists(st.integers(0, 4), max_size=15),
)
def test_a_rolling_update_never_has_fewer_than_the_minimum_available_nor_more_than_the_maximum(
    wanted: int, surge: int | str, unavailable: int | str, speeds: list[int]
) -> None:
    if str(surge).rstrip("%") == "0" and str(unavailable).rstrip("%") == "0":
        unavailable = 1
    world = PlannedWorld()
    rolling: Document = {"maxSurge": surge, "maxUnavailable": unavailable}
    deploy(world, replicas=wanted, strategy={"type": "RollingUpdate", "rollingUpdate": rolling})
    roll_out(world, [])
    assert sizes(world) == [wanted]
    release(world, "i:2")
    bounds = limits(world)
    for round_number in range(200):
        changes = world.perform(plan(KEY, world))
        assert sum(sizes(world)) <= bounds.total_max
        assert available(world) >= bounds.available_min
        before = copy.deepcopy(world.objects)
        follow(world, becoming_available=speeds[round_number] if round_number < len(speeds) else 5)
        if round_number >= len(speeds) and not changes and world.objects == before:
            break
    assert sorted(sizes(world)) == [0, wanted]
    new = [one for one in world.of_kind("ReplicaSet") if section(one, "spec")["replicas"] == wanted]
    assert any(section(one, "spec", "template", "spec")["containers"][0]["image"] == "i:2" for one in new)  # type: ignore[index]


@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(
        st.one_of(st.integers(0, 9), st.sampled_from(["i:1", "i:2", "i:3"]), st.sampled_from(["slow", "fast"])),
        max_size=12,
    )
)
def test_any_mix_of_scaling_and_releasing_ends_at_the_last_wish(steps: list[int | str]) -> None:
    world = PlannedWorld()
    deploy(world, replicas=3)
    wanted, image = 3, "registry.example/web:1"
    for step in steps:
        if isinstance(step, int):
            wanted = step
            world.patch(DEPLOYMENTS, "default", "web", {"spec": {"replicas": step}})
        elif step in ("slow", "fast"):
            follow(world, becoming_available=1 if step == "slow" else 9)
        else:
            image = step
            release(world, step)
        world.perform(plan(KEY, world))
    roll_out(world, [])
    by_size = {int(str(section(one, "spec")["replicas"])): one for one in world.of_kind("ReplicaSet")}
    assert sum(sizes(world)) == wanted
    if wanted:
        assert section(by_size[wanted], "spec", "template", "spec")["containers"][0]["image"] == image  # type: ignore[index]
    status = section(world.objects[("Deployment", "default", "web")], "status")
    assert status.get("availableReplicas", 0) == wanted
    assert world.perform(plan(KEY, world)) == 0


@given(
    wanted=st.integers(0, 20),
    surge=st.integers(0, 6),
    unavailable=st.integers(0, 6),
    new=st.tuples(st.integers(0, 20), st.integers(0, 20)),
    old=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4),
)
def test_sizes_are_never_negative_and_never_make_matters_worse(
    wanted: int, surge: int, unavailable: int, new: tuple[int, int], old: list[tuple[int, int]]
) -> None:
    bounds = Limits(wanted, surge, min(unavailable, wanted))
    newest = Group("new", new[0], min(new))
    groups = [Group(f"old-{number}", size, min(size, up)) for number, (size, up) in enumerate(old)]
    planned = compute_sizes(bounds, newest, groups)
    everything = [newest, *groups]
    assert all(size >= 0 for size in planned.values())
    before = sum(group.available for group in everything)
    after = sum(min(group.available, planned[group.name]) for group in everything)
    if newest.size <= wanted:
        assert after >= min(before, bounds.available_min)
        assert sum(planned.values()) <= max(bounds.total_max, sum(group.size for group in everything))
