"""The CronJob planner: what is due, what is not started, what is forgotten."""

from __future__ import annotations

from typing import cast

import msgspec
import pytest

from suites.planned_world import START_S, PlannedWorld
from suites.sample_objects import POD_SPEC
from wherry.api.batch.cronjob import CRON_JOBS
from wherry.api.batch.job import JOBS
from wherry.api.batch.job_policies import JobSpec
from wherry.api.documents import find, section, text
from wherry.apimachinery.definitions import definitions
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.cronjob import CRON_JOB_CONTROLLER, plan

KEY = ObjectKey("ns", "tick")


class Clockwork(PlannedWorld):
    """A world with one CronJob, made at 7:00, and a clock that the test turns."""

    def __init__(self, **spec: object) -> None:
        super().__init__()
        template: Document = {"spec": {"template": {"spec": {**POD_SPEC, "restartPolicy": "Never"}}}}
        template["metadata"] = {"labels": {"a": "b"}, "annotations": {"c": "d"}}
        self.create(
            CRON_JOBS,
            {
                "metadata": {"name": "tick", "namespace": "ns"},
                "spec": {"schedule": "*/5 * * * *", "jobTemplate": template, **spec},
            },
        )

    def at(self, minutes: float) -> None:
        self.time_s = START_S + minutes * 60
        if self.chatters:
            self.perform(plan(KEY, self))
        else:
            self.settle(plan, KEY, rounds_max=5)

    # Set where a plan says the same thing each time.
    chatters = False

    def names(self) -> list[str]:
        return sorted(text(job, "metadata", "name") for job in self.of_kind("Job"))

    def end(self, name: str, kind: str = "Complete") -> None:
        status = section(self.objects["Job", "ns", name], "status")
        status["conditions"] = [{"type": kind, "status": "True"}]
        status["startTime"] = status["completionTime"] = format_time(self.time_s)

    def status(self) -> Document:
        return section(self.objects["CronJob", "ns", "tick"], "status")


def name_at(minutes: int) -> str:
    return f"tick-{int(START_S) // 60 + minutes}"


def test_nothing_is_made_before_its_time_and_it_wakes_exactly_then() -> None:
    world = Clockwork()
    world.at(4.5)
    assert world.names() == []
    assert world.requeue_after_s == 30.0
    world.at(5)
    assert world.names() == [name_at(5)]
    assert world.requeue_after_s == 300.0
    assert world.status()["lastScheduleTime"] == "2026-11-23T07:05:00Z"
    assert [one["name"] for one in cast("list[Document]", world.status()["active"])] == [name_at(5)]


def test_the_job_is_the_templates_and_says_when_it_was_due() -> None:
    world = Clockwork(timeZone="Asia/Tokyo")
    world.at(5)
    job = world.objects["Job", "ns", name_at(5)]
    assert find(job, "metadata", "labels", "a") == "b"
    assert find(job, "metadata", "annotations") == {
        "c": "d",
        "batch.kubernetes.io/cronjob-scheduled-timestamp": "2026-11-23T16:05:00+09:00",
    }
    assert find(job, "spec", "template", "spec", "restartPolicy") == "Never"
    [owner] = cast("list[Document]", find(job, "metadata", "ownerReferences"))
    assert (owner["kind"], owner["controller"]) == ("CronJob", True)


def test_after_a_long_sleep_only_the_last_one_is_made() -> None:
    world = Clockwork()
    world.at(62)
    assert world.names() == [name_at(60)]
    assert not any(event.startswith("TooManyMissedTimes") for event in world.events)
    world.at(62 + 60 * 24)
    assert world.names() == [name_at(60), name_at(1500)]
    assert any(event.startswith("TooManyMissedTimes") for event in world.events)


def test_a_clock_that_is_put_back_makes_nothing_twice() -> None:
    world = Clockwork()
    world.at(10)
    world.at(4)
    world.at(10.5)
    assert world.names() == [name_at(10)]


def test_a_suspended_one_waits_for_its_owner_alone() -> None:
    world = Clockwork(suspend=True)
    world.at(600)
    assert world.names() == []
    assert world.requeue_after_s is None


def test_allow_runs_several_side_by_side() -> None:
    world = Clockwork()
    world.at(5)
    world.at(10)
    assert world.names() == [name_at(5), name_at(10)]


def test_forbid_waits_until_the_job_before_has_ended() -> None:
    world = Clockwork(concurrencyPolicy="Forbid")
    world.at(5)
    world.chatters = True
    world.at(10)
    assert world.names() == [name_at(5)]
    assert any(event.startswith("JobAlreadyActive: Not starting job because prior") for event in world.events)
    world.end(name_at(5))
    world.chatters = False
    world.at(11)
    assert world.names() == [name_at(5), name_at(10)]


def test_replace_deletes_the_job_before() -> None:
    world = Clockwork(concurrencyPolicy="Replace")
    world.at(5)
    world.at(10)
    assert world.names() == [name_at(10)]


def test_too_late_is_not_at_all() -> None:
    world = Clockwork(startingDeadlineSeconds=60)
    world.at(8)
    assert world.names() == []
    world.at(10.5)
    assert world.names() == [name_at(10)]


def test_what_succeeded_is_told_and_the_history_is_short() -> None:
    world = Clockwork(successfulJobsHistoryLimit=2, failedJobsHistoryLimit=1)
    for minutes in (5, 10, 15, 20):
        world.at(minutes)
        world.end(name_at(minutes), "Failed" if minutes == 10 else "Complete")
    world.at(21)
    assert world.names() == sorted([name_at(10), name_at(15), name_at(20)])
    assert world.status()["lastSuccessfulTime"] == "2026-11-23T07:20:00Z"
    assert "active" not in world.status()
    assert any(
        event == f"SawCompletedJob: Saw completed job: {name_at(20)}, condition: Complete" for event in world.events
    )


def test_a_job_that_was_made_and_not_written_down_is_not_made_again() -> None:
    world = Clockwork()
    world.at(5)
    world.status().pop("lastScheduleTime")
    world.at(6)
    assert world.names() == [name_at(5)]
    assert world.status()["lastScheduleTime"] == "2026-11-23T07:05:00Z"


def test_a_job_that_is_gone_is_told_once() -> None:
    world = Clockwork()
    world.at(5)
    world.delete(JOBS, "ns", name_at(5))
    world.at(6)
    assert world.events.count(f"MissingJob: Active job went missing: {name_at(5)}") == 1


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ({"timeZone": "Nowhere/Town"}, "UnknownTimeZone: invalid timeZone"),
        ({"schedule": "never"}, "UnparseableSchedule: unparseable schedule"),
    ],
)
def test_what_was_stored_wrong_is_told(spec: Document, wanted: str) -> None:
    world = Clockwork()
    section(world.objects["CronJob", "ns", "tick"], "spec").update(spec)
    world.perform(plan(KEY, world))
    assert any(event.startswith(wanted) for event in world.events)


def test_no_field_of_a_job_is_lost_on_the_way() -> None:
    described = cast("dict[str, object]", definitions()["io.k8s.api.batch.v1.JobSpec"]["properties"])
    assert {field.encode_name for field in msgspec.structs.fields(JobSpec)} == set(described)


def test_it_looks_at_its_own_jobs() -> None:
    assert [source.resource.kind for source in CRON_JOB_CONTROLLER.sources] == ["CronJob", "Job"]
