"""Finished Jobs go when their time is over."""

from __future__ import annotations

from suites.controller_objects import NOW_S, meta
from suites.fake_view import FakeView
from wherry.api.batch.job import Job, JobCondition, JobStatus
from wherry.api.batch.job_policies import JobSpec
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import format_time
from wherry.controllers.ttl_after_finished import plan
from wherry.reconcile.actions import Delete, Requeue

KEY = ObjectKey("ns", "j")


def job(ttl_s: int | None, finished_ago_s: float | None, kind: str = "Complete") -> Job:
    conditions: tuple[JobCondition, ...] = ()
    if finished_ago_s is not None:
        conditions = (JobCondition(type=kind, status="True", last_transition_time=format_time(NOW_S - finished_ago_s)),)
    return Job(
        metadata=meta("j"),
        spec=JobSpec(ttl_seconds_after_finished=ttl_s, template={}),
        status=JobStatus(conditions=conditions),
    )


def test_a_job_is_deleted_after_its_time_with_its_pods_first() -> None:
    [delete] = plan(KEY, FakeView([job(60, 61, "Failed")], now_s=NOW_S))
    assert isinstance(delete, Delete)
    assert (delete.propagation, delete.uid) == ("Foreground", "uid-j")


def test_before_that_it_is_looked_at_in_time() -> None:
    [requeue] = plan(KEY, FakeView([job(60, 20)], now_s=NOW_S))
    assert isinstance(requeue, Requeue)
    assert requeue.after_s == 40


def test_jobs_without_a_limit_or_still_running_stay() -> None:
    assert plan(KEY, FakeView([job(None, 1e6)], now_s=NOW_S)) == []
    assert plan(KEY, FakeView([job(0, None)], now_s=NOW_S)) == []
    assert plan(KEY, FakeView([job(0, 1, "Suspended")], now_s=NOW_S)) == []
