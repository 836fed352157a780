"""Wires the Job's plan to the caches."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.batch.job import JOBS
from wherry.api.core.pod import PODS
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.job.counting import TRACKING, plan_release
from wherry.controllers.job.plan import plan_job
from wherry.reconcile.actions import Action
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.sources import for_kind, owned_by

# How a job says that it is for this controller, if it says anything.
OWN_NAME = "kubernetes.io/job-controller"


def plan(key: ObjectKey, view: View) -> Sequence[Action]:
    """Look at one Job, or at the pods that a deleted one has left behind."""
    job = view.lister(JOBS).get(*key)
    pods = view.lister(PODS)
    uid = job.metadata.uid if job else ""
    orphans = [
        pod
        for pod in pods.list(key.namespace)
        if TRACKING in pod.metadata.finalizers
        and (owner := pod.metadata.controller) is not None
        and (owner.kind, owner.name) == (JOBS.kind, key.name)
        and owner.uid != uid
    ]
    actions: list[Action] = [*plan_release(orphans, "its Job is gone: nobody counts it any more")]
    if job is None or job.spec.managed_by not in (None, OWN_NAME):
        # Whoever else manages a job does all of it: pods, counts and verdict.
        return actions
    own = [pod for pod in pods.owned_by(uid) if (owner := pod.metadata.controller) is not None and owner.uid == uid]
    return [*actions, *plan_job(job, own, view.now_s)]


JOB_CONTROLLER = Controller(
    name="job-controller",
    primary=JOBS,
    sources=(for_kind(JOBS), owned_by(PODS, JOBS)),
    plan=plan,
)
