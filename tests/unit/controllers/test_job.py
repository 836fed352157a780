"""Whose jobs the job controller works on."""

from __future__ import annotations

import pytest

from suites.planned_world import PlannedWorld
from suites.played_pods import pods
from suites.sample_objects import sample
from wherry.api.batch.job import JOBS
from wherry.api.documents import section
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.job.controller import plan


@pytest.mark.parametrize(
    ("manager", "is_run"), [(None, True), ("kubernetes.io/job-controller", True), ("kueue.x-k8s.io/multikueue", False)]
)
def test_a_job_that_somebody_else_manages_is_left_alone(manager: str | None, is_run: bool) -> None:
    world = PlannedWorld()
    job = sample(JOBS)
    if manager is not None:
        section(job, "spec")["managedBy"] = manager
    world.create(JOBS, job)
    world.perform(plan(ObjectKey("default", "web"), world))
    assert bool(pods(world)) is is_run
    assert bool(world.objects[("Job", "default", "web")].get("status")) is is_run
