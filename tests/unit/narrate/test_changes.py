from __future__ import annotations

from collections.abc import Mapping

from wherry.apimachinery.document import Document
from wherry.client.past import PastChange
from wherry.client.watch import EventType
from wherry.narrate.changes import summary, tell_changes
from wherry.narrate.history import Change, histories_of

SEVEN, EIGHT, NINE = (f"2026-11-23T0{hour}:00:00Z" for hour in (7, 8, 9))


def thing(
    name: str, *, uid: str = "", by: Mapping[str, str] | None = None, owner: str = "", **more: object
) -> Document:
    """An object; `by` says who has written it when; `owner` is KIND/NAME."""
    entries = [
        {"manager": manager, "time": time, "fieldsV1": {"f:spec": {f"f:{time}": {}}}}
        for manager, time in (by or {}).items()
    ]
    kind, _, owned = owner.partition("/")
    owners = [{"kind": kind, "name": owned, "controller": True}] if owner else []
    meta = {"name": name, "namespace": "shop", "uid": uid or name, "creationTimestamp": SEVEN}
    return {"metadata": {**meta, "managedFields": entries, "ownerReferences": owners}, **more}


def told(kind: str, before: list[Document], *happened: tuple[EventType, Document]) -> list[Change]:
    changes = [PastChange(type_, number, document) for number, (type_, document) in enumerate(happened)]
    return tell_changes(histories_of(kind, before, changes))


def texts(changes: list[Change]) -> list[str]:
    return [one.text for one in changes]


def test_who_created_it_and_who_changed_what() -> None:
    old = thing("web", by={"kubectl": SEVEN}, spec={"replicas": 3})
    new = thing("web", by={"kubectl": SEVEN, "helm": EIGHT}, spec={"replicas": 5})
    found = told("Deployment", [old], ("MODIFIED", new))
    assert texts(found) == ["helm changed deployment web in shop: from 3 to 5 copies."]
    assert (found[0].who, found[0].deed, found[0].details) == ("helm", "changed", ("from 3 to 5 copies",))
    assert texts(told("Secret", [], ("ADDED", thing("s", by={"kubectl": SEVEN})))) == [
        "kubectl created secret s in shop."
    ]


def test_what_was_deleted_and_what_only_passed() -> None:
    one = thing("web", by={"kubectl": SEVEN})
    assert texts(told("Deployment", [one], ("DELETED", one))) == ["Deployment web in shop was deleted."]
    passing = told("ConfigMap", [], ("ADDED", one), ("DELETED", one))
    assert texts(passing) == ["kubectl created config map web in shop, and it was deleted again."]


def test_one_that_was_made_anew_is_told_as_both() -> None:
    old, new = thing("web", uid="1", by={"kubectl": SEVEN}), thing("web", uid="2", by={"helm": EIGHT})
    found = told("Service", [old], ("DELETED", old), ("ADDED", new))
    assert sorted(texts(found)) == ["Service web in shop was deleted.", "helm created service web in shop."]


def test_what_has_changed_back_is_no_change() -> None:
    one, other = thing("web", spec={"replicas": 3}), thing("web", spec={"replicas": 5})
    assert told("Deployment", [one], ("MODIFIED", other), ("MODIFIED", one)) == []


def test_what_the_masters_make_is_not_told_and_pods_are_counted_for_their_workload() -> None:
    replicas = thing("web-6d4b75cb6d", owner="Deployment/web")
    assert told("ReplicaSet", [], ("ADDED", replicas)) == []
    assert told("ConfigMap", [], ("ADDED", thing("kube-root-ca.crt"))) == []
    assert told("Namespace", [], ("ADDED", thing("x", by={"kube-controller-manager": SEVEN}))) == []
    pods = [thing(f"web-6d4b75cb6d-x7k2{n}", owner="ReplicaSet/web-6d4b75cb6d") for n in "bcd"]
    found = told("Pod", [pods[0]], ("ADDED", pods[1]), ("ADDED", pods[2]), ("DELETED", pods[0]))
    assert [(one.kind, one.name, one.text) for one in found] == [
        ("Deployment", "web", "web in shop: 2 pods came, 1 pod went.")
    ]


def test_a_container_that_was_started_again_is_counted() -> None:
    before = thing("db-0", owner="StatefulSet/db", status={"containerStatuses": [{"restartCount": 1}]})
    after = thing("db-0", owner="StatefulSet/db", status={"containerStatuses": [{"restartCount": 3}]})
    assert texts(told("Pod", [before], ("MODIFIED", after))) == ["db in shop: 2 containers started again."]


def node(ready: str, **spec: object) -> Document:
    conditions = [{"type": "Ready", "status": ready, "lastTransitionTime": NINE}]
    return {"metadata": {"name": "n1", "uid": "n1"}, "spec": spec, "status": {"conditions": conditions}}


def test_a_node_joins_falls_silent_is_closed_and_leaves() -> None:
    well, silent, closed = node("True"), node("Unknown"), node("True", unschedulable=True)
    assert texts(told("Node", [], ("ADDED", well))) == ["Node n1 joined the cluster."]
    lost = told("Node", [well], ("MODIFIED", silent))
    assert texts(lost) == ["Node n1 stopped reporting."]
    assert lost[0].next == "wherry why node/n1"
    assert texts(told("Node", [silent], ("MODIFIED", well))) == ["Node n1 is ready again."]
    assert texts(told("Node", [well], ("MODIFIED", closed))) == ["Node n1 takes no new pods any more."]
    assert texts(told("Node", [closed], ("MODIFIED", well))) == ["Node n1 takes new pods again."]
    assert texts(told("Node", [well], ("DELETED", well))) == ["Node n1 left the cluster."]


def test_the_first_sentence_counts() -> None:
    assert summary([], "10:00", "now") == "Nothing changed between 10:00 and now."
    found = told("Deployment", [], ("ADDED", thing("web", by={"kubectl": SEVEN})))
    assert summary(found, "10:00", "now") == "1 thing changed between 10:00 and now."
