from __future__ import annotations

import copy
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suites.planned_world import PlannedWorld
from suites.played_pods import end, is_going, pods, run
from suites.sample_objects import sample
from wherry.api.batch.job import JOBS
from wherry.api.core.pod import PODS
from wherry.api.documents import find, section
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.job.controller import plan
from wherry.controllers.job.counting import INDEX_KEY
from wherry.controllers.job.indexes import Indexes, format_indexes, parse_indexes

KEY = ObjectKey("default", "web")


def start(**spec: object) -> PlannedWorld:
    world = PlannedWorld()
    job = sample(JOBS)
    section(job, "spec").update(copy.deepcopy(spec))
    world.create(JOBS, job)
    return world


def job_of(world: PlannedWorld) -> Document:
    return world.objects[("Job", "default", "web")]


def conditions(world: PlannedWorld) -> dict[str, str]:
    found = find(job_of(world), "status", "conditions")
    return {one["type"]: one["reason"] for one in found if one["status"] == "True"} if isinstance(found, list) else {}


def active(world: PlannedWorld) -> list[str]:
    return [
        name
        for name, pod in pods(world).items()
        if not is_going(pod) and section(pod, "status").get("phase") in ("Pending", "Running")
    ]


moves = st.lists(st.sampled_from(["succeed", "fail", "delete", "half", "time"]), max_size=25)


@settings(max_examples=80, deadline=None)
@given(
    completions=st.integers(1, 5),
    parallelism=st.integers(1, 4),
    indexed=st.booleans(),
    moves=moves,
)
def test_every_end_is_counted_once_and_the_job_ends(
    completions: int, parallelism: int, indexed: bool, moves: list[str]
) -> None:
    mode = "Indexed" if indexed else "NonIndexed"
    world = start(completions=completions, parallelism=parallelism, backoffLimit=100, completionMode=mode)
    succeeded: set[str] = set()
    failed: set[str] = set()
    moves = moves + ["succeed", "time"] * (completions + 20)
    for move in moves:
        if move == "half":
            # A crash in the middle: only the first action of a plan is performed.
            world.perform(list(plan(KEY, world))[:1])
            continue
        if move == "time":
            world.time_s += 400
        world.settle(plan, KEY)
        names = active(world)
        assert len(names) <= parallelism
        if names and move == "succeed":
            end(world, names[0])
            succeeded.add(names[0])
        elif names and move == "fail":
            end(world, names[0], exit_code=1)
            failed.add(names[0])
        elif names and move == "delete":
            world.delete(PODS, "default", names[0])
            failed.add(names[0])
    world.settle(plan, KEY)
    status = section(job_of(world), "status")
    assert conditions(world)["Complete"] == "CompletionsReached"
    assert status["succeeded"] == len(succeeded) == completions
    assert status.get("failed", 0) == len(failed)
    assert world.perform(plan(KEY, world)) == 0
    assert all(not find(pod, "metadata", "finalizers") for pod in pods(world).values())
    if indexed:
        assert parse_indexes(str(status["completedIndexes"])) == Indexes.of(range(completions))


@given(st.sets(st.integers(0, 60)))
def test_indexes_survive_being_written_and_read(numbers: set[int]) -> None:
    indexes = Indexes.of(numbers)
    assert parse_indexes(format_indexes(indexes)) == indexes
    assert {number for number in range(-1, 63) if number in indexes} == numbers
    assert list(indexes.gaps(50)) == [number for number in range(50) if number not in numbers]
    assert indexes.below(30) == Indexes.of(number for number in numbers if number < 30)
    assert indexes.count == len(numbers)


@given(st.sets(st.integers(0, 30)), st.sets(st.integers(0, 30)))
def test_indexes_are_joined_like_sets(one: set[int], other: set[int]) -> None:
    assert Indexes.of(one) | Indexes.of(other) == Indexes.of(one | other)


def test_indexes_are_written_as_kubernetes_writes_them() -> None:
    assert format_indexes(Indexes.of([0, 2, 3, 4, 7, 8])) == "0,2-4,7,8"


@pytest.mark.parametrize("text", ["", "x", "-", "3-", "-3", "5-2", "²", "1" * 5000, "1-" + "9" * 5000, ",,,"])
def test_what_is_no_index_counts_for_nothing(text: str) -> None:
    assert parse_indexes(text) == Indexes()


@pytest.mark.parametrize(
    ("claimed", "kept", "started"),
    [
        ("0-2000000000", "0-4", set()),
        ("2-2000000000,9000000000", "2-4", {"0", "1"}),
        ("5-2000000000", "", {"0", "1", "2", "3", "4"}),
        ("0-" + "9" * 5000, "", {"0", "1", "2", "3", "4"}),
    ],
)
def test_a_status_that_claims_two_billion_indexes_makes_nothing_grow(
    claimed: str, kept: str, started: set[str]
) -> None:
    world = start(completions=5, parallelism=5, completionMode="Indexed")
    job_of(world)["status"] = {"completedIndexes": claimed}
    tracemalloc.start()
    try:
        world.settle(plan, KEY)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
    indexes = [find(pod, "metadata", "annotations", INDEX_KEY) for pod in pods(world).values()]
    assert set(indexes) == started
    assert section(job_of(world), "status").get("completedIndexes", "") == kept


def test_a_job_gives_up_after_too_many_failures_and_waits_longer_each_time() -> None:
    world = start(backoffLimit=2)
    waits: list[float | None] = []
    for _ in range(3):
        world.settle(plan, KEY)
        (name,) = active(world)
        run(world, name)
        end(world, name, exit_code=1)
        world.settle(plan, KEY)
        waits.append(world.requeue_after_s)
        world.time_s += world.requeue_after_s or 0
    assert waits == [10.0, 20.0, None]
    assert conditions(world) == {"FailureTarget": "BackoffLimitExceeded", "Failed": "BackoffLimitExceeded"}
    assert section(job_of(world), "status")["failed"] == 3
    assert world.events[-1] == "BackoffLimitExceeded: Job has reached the specified backoff limit"


def test_a_job_that_takes_too_long_is_stopped() -> None:
    world = start(activeDeadlineSeconds=30)
    world.settle(plan, KEY)
    assert world.requeue_after_s == 30.0
    world.time_s += 30
    world.settle(plan, KEY)
    assert conditions(world) == {"FailureTarget": "DeadlineExceeded", "Failed": "DeadlineExceeded"}
    assert pods(world) == {}


def test_a_suspended_job_has_no_pods_and_goes_on_when_resumed() -> None:
    world = start(completions=2, parallelism=2)
    world.settle(plan, KEY)
    assert len(active(world)) == 2
    world.patch(JOBS, "default", "web", {"spec": {"suspend": True}})
    world.settle(plan, KEY)
    assert pods(world) == {}
    assert conditions(world) == {"Suspended": "JobSuspended"}
    assert "startTime" not in section(job_of(world), "status")
    world.patch(JOBS, "default", "web", {"spec": {"suspend": False}})
    world.settle(plan, KEY)
    assert len(active(world)) == 2
    assert "failed" not in section(job_of(world), "status")
    assert [event.partition(":")[0] for event in world.events][-3:].count("Resumed") == 1


def test_a_pod_of_an_indexed_job_knows_its_number() -> None:
    world = start(completions=2, parallelism=2, completionMode="Indexed")
    world.settle(plan, KEY)
    first, second = pods(world).values()
    assert find(first, "spec", "hostname") == "web-0"
    assert find(second, "metadata", "labels", "batch.kubernetes.io/job-completion-index") == "1"
    containers = find(first, "spec", "containers")
    assert isinstance(containers, list)
    assert containers[0]["env"][0]["name"] == "JOB_COMPLETION_INDEX"


def test_pods_whose_job_is_gone_are_let_go() -> None:
    world = start()
    world.settle(plan, KEY)
    del world.objects[("Job", "default", "web")]
    world.settle(plan, KEY)
    assert [find(pod, "metadata", "finalizers") for pod in pods(world).values()] == [[]]


def test_a_clock_that_was_set_back_does_not_make_a_job_wait_for_ever() -> None:
    world = start()
    world.settle(plan, KEY)
    (name,) = active(world)
    end(world, name, exit_code=1)
    world.time_s -= 86_400
    world.settle(plan, KEY)
    assert world.requeue_after_s == 10.0
