"""apimachinery/chunking.go: long lists in pages, all of one moment, and how to go on when that is forgotten."""

from __future__ import annotations

from suites.api_harness import MERGE, Answer
from suites.conformance import box
from suites.conformance_cluster import Cluster

COUNT = 400


async def fill(cluster: Cluster) -> str:
    """A namespace with 400 templates; returns the path of the collection."""
    path = f"/api/v1/namespaces/{await cluster.namespace()}/podtemplates"
    container = {"name": "test", "image": "test2"}
    for number in range(COUNT):
        template = {"spec": {"containers": [container]}}
        await cluster.must("POST", path, {"metadata": {"name": f"template-{number:04}"}, "template": template})
    return path


def names(answer: Answer) -> list[str]:
    items = answer.json["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


@box("Servers with support for API chunking should return chunks of results for list calls")
async def test_pages_are_of_one_revision_and_say_how_many_are_left(cluster: Cluster) -> None:
    path = await fill(cluster)
    for limit in (97, 163, 400, 500):
        seen: list[str] = []
        query = {"limit": str(limit)}
        revision = None
        while True:
            answer = await cluster.ask("GET", path, **query)
            revision = revision or answer.at("metadata.resourceVersion")
            assert answer.at("metadata.resourceVersion") == revision
            seen += names(answer)
            assert len(names(answer)) <= limit
            token = answer.at("metadata.continue")
            if not token:
                assert answer.at("metadata.remainingItemCount") is None
                break
            assert answer.at("metadata.remainingItemCount") == COUNT - len(seen)
            query["continue"] = str(token)
        assert seen == [f"template-{number:04}" for number in range(COUNT)]
    whole = await cluster.ask("GET", path, limit="0")
    assert len(names(whole)) == COUNT


@box(
    "Servers with support for API chunking should support continue listing from the last key if the original version "
    "has been compacted away, though the list is inconsistent"
)
async def test_an_old_token_brings_one_that_goes_on_at_the_newest_state(cluster: Cluster) -> None:
    path = await fill(cluster)
    first = await cluster.ask("GET", path, limit="40")
    token = str(first.at("metadata.continue"))

    async def has_expired() -> bool:
        await cluster.pass_time(20)
        return (await cluster.ask("GET", path, **{"limit": "40", "continue": token})).status == 410

    await cluster.must("PATCH", f"{path}/template-0000", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)
    await cluster.until(has_expired, "the token's end")
    expired = await cluster.ask("GET", path, **{"limit": "40", "continue": token})
    assert (expired.at("reason"), expired.at("code")) == ("Expired", 410)
    second = await cluster.ask("GET", path, **{"limit": "40", "continue": str(expired.at("metadata.continue"))})
    assert second.at("metadata.resourceVersion") != first.at("metadata.resourceVersion")
    assert names(second) == [f"template-{number:04}" for number in range(40, 80)]
    assert second.at("metadata.remainingItemCount") == COUNT - 80
    seen, answer = names(first) + names(second), second
    while next_token := answer.at("metadata.continue"):
        answer = await cluster.ask("GET", path, **{"limit": "40", "continue": str(next_token)})
        assert answer.at("metadata.resourceVersion") == second.at("metadata.resourceVersion")
        seen += names(answer)
        left = COUNT - len(seen)
        assert answer.at("metadata.remainingItemCount") == (left or None)
    assert len(seen) == COUNT
