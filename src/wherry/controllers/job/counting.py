"""Counts each ended pod exactly once, whatever crashes in between.

A pod is made with a finalizer, so that it cannot vanish before it has been counted. Its way:

    ended, with the finalizer   -> its uid is written to status.uncountedTerminatedPods
    uid is on that list         -> the finalizer is taken off the pod
    finalizer is off            -> in one write: status.failed (or succeeded) + 1, and the uid leaves the list

Every step can be repeated: before the last one nothing has been counted, after it nothing is left to count.
An Indexed job needs no list for successes: the set of completed indexes counts each once by itself.

Source: kubernetes KEP-2307.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wherry.api.batch.job import Job, UncountedTerminatedPods
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.numerals import whole_number
from wherry.controllers.job.indexes import Indexes, parse_indexes
from wherry.reconcile.actions import Patch

TRACKING = "batch.kubernetes.io/job-tracking"
INDEX_KEY = "batch.kubernetes.io/job-completion-index"


@dataclass(frozen=True, slots=True)
class Tally:
    """The counts to be written, and the pods that have been written down and may go.

    `failed` and `succeeded` include pods that wait on the list: the decision to stop must not wait.
    """

    counted_failed: int
    counted_succeeded: int
    uncounted_failed: tuple[str, ...]
    uncounted_succeeded: tuple[str, ...]
    indexes: Indexes
    releasable: tuple[Pod, ...]

    @property
    def failed(self) -> int:
        """All pods that have failed."""
        return self.counted_failed + len(self.uncounted_failed)

    @property
    def succeeded(self) -> int:
        """All pods (or indexes) that have succeeded."""
        return self.counted_succeeded + len(self.uncounted_succeeded)

    @property
    def uncounted(self) -> UncountedTerminatedPods:
        """The list, as the status keeps it."""
        return UncountedTerminatedPods(failed=self.uncounted_failed, succeeded=self.uncounted_succeeded)

    @property
    def is_settled(self) -> bool:
        """Whether nothing waits on the list."""
        return not self.uncounted_failed and not self.uncounted_succeeded


def compute_tally(job: Job, pods: Sequence[Pod]) -> Tally:
    """Bring the counts up to date with the pods there are."""
    listed = job.status.uncounted_terminated_pods or UncountedTerminatedPods()
    tracked = {pod.metadata.uid: pod for pod in pods if TRACKING in pod.metadata.finalizers}
    # Off the list and into the count: those whose finalizer is gone.
    counted_failed = (job.status.failed or 0) + sum(uid not in tracked for uid in listed.failed)
    failed = [uid for uid in listed.failed if uid in tracked]
    failed += [uid for uid, pod in tracked.items() if uid not in listed.failed and has_failed(pod)]
    recorded = set(listed.failed) | set(listed.succeeded)
    if is_indexed(job):
        stored = parse_indexes(job.status.completed_indexes)
        limit = job.spec.completions or 0
        ended = Indexes.of(index for pod in pods if has_succeeded(pod) and (index := index_of(pod)) is not None)
        indexes = (stored | ended).below(limit)
        releasable = [
            pod
            for uid, pod in tracked.items()
            if uid in recorded
            or (has_succeeded(pod) and (index_of(pod) in stored or index_of(pod) not in range(limit)))
        ]
        return Tally(counted_failed, indexes.count, tuple(failed), (), indexes, tuple(releasable))
    counted_succeeded = (job.status.succeeded or 0) + sum(uid not in tracked for uid in listed.succeeded)
    succeeded = [uid for uid in listed.succeeded if uid in tracked]
    succeeded += [uid for uid, pod in tracked.items() if uid not in listed.succeeded and has_succeeded(pod)]
    releasable = [pod for uid, pod in tracked.items() if uid in recorded]
    return Tally(counted_failed, counted_succeeded, tuple(failed), tuple(succeeded), Indexes(), tuple(releasable))


def plan_release(pods: Iterable[Pod], why: str) -> list[Patch]:
    """Take the finalizer off."""
    return [
        Patch(
            PODS,
            pod.metadata.namespace,
            pod.metadata.name,
            {"metadata": {"finalizers": [one for one in pod.metadata.finalizers if one != TRACKING]}},
            why,
            resource_version=pod.metadata.resource_version,
        )
        for pod in pods
        if TRACKING in pod.metadata.finalizers
    ]


def has_succeeded(pod: Pod) -> bool:
    """Whether it has done its work."""
    return pod.status.phase == "Succeeded"


def has_failed(pod: Pod) -> bool:
    """Whether it has failed, or is being deleted before its end: somebody must take its place."""
    return pod.status.phase == "Failed" or (pod.metadata.is_being_deleted and not has_succeeded(pod))


def is_indexed(job: Job) -> bool:
    """Whether each pod has a number of its own."""
    return job.spec.completion_mode == "Indexed"


def index_of(pod: Pod) -> int | None:
    """A pod's completion index."""
    return whole_number(pod.metadata.annotations.get(INDEX_KEY, ""))
