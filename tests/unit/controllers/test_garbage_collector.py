"""What belongs to nobody any more goes, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from suites.controller_objects import controlled_by, meta, node, pod, replica_set
from suites.fake_view import FakeView
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.coordination.lease import Lease
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.persistent_volume import PersistentVolume
from wherry.apimachinery.meta import ObjectKey, OwnerReference
from wherry.controllers.garbage_collector import COLLECTED, GARBAGE_COLLECTOR, Owner, plan
from wherry.reconcile.actions import Action, Delete, Patch

GOING = "2026-11-23T07:00:00Z"
RS = Owner(REPLICA_SETS, "ns", "web", "uid-web")
OWNED = controlled_by("ReplicaSet", "web")


def reference(name: str, *, kind: str = "ConfigMap", api_version: str = "v1", blocks: bool = False) -> OwnerReference:
    return OwnerReference(
        api_version=api_version, kind=kind, name=name, uid=f"uid-{name}", block_owner_deletion=blocks or None
    )


def config(name: str, *owners: OwnerReference, **fields: Any) -> ConfigMap:
    return ConfigMap(metadata=meta(name, **{"owner_references": owners, **fields}))


def plan_for(owner: Owner, *objects: msgspec.Struct) -> Sequence[Action]:
    return plan(owner.key, FakeView(objects))


def owner(name: str) -> Owner:
    return Owner(CONFIG_MAPS, "ns", name, f"uid-{name}")


def test_a_key_names_an_owner_completely() -> None:
    assert Owner.from_key(RS.key) == RS
    odd = Owner(NAMESPACES, "", "a/b", "u")
    assert Owner.from_key(odd.key) == odd


def test_dependents_of_what_is_gone_are_deleted_after_asking_the_server() -> None:
    [delete] = plan_for(RS, pod("a", owner_references=OWNED), pod("free"))
    assert isinstance(delete, Delete)
    assert (delete.name, delete.uid, delete.propagation) == ("a", "uid-a", "Background")
    [asked] = delete.unless
    assert (asked.resource, asked.namespace, asked.name, asked.uid) == (REPLICA_SETS, "ns", "web", "uid-web")
    assert delete.why == "its owner ReplicaSet web is gone"


def test_a_namesake_of_the_owner_is_not_the_owner() -> None:
    [delete] = plan_for(RS, replica_set("web", uid="another"), pod("a", owner_references=OWNED))
    assert isinstance(delete, Delete)


def test_nothing_happens_while_the_owner_is_there() -> None:
    assert plan_for(RS, replica_set("web"), pod("a", owner_references=OWNED)) == []
    going = replica_set("web", deletion_timestamp=GOING, finalizers=("other",))
    assert plan_for(RS, going, pod("a", owner_references=OWNED)) == []


def test_with_another_owner_left_only_the_dead_reference_goes() -> None:
    [patch] = plan_for(owner("dead"), config("alive"), config("child", reference("dead"), reference("alive")))
    assert isinstance(patch, Patch)
    assert patch.resource_version == "5"
    assert patch.patch == {
        "metadata": {
            "ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": "alive", "uid": "uid-alive"}]
        }
    }


def test_references_that_cannot_be_resolved_hold_their_dependents() -> None:
    unknown = reference("x", kind="Gadget", api_version="example.com/v1")
    assert plan_for(owner("dead"), config("child", reference("dead"), unknown)) != []
    [patch] = plan_for(owner("dead"), config("child", reference("dead"), unknown))
    assert isinstance(patch, Patch), "released from the dead one, kept for the unknown one"
    volume = PersistentVolume(metadata=meta("pv", "", owner_references=(reference("dead"),)))
    assert plan_for(owner("dead"), volume) == [], "a cluster-wide object has no namespaced owner"


def test_an_owner_in_another_namespace_is_as_good_as_gone() -> None:
    other = ConfigMap(metadata=meta("boss", "elsewhere"))
    [delete] = plan_for(owner("boss"), other, config("child", reference("boss")))
    assert isinstance(delete, Delete)


def test_a_cluster_wide_owner_holds_objects_in_namespaces() -> None:
    lease = Lease(metadata=meta("n1", "kube-node-lease", owner_references=controlled_by("Node", "n1", "v1")))
    source = next(each for each in GARBAGE_COLLECTOR.sources if each.resource.kind == "Lease")
    view = FakeView([lease, node("n1")])
    _, key = source.keys(lease, view)
    assert (owner := Owner.from_key(key)) is not None
    assert owner.namespace == ""
    assert plan(key, view) == []
    assert [type(action) for action in plan(key, FakeView([lease]))] == [Delete]


def test_foreground_deletion_deletes_dependents_first_and_then_lets_go() -> None:
    going = replica_set("web", deletion_timestamp=GOING, finalizers=("foregroundDeletion", "x/y"))
    dependent = pod("a", owner_references=OWNED)
    [delete] = plan_for(RS, going, dependent)
    assert isinstance(delete, Delete)
    assert delete.unless == ()
    leaving = pod("a", owner_references=OWNED, deletion_timestamp=GOING)
    assert plan_for(RS, going, leaving) == [], "it still blocks"
    [release] = plan_for(RS, going)
    assert isinstance(release, Patch)
    assert release.patch == {"metadata": {"finalizers": ["x/y"]}}


def test_a_dependent_that_does_not_block_is_deleted_and_not_waited_for() -> None:
    going = ConfigMap(metadata=meta("boss", deletion_timestamp=GOING, finalizers=("foregroundDeletion",)))
    actions = plan_for(owner("boss"), going, config("child", reference("boss")))
    assert [type(action) for action in actions] == [Delete, Patch]


def test_a_dependent_with_dependents_goes_foreground_too() -> None:
    going = ConfigMap(metadata=meta("boss", deletion_timestamp=GOING, finalizers=("foregroundDeletion",)))
    middle, leaf = config("middle", reference("boss", blocks=True)), config("leaf", reference("middle", blocks=True))
    [delete] = plan_for(owner("boss"), going, middle, leaf)
    assert isinstance(delete, Delete)
    assert delete.propagation == "Foreground"


def test_those_that_wait_for_each_other_in_a_circle_are_freed() -> None:
    waiting = {"deletion_timestamp": GOING, "finalizers": ("foregroundDeletion",)}
    circle = [
        config(name, reference(boss, blocks=True), **waiting) for name, boss in (("a", "c"), ("b", "a"), ("c", "b"))
    ]
    [freed] = plan_for(owner("a"), *circle)
    assert isinstance(freed, Patch)
    assert freed.name == "b"
    metadata = freed.patch["metadata"]
    assert isinstance(metadata, dict)
    assert [(each["name"], each["blockOwnerDeletion"]) for each in metadata["ownerReferences"]] == [("a", False)]
    [release] = plan_for(owner("a"), circle[0], config("b", reference("a"), **waiting), circle[2])
    assert isinstance(release, Patch)
    assert (release.name, release.patch) == ("a", {"metadata": {"finalizers": None}})


def test_in_a_chain_of_those_who_wait_nobody_is_freed() -> None:
    waiting = {"deletion_timestamp": GOING, "finalizers": ("foregroundDeletion",)}
    chain = [
        config("top", **waiting),
        config("middle", reference("top", blocks=True), **waiting),
        config("low", reference("middle", blocks=True), **waiting),
    ]
    assert plan_for(owner("top"), *chain) == []
    assert plan_for(owner("middle"), *chain) == []
    assert [type(action) for action in plan_for(owner("low"), *chain)] == [Patch]


def test_orphaning_frees_the_dependents_and_then_lets_go() -> None:
    going = replica_set("web", deletion_timestamp=GOING, finalizers=("orphan",))
    free, release = plan_for(RS, going, pod("a", owner_references=OWNED))
    assert isinstance(free, Patch)
    assert (free.name, free.patch) == ("a", {"metadata": {"ownerReferences": None}})
    assert isinstance(release, Patch)
    assert (release.name, release.patch) == ("web", {"metadata": {"finalizers": None}})


def test_a_dependents_own_finalizers_choose_how_it_goes() -> None:
    [orphaning] = plan_for(RS, config("c", *OWNED, finalizers=("orphan",)))
    [foreground] = plan_for(RS, config("c", *OWNED, finalizers=("foregroundDeletion",)))
    assert isinstance(orphaning, Delete)
    assert isinstance(foreground, Delete)
    assert (orphaning.propagation, foreground.propagation) == ("Orphan", "Foreground")
    assert plan_for(RS, config("c", *OWNED, deletion_timestamp=GOING)) == []


def test_only_changes_of_ownership_or_life_are_looked_at() -> None:
    [source] = [each for each in GARBAGE_COLLECTOR.sources if each.resource.kind == "Pod"]
    one = pod("a", owner_references=OWNED)
    assert not source.matters(one, pod("a", owner_references=OWNED, ready=False))
    assert source.matters(one, pod("a"))
    assert source.matters(one, pod("a", owner_references=OWNED, deletion_timestamp=GOING))
    assert source.matters(one, None)
    assert source.matters(None, one)
    owners = [Owner.from_key(key) for key in source.keys(one, FakeView())]
    assert [owner.name for owner in owners if owner is not None] == ["a", "web"]
    assert "events" not in {resource.plural for resource in COLLECTED}
    assert ObjectKey("ns", "apps/ReplicaSet/uid-web/web") == RS.key
