"""Which change makes which key worth a look."""

from __future__ import annotations

from suites.fake_view import FakeView
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.node import NODES
from wherry.apimachinery.meta import ObjectKey, ObjectMeta, OwnerReference
from wherry.reconcile.sources import for_kind, mapped, matched, owned_by

OWNERS = (
    OwnerReference(api_version="apps/v1", kind="ReplicaSet", name="other", uid="u0"),
    OwnerReference(api_version="apps/v1", kind="ReplicaSet", name="web", uid="u1", controller=True),
)
THING = ConfigMap(metadata=ObjectMeta(namespace="ns", name="x", owner_references=OWNERS), data={"for": "y"})
VIEW = FakeView()


def test_a_kind_concerns_itself() -> None:
    assert list(for_kind(CONFIG_MAPS).keys(THING, VIEW)) == [ObjectKey("ns", "x")]


def test_an_owned_object_concerns_its_controller_of_that_kind_only() -> None:
    assert list(owned_by(CONFIG_MAPS, REPLICA_SETS).keys(THING, VIEW)) == [ObjectKey("ns", "web")]
    assert list(owned_by(CONFIG_MAPS, DEPLOYMENTS).keys(THING, VIEW)) == []
    assert list(owned_by(CONFIG_MAPS, REPLICA_SETS).keys(ConfigMap(metadata=ObjectMeta(name="x")), VIEW)) == []


def test_the_owner_of_a_cluster_wide_kind_has_no_namespace() -> None:
    owner = OwnerReference(api_version="v1", kind="Node", name="n1", uid="u", controller=True)
    thing = ConfigMap(metadata=ObjectMeta(namespace="ns", name="x", owner_references=(owner,)))
    assert list(owned_by(CONFIG_MAPS, NODES).keys(thing, VIEW)) == [ObjectKey("", "n1")]


def test_any_mapping_will_do() -> None:
    assert list(mapped(CONFIG_MAPS, lambda each: [ObjectKey("", each.data["for"])]).keys(THING, VIEW)) == [
        ObjectKey("", "y")
    ]
    view = FakeView([THING])
    source = matched(CONFIG_MAPS, lambda each, view: [other.metadata.key for other in view.lister(CONFIG_MAPS).list()])
    assert list(source.keys(THING, view)) == [ObjectKey("ns", "x")]
