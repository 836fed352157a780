from __future__ import annotations

from collections.abc import Mapping

from wherry.apimachinery.deed import Author, Deed
from wherry.apimachinery.document import Document
from wherry.client.past import PastChange
from wherry.client.watch import EventType
from wherry.narrate.changes import summary, tell_changes
from wherry.narrate.history import Change, History, histories_of

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


KUBECTL = {"program": "kubectl", "command": "kubectl scale"}
COLLECTOR = {"user": "system:kube-controller-manager", "component": "garbage-collector-controller"}
EMPTIER = {"user": "system:kube-controller-manager", "component": "namespace-controller"}


def deed(revision: int, name: str, verb: str, *, namespace: str = "shop", **author: str) -> Deed:
    """A deed; `author` is who, in the words of Author."""
    return Deed(
        revision=revision,
        time_s=100.0 + revision,
        group="",
        plural="things",
        namespace=namespace,
        name=name,
        author=Author(**{"user": "anna", **author, "verb": verb}),
    )


def known(kind: str, before: list[Document], deeds: list[Deed], *happened: tuple[EventType, Document]) -> list[History]:
    """Histories with deeds: the first event is of revision 0, the next of 1 ..."""
    changes = [PastChange(type_, number, document) for number, (type_, document) in enumerate(happened)]
    return histories_of(kind, before, changes, deeds)


def test_a_person_is_named_with_what_they_used() -> None:
    old, new = thing("web", by={"kubectl": SEVEN}, spec={"replicas": 3}), thing("web", spec={"replicas": 30})
    found = tell_changes(known("Deployment", [old], [deed(0, "web", "patch", **KUBECTL)], ("MODIFIED", new)))
    assert texts(found) == ["anna scaled deployment web in shop from 3 to 30 copies with kubectl."]
    assert (found[0].who, found[0].tool, found[0].people, found[0].time_s) == ("anna", "kubectl", ("anna",), 100.0)
    other = thing("web", spec={"replicas": 30, "paused": True})
    found = tell_changes(known("Deployment", [old], [deed(0, "web", "patch", **KUBECTL)], ("MODIFIED", other)))
    assert texts(found) == [
        "anna changed deployment web in shop with kubectl: from 3 to 30 copies; paused is new: yes."
    ]


def test_a_program_of_the_masters_does_not_hide_a_person_whom_nobody_remembers() -> None:
    old = thing("web", by={"kubectl": SEVEN}, spec={"replicas": 3})
    new = thing("web", by={"kubectl": SEVEN, "helm": EIGHT}, spec={"replicas": 5})
    only_masters = [deed(0, "web", "patch", user="system:kube-controller-manager", component="deployment-controller")]
    assert texts(tell_changes(known("Deployment", [old], only_masters, ("MODIFIED", new)))) == [
        "helm changed deployment web in shop: from 3 to 5 copies."
    ]


def test_who_created_and_who_deleted_are_named() -> None:
    one = thing("web", by={"kubectl": SEVEN})
    deeds = [deed(0, "web", "create"), deed(1, "web", "delete", user="ben", **KUBECTL)]
    assert texts(tell_changes(known("ConfigMap", [], deeds[:1], ("ADDED", one)))) == [
        "anna created config map web in shop."
    ]
    assert texts(tell_changes(known("ConfigMap", [], deeds, ("ADDED", one), ("DELETED", one)))) == [
        "anna created config map web in shop, and ben deleted it again."
    ]
    assert texts(tell_changes(known("ConfigMap", [one], [deed(0, "web", "delete")], ("DELETED", one)))) == [
        "anna deleted config map web in shop."
    ]


def test_who_started_a_deletion_is_told_from_who_let_the_thing_go() -> None:
    one = thing("web", by={"kubectl": SEVEN})
    deeds = [deed(0, "web", "delete"), deed(1, "web", "patch", user="ben")]
    history = known("ConfigMap", [one], deeds, ("MODIFIED", one), ("DELETED", one))
    assert texts(tell_changes(history)) == ["anna deleted config map web in shop. ben let it go in the end."]


def test_a_deletion_that_had_begun_before_is_put_on_nobody() -> None:
    one = thing("web", by={"kubectl": SEVEN})
    one["metadata"] = {**one["metadata"], "deletionTimestamp": EIGHT}  # type: ignore[dict-item]
    history = known("ConfigMap", [one], [deed(0, "web", "patch", user="ben")], ("DELETED", one))
    assert texts(tell_changes(history)) == ["Config map web in shop was deleted. ben let it go in the end."]


def test_what_the_collector_deletes_has_its_beginning_with_a_person() -> None:
    owner, owned = thing("web", by={"kubectl": SEVEN}), thing("web-settings", by={"kubectl": SEVEN})
    owned["metadata"] = {**owned["metadata"], "ownerReferences": [{"kind": "Deployment", "name": "web"}]}  # type: ignore[dict-item]
    told_of = known("Deployment", [owner], [deed(0, "web", "delete")], ("DELETED", owner))
    told_of += known("ConfigMap", [owned], [deed(0, "web-settings", "delete", **COLLECTOR)], ("DELETED", owned))
    assert sorted(texts(tell_changes(told_of))) == [
        "The garbage collector deleted config map web-settings in shop, because anna deleted deployment web in shop.",
        "anna deleted deployment web in shop.",
    ]


def test_what_goes_with_a_namespace_has_its_beginning_with_who_deleted_that() -> None:
    space, inside = thing("shop", by={"kubectl": SEVEN}), thing("settings", by={"kubectl": SEVEN})
    space["metadata"] = {key: value for key, value in space["metadata"].items() if key != "namespace"}  # type: ignore[attr-defined]
    told_of = known("Namespace", [space], [deed(0, "shop", "delete", namespace="")], ("DELETED", space))
    told_of += known("ConfigMap", [inside], [deed(0, "settings", "delete", **EMPTIER)], ("DELETED", inside))
    assert sorted(texts(tell_changes(told_of))) == [
        "The namespace controller deleted config map settings in shop, because anna deleted namespace shop.",
        "anna deleted namespace shop.",
    ]


def test_pods_that_went_say_who_was_behind_it() -> None:
    pod, owner = thing("web-1", owner="StatefulSet/web"), thing("web", by={"kubectl": SEVEN})
    by_hand = known("Pod", [pod], [deed(0, "web-1", "delete")], ("DELETED", pod))
    assert texts(tell_changes(by_hand)) == ["web in shop: 1 pod went, anna deleted 1 of them."]
    told_of = known("Pod", [pod], [deed(0, "web-1", "delete", **COLLECTOR)], ("DELETED", pod))
    told_of += known("StatefulSet", [owner], [deed(0, "web", "delete")], ("DELETED", owner))
    assert "web in shop: 1 pod went, because anna deleted stateful set web in shop." in texts(tell_changes(told_of))


def test_things_that_own_each_other_are_explained_without_end() -> None:
    one, two = thing("one", by={"kubectl": SEVEN}), thing("two", by={"kubectl": SEVEN})
    one["metadata"] = {**one["metadata"], "ownerReferences": [{"kind": "ConfigMap", "name": "two"}]}  # type: ignore[dict-item]
    two["metadata"] = {**two["metadata"], "ownerReferences": [{"kind": "ConfigMap", "name": "one"}]}  # type: ignore[dict-item]
    deeds = [deed(0, "one", "delete", **COLLECTOR), deed(1, "two", "delete", **COLLECTOR)]
    told_of = known("ConfigMap", [one, two], deeds, ("DELETED", one), ("DELETED", two))
    assert len(tell_changes(told_of)) == 2
