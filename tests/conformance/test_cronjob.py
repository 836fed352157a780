"""apps/cronjob.go: what a CronJob makes, and when it makes nothing."""

from __future__ import annotations

from typing import Any

from suites.conformance import box
from suites.conformance_cluster import Cluster

FIVE_MINUTES_S = 300


@box("CronJob should not schedule jobs when suspended")
async def test_a_suspended_cron_job_makes_no_jobs_until_it_goes_on(cluster: Cluster) -> None:
    path = f"/apis/batch/v1/namespaces/{await cluster.namespace()}"
    template = {"spec": {"containers": [{"name": "c", "image": "busybox"}], "restartPolicy": "OnFailure"}}
    spec = {"schedule": "*/1 * * * *", "suspend": True, "jobTemplate": {"spec": {"template": template}}}
    await cluster.must("POST", f"{path}/cronjobs", {"metadata": {"name": "suspended"}, "spec": spec})
    await cluster.pass_time(FIVE_MINUTES_S)
    assert await cluster.items(f"{path}/jobs") == []
    assert (await cluster.ask("GET", f"{path}/cronjobs/suspended")).at("status.active") is None
    await cluster.patch(f"{path}/cronjobs/suspended", {"spec": {"suspend": False}})

    async def has_made_one() -> bool:
        return bool(await cluster.items(f"{path}/jobs"))

    await cluster.until(has_made_one, "a job")
    job = (await _jobs(cluster, path))[0]
    assert [(owner["kind"], owner["name"]) for owner in job["metadata"]["ownerReferences"]] == [
        ("CronJob", "suspended")
    ]
    await cluster.must("DELETE", f"{path}/cronjobs/suspended", {"propagationPolicy": "Background"})
    await cluster.until_gone(f"{path}/cronjobs/suspended")


async def _jobs(cluster: Cluster, path: str) -> list[Any]:
    return list(await cluster.items(f"{path}/jobs"))
