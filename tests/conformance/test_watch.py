"""apimachinery/watch.go: what watchers see, from where, and in which order."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

from suites.conformance import box
from suites.conformance_cluster import Cluster, Watching, watching
from wherry.apimachinery.document import Document

LABEL = "watch-this-configmap"


def config_map(name: str, value: str) -> Document:
    return {"metadata": {"name": name, "labels": {LABEL: value}}}


def seen_in(watch: Watching) -> list[tuple[str, str]]:
    """What was told: the type of each event and the mutation that its object shows."""
    return [(str(event["type"]), _mutation(event)) for event in watch.events]


def _mutation(event: Document) -> str:
    shown = event["object"]
    assert isinstance(shown, dict)
    return str((shown.get("data") or {}).get("mutation", ""))


def revision_of(document: Document) -> str:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return str(metadata["resourceVersion"])


async def mutate(cluster: Cluster, path: str, number: int) -> Document:
    return await cluster.patch(path, {"data": {"mutation": str(number)}})


@box("Watchers should observe add, update, and delete watch notifications on configmaps")
async def test_watchers_of_one_label_of_another_and_of_both(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"
    async with AsyncExitStack() as stack:
        a, b, both = [
            await stack.enter_async_context(watching(cluster, path, labelSelector=selector))
            for selector in (f"{LABEL}=A", f"{LABEL}=B", f"{LABEL} in (A,B)")
        ]
        await cluster.must("POST", path, config_map("a", "A"))
        await mutate(cluster, f"{path}/a", 1)
        await mutate(cluster, f"{path}/a", 2)
        await cluster.must("DELETE", f"{path}/a")
        await cluster.must("POST", path, config_map("b", "B"))
        await cluster.must("DELETE", f"{path}/b")
        await cluster.pass_time(0.1)
    of_a = [("ADDED", ""), ("MODIFIED", "1"), ("MODIFIED", "2"), ("DELETED", "2")]
    of_b = [("ADDED", ""), ("DELETED", "")]
    assert (seen_in(a), seen_in(b), seen_in(both)) == (of_a, of_b, of_a + of_b)


@box("Watchers should be able to start watching from a specific resource version")
async def test_a_watch_begins_after_the_revision_that_it_names(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"
    await cluster.must("POST", path, config_map("a", "from-resource-version"))
    first = await mutate(cluster, f"{path}/a", 1)
    await mutate(cluster, f"{path}/a", 2)
    await cluster.must("DELETE", f"{path}/a")
    query = {"labelSelector": f"{LABEL}=from-resource-version", "resourceVersion": revision_of(first)}
    async with watching(cluster, path, **query) as seen:
        await cluster.pass_time(0.1)
    assert seen_in(seen) == [("MODIFIED", "2"), ("DELETED", "2")]


@box("Watchers should be able to restart watching from the last resource version observed by the previous watch")
async def test_a_new_watch_goes_on_where_the_last_one_ended(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"
    selector = f"{LABEL}=watch-closed-and-restarted"
    async with watching(cluster, path, labelSelector=selector) as before:
        await cluster.must("POST", path, config_map("a", "watch-closed-and-restarted"))
        await mutate(cluster, f"{path}/a", 1)
        await cluster.pass_time(0.1)
    assert seen_in(before) == [("ADDED", ""), ("MODIFIED", "1")]
    last = before.events[-1]["object"]
    assert isinstance(last, dict)
    await mutate(cluster, f"{path}/a", 2)
    async with watching(cluster, path, labelSelector=selector, resourceVersion=revision_of(last)) as after:
        await cluster.must("DELETE", f"{path}/a")
        await cluster.pass_time(0.1)
    assert seen_in(after) == [("MODIFIED", "2"), ("DELETED", "2")]


@box("Watchers should observe an object deletion if it stops meeting the requirements of the selector")
async def test_an_object_that_leaves_the_selection_is_gone_and_comes_back(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"
    async with watching(cluster, path, labelSelector=f"{LABEL}=label-changed") as seen:
        await cluster.must("POST", path, config_map("a", "label-changed"))
        await mutate(cluster, f"{path}/a", 1)
        await cluster.patch(f"{path}/a", {"metadata": {"labels": {LABEL: "wrong-value"}}})
        await mutate(cluster, f"{path}/a", 2)
        await cluster.pass_time(1)
        assert seen_in(seen) == [("ADDED", ""), ("MODIFIED", "1"), ("DELETED", "1")]
        await cluster.patch(f"{path}/a", {"metadata": {"labels": {LABEL: "label-changed"}}})
        await mutate(cluster, f"{path}/a", 3)
        await cluster.must("DELETE", f"{path}/a")
        await cluster.pass_time(0.1)
    assert seen_in(seen)[3:] == [("ADDED", "2"), ("MODIFIED", "3"), ("DELETED", "3")]


@box("Watchers should receive events on concurrent watches in same order")
async def test_watches_that_begin_at_different_moments_see_one_order(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/configmaps"

    async def produce(name: str) -> None:
        for number in range(8):
            await cluster.must("POST", path, {"metadata": {"name": f"{name}-{number}"}})
            await mutate(cluster, f"{path}/{name}-{number}", number)
            if number % 2:
                await cluster.must("DELETE", f"{path}/{name}-{number}")

    begun = revision_of(await cluster.must("GET", path))
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(watching(cluster, path, resourceVersion=begun))
        await asyncio.gather(*(produce(name) for name in "abc"))
        await cluster.pass_time(0.1)
        revisions = [revision_of(event["object"]) for event in first.events]  # type: ignore[arg-type]  # all are objects
        others = [
            await stack.enter_async_context(watching(cluster, path, resourceVersion=revision)) for revision in revisions
        ]
        await cluster.pass_time(0.1)
        for number, other in enumerate(others, 1):
            assert other.events == first.events[number:]
    assert len(revisions) == 3 * (8 + 8 + 4)
    assert revisions == sorted(revisions, key=int)
