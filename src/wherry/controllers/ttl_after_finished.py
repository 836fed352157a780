"""Deletes finished Jobs once they have been kept for as long as they ask.

Source: kubernetes pkg/controller/ttlafterfinished.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.batch.job import JOBS, Job
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.timestamps import parse_time
from wherry.reconcile.actions import Action, Delete, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Decide whether the Job's time is over, or when it will be."""
    job = view.lister(JOBS).get(*key)
    if job is None or job.metadata.is_being_deleted or job.spec.ttl_seconds_after_finished is None:
        return []
    finished_at = finish_time(job)
    if not finished_at:
        return []
    ttl_s = job.spec.ttl_seconds_after_finished
    remaining_s = parse_time(finished_at) + ttl_s - view.now_s
    if remaining_s > 0:
        return [Requeue(remaining_s, "a finished Job is kept for a while")]
    why = f"it finished more than {ttl_s} s ago"
    return [Delete(JOBS, key.namespace, key.name, why, uid=job.metadata.uid, propagation="Foreground")]


def finish_time(job: Job) -> str:
    """When the Job completed or failed; "" while it has not."""
    for condition in job.status.conditions:
        if condition.type in ("Complete", "Failed") and condition.status == "True":
            return condition.last_transition_time
    return ""


TTL_AFTER_FINISHED_CONTROLLER = Controller(
    name="ttl-after-finished-controller", primary=JOBS, sources=(for_kind(JOBS),), plan=plan
)
