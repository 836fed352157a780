"""Counts the copies of a twin that are ready, beside an experiment."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.errors import StatusError
from wherry.kit.tasks import TaskScope
from wherry.method.twins.twin import CannotTry, Twin, is_ready


@asynccontextmanager
async def counting_copies(twin: Twin) -> AsyncIterator[None]:
    """Tell the twin's recording how many copies of the service's own workload are ready, while the block runs."""
    async with TaskScope("counting") as scope:
        _ = scope.start("copies", _count(twin))
        yield


async def _count(twin: Twin) -> None:
    """One watch. When it fails, nothing more is noted: a picture is not worth an experiment."""
    try:
        listed = await twin.client.list(PODS, twin.namespace, label_selector=twin.selector)
        known = {pod.metadata.name: pod for pod in listed.items}
        twin.recording.ready(twin.clock.monotonic_s(), number_ready(known.values()))
        events = twin.client.watch(
            PODS, twin.namespace, label_selector=twin.selector, resource_version=listed.resource_version
        )
        async with aclosing(events):
            async for event in events:
                if event.object is None:
                    continue
                if event.type == "DELETED":
                    known.pop(event.object.metadata.name, None)
                else:
                    known[event.object.metadata.name] = event.object
                twin.recording.ready(twin.clock.monotonic_s(), number_ready(known.values()))
    except (StatusError, CannotTry):
        return


def number_ready(pods: Iterable[Pod]) -> int:
    """How many of them take requests and are not told to stop."""
    return sum(is_ready(pod) and not pod.metadata.deletion_timestamp for pod in pods)
