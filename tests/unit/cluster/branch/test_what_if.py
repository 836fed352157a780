"""What would happen, played by the real masters on a copy of a small cluster."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import orjson
import pytest

from wherry.apimachinery.document import Document
from wherry.cluster.branch.change import apply_change
from wherry.cluster.branch.masters import BranchMasters
from wherry.cluster.branch.seed import Entry, Seed, plant, read_seed
from wherry.cluster.branch.what_if import play
from wherry.kit.tasks import TaskScope
from wherry.kit.virtual_time import VirtualClock, run_in_virtual_time
from wherry.narrate.intent import Change, NotThere, Scale, TooManyCopies
from wherry.narrate.model import read
from wherry.store.memory import MemoryStore

START_S = 1_795_000_000.0


def node(name: str, cpu: str = "1") -> Entry:
    room = {"cpu": cpu, "memory": "4Gi", "pods": "20"}
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}]
    document = {
        "metadata": {"name": name, "uid": f"uid-{name}", "creationTimestamp": "2026-11-23T07:00:00Z"},
        "spec": {},
        "status": {
            "capacity": room,
            "allocatable": room,
            "conditions": conditions,
            "addresses": [{"type": "InternalIP", "address": f"192.0.2.{name.removeprefix('n')}"}],
        },
    }
    return Entry(key=f"/core/nodes/{name}", value=msgspec.Raw(orjson.dumps(document)))


def workload(name: str, replicas: int, cpu: str = "100m", kind: str = "Deployment") -> Document:
    container = {"name": "c", "image": "i:1", "resources": {"requests": {"cpu": cpu}}}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    spec: Document = {"replicas": replicas, "selector": {"matchLabels": {"app": name}}, "template": template}
    if kind == "StatefulSet":
        spec["serviceName"] = name
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name}, "spec": spec}


def service(name: str) -> Document:
    spec: Document = {"selector": {"app": name}, "ports": [{"port": 80}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}


def grown(nodes: Iterable[Entry], *documents: Document) -> Seed:
    """A cluster in which these objects have come to rest."""
    clock = VirtualClock(START_S)
    base = Seed(now_s=START_S, entries=tuple(nodes), hidden=())

    async def grow() -> Seed:
        store = MemoryStore(clock)
        await plant(base, store)
        masters = BranchMasters(store, clock, down=(), sees_all=True)
        async with TaskScope("grow") as scope:
            await masters.start(scope)
            await clock.sleep(1)
            snapshot = (await read(masters.client)).snapshot()
            assert (
                await apply_change(masters.client, masters.server.catalog, Change(documents=documents), snapshot) == []
            )
            await clock.sleep(60)
            return msgspec.structs.replace(await read_seed(masters.client), now_s=clock.now_s())

    return run_in_virtual_time(grow, clock)


@pytest.fixture(scope="module")
def shop() -> Seed:
    """Two nodes of one processor; `web` twice, `db` once and with its own storage name, a service before each."""
    documents = (workload("web", 2), service("web"), workload("db", 1, kind="StatefulSet"), service("db"))
    return grown([node("n1"), node("n2")], *documents)


def test_more_copies_that_fit(shop: Seed) -> None:
    found = play(shop, Change(scales=(Scale(thing="web", replicas=5),)))
    assert found.fits
    assert found.sentence == "It fits: 3 pods would start."
    assert len(found.started) == 3
    assert (found.stopped, found.waiting, found.silences, found.refusals) == ((), (), (), ())
    assert sum(found.moves[0].before.values()) == 2
    assert sum(found.moves[0].after.values()) == 5


def test_more_copies_than_there_is_room_for_wait_and_each_node_says_why(shop: Seed) -> None:
    found = play(shop, Change(scales=(Scale(thing="deployment/web", replicas=25),)))
    assert not found.fits
    [waiting] = found.waiting
    assert (waiting.owner, waiting.pods) == ("Deployment/web", 25 - 2 - len(found.started))
    assert waiting.reason == "0/2 nodes are available: 2 Insufficient cpu."
    assert [verdict.when for verdict in waiting.nodes] == ["not yet", "not yet"]
    assert "would wait for a node" in found.sentence
    assert found.next


def test_a_node_that_goes_down_takes_a_stateful_pod_along_and_its_service_falls_silent(shop: Seed) -> None:
    before = play(shop, Change(scales=(Scale(thing="web", replicas=2),))).before
    [db] = [pod for pod in before.pods if pod.name == "db-0"]
    other = next(one.name for one in before.nodes if one.name != db.node)
    found = play(shop, Change(nodes_down=(db.node,)))
    assert not found.fits
    assert "default/db-0" in found.stopped
    assert [(one.service, one.is_over) for one in found.silences] == [("db", False)]
    assert [(one.workload, one.have, one.wanted) for one in found.shortfalls] == [("StatefulSet/db", 0, 1)]
    # The deployment's pods are made anew elsewhere, once the masters have waited for the node.
    assert [move.after for move in found.moves if move.owner == "Deployment/web"] == [{other: 2}]
    assert 300 < found.lasted_s < 400


def test_a_service_is_silent_until_its_only_pod_is_made_anew() -> None:
    seed = grown([node("n1"), node("n2")], workload("web", 1), service("web"))
    where = play(seed, Change(scales=(Scale(thing="web", replicas=1),))).before.pods[0].node
    found = play(seed, Change(nodes_down=(where,)))
    [silence] = found.silences
    assert found.fits
    assert silence.is_over
    assert 300 < silence.lasted_s < 400
    assert "web would not answer for 6 min" in found.sentence


def test_what_the_masters_would_refuse_is_named_and_the_rest_goes_on(shop: Seed) -> None:
    quota: Document = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "small"},
        "spec": {"hard": {"pods": "4"}},
    }
    wrong: Document = {"apiVersion": "x/v1", "kind": "Wrong", "metadata": {"name": "w"}}
    found = play(shop, Change(documents=(workload("bad", -1), wrong, quota), scales=(Scale(thing="web", replicas=9),)))
    assert [refusal.what for refusal in found.refusals] == ["Deployment bad", "Wrong w"]
    assert "must be greater than or equal to 0" in found.refusals[0].reason
    [short] = found.shortfalls
    assert (short.workload, short.wanted) == ("Deployment/web", 9)
    assert "exceeded quota: small" in short.reason
    assert not found.fits


def test_new_objects_are_placed_beside_what_is_there(shop: Seed) -> None:
    found = play(shop, Change(documents=(workload("api", 2, cpu="300m"), service("api")), namespace="default"))
    assert found.fits
    assert sum(found.moves[0].after.values()) == 2
    assert [one.sentence for one in found.after.services if one.name == "api"] == ["2 of 2 pods answer for api."]


def test_a_daemon_set_has_no_number_of_copies() -> None:
    daemon = workload("logs", 1)
    daemon["kind"] = "DaemonSet"
    assert isinstance(daemon["spec"], dict)
    del daemon["spec"]["replicas"]
    seed = grown([node("n1")], daemon)
    [refusal] = play(seed, Change(scales=(Scale(thing="logs", replicas=3),))).refusals
    assert "has no number of copies" in refusal.reason


def test_names_that_are_not_there_are_answered_with_a_near_one(shop: Seed) -> None:
    with pytest.raises(NotThere) as caught:
        play(shop, Change(nodes_down=("n3",)))
    assert caught.value.thing == "node/n3"
    with pytest.raises(NotThere) as caught:
        play(shop, Change(scales=(Scale(thing="weeb", replicas=3),)))
    assert caught.value.near == "web"


def test_the_same_question_has_the_same_answer(shop: Seed) -> None:
    first, second = (play(shop, Change(scales=(Scale(thing="web", replicas=6),))) for _ in range(2))
    assert [move.after for move in first.moves] == [move.after for move in second.moves]


def test_what_cannot_be_seen_is_named(shop: Seed) -> None:
    found = play(msgspec.structs.replace(shop, hidden=("Secret",)), Change(scales=(Scale(thing="web", replicas=3),)))
    assert found.hidden == ("Secret",)
    assert "You may not see Secret, so they are not in this answer." in found.lines


def test_more_copies_than_a_trial_can_hold_are_not_made(shop: Seed) -> None:
    with pytest.raises(TooManyCopies, match="99,999,999 copies are more than a trial can hold"):
        play(shop, Change(scales=(Scale(thing="web", replicas=99_999_999),)))
