from __future__ import annotations

from suites.told_cluster import HandFed, deployment, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.narrate.facts import Snapshot
from wherry.narrate.forecast import Forecast, Played, Silence, forecast


def snapshot(*pods: tuple[str, str], wanted: int = 2) -> Snapshot:
    fed = HandFed()
    for name in ("n1", "n2"):
        fed.put(NODES, node(name))
    fed.put(DEPLOYMENTS, deployment("web", wanted, readyReplicas=wanted))
    fed.put(REPLICA_SETS, replica_set("web-1", "web", wanted))
    for name, on in pods:
        fed.put(PODS, pod(name, on, owner=("ReplicaSet", "web-1")))
    return fed.model.snapshot()


def judged(before: Snapshot, after: Snapshot, *silences: Silence, down: tuple[str, ...] = ()) -> Forecast:
    played = Played(
        before=before,
        after=after,
        down=frozenset(down),
        refusals=(),
        silences=silences,
        reasons={"default/c": "0/2 nodes are available"},
        verdicts={},
        lasted_s=0.0,
        hidden=(),
    )
    return forecast(played)


def test_nothing_that_changes_fits() -> None:
    same = snapshot(("a", "n1"), ("b", "n2"))
    assert (judged(same, same).fits, judged(same, same).sentence) == (True, "It fits: nothing would change.")


def test_a_pod_on_a_node_that_is_down_has_stopped_whatever_the_api_still_says() -> None:
    before = snapshot(("a", "n1"), ("b", "n2"))
    found = judged(before, before, down=("n1",))
    assert found.stopped == ("default/a",)
    assert [move.after for move in found.moves] == [{"n2": 1}]


def test_a_pod_that_waited_before_is_not_held_against_the_change() -> None:
    before = snapshot(("a", "n1"), ("c", ""))
    assert judged(before, before).waiting == ()
    found = judged(snapshot(("a", "n1"), ("b", "n2")), snapshot(("a", "n1"), ("c", "")))
    assert [(one.owner, one.pods, one.reason) for one in found.waiting] == [
        ("Deployment/web", 1, "0/2 nodes are available")
    ]
    assert not found.fits


def test_a_silence_that_ends_fits_and_one_that_does_not_does_not() -> None:
    same = snapshot(("a", "n1"), ("b", "n2"))
    over = judged(same, same, Silence(service="web", namespace="default", lasted_s=340.0, is_over=True))
    assert (over.fits, "web would not answer for 6 min" in over.sentence) == (True, True)
    lasting = judged(same, same, Silence(service="web", namespace="default", lasted_s=900.0, is_over=False))
    assert (lasting.fits, "nobody would answer for web any more" in lasting.sentence) == (False, True)
