from __future__ import annotations

from wherry.apimachinery.catalog import Catalog, GroupVersions
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AnyResourceType, resource_type
from wherry.apimachinery.struct import Struct


class Thing(Struct):
    metadata: ObjectMeta = ObjectMeta()


def kind(name: str, *, group: str = "", version: str = "v1", short: tuple[str, ...] = ()) -> AnyResourceType:
    return resource_type(Thing, group=group, version=version, kind=name, plural=f"{name.lower()}s", short_names=short)


PODS = kind("Pod", short=("po",))
NODES = kind("Node")
DEPLOYMENTS = kind("Deployment", group="apps", short=("deploy",))
WIDGETS = kind("Widget", group="example.com", version="v2beta1")
WIDGETS_V1 = kind("Widget", group="example.com")


def test_kinds_are_found_by_path_and_by_kind() -> None:
    catalog = Catalog([PODS, DEPLOYMENTS])
    assert catalog.lookup("", "v1", "pods") is PODS
    assert catalog.lookup("apps", "v1", "pods") is None
    assert catalog.by_kind("apps", "v1", "Deployment") is DEPLOYMENTS


def test_people_may_use_any_name() -> None:
    catalog = Catalog([WIDGETS, DEPLOYMENTS, PODS])
    for name in ("pods", "pod", "po", "Pod"):
        assert catalog.by_name(name) is PODS
    assert catalog.by_name("deployments.apps") is DEPLOYMENTS
    assert catalog.by_name("widgets.example.com") is WIDGETS
    assert catalog.by_name("pods.apps") is None


def test_groups_come_in_the_order_in_which_clients_should_look() -> None:
    catalog = Catalog([WIDGETS, WIDGETS_V1, DEPLOYMENTS, PODS, kind("Lease", group="coordination.k8s.io")])
    assert catalog.groups() == [
        GroupVersions("", ("v1",)),
        GroupVersions("apps", ("v1",)),
        GroupVersions("coordination.k8s.io", ("v1",)),
        GroupVersions("example.com", ("v1", "v2beta1")),
    ]


def test_versions_are_ordered_by_maturity() -> None:
    versions = ("v1", "foo", "v1alpha1", "v2", "v1beta2", "v1beta10")
    catalog = Catalog([kind("Widget", group="g", version=version) for version in versions])
    assert catalog.groups()[0].versions == ("v2", "v1", "v1beta10", "v1beta2", "v1alpha1", "foo")


def test_kinds_of_a_group_are_sorted() -> None:
    catalog = Catalog([PODS, NODES, DEPLOYMENTS])
    assert catalog.resources("", "v1") == [NODES, PODS]
    assert list(catalog) == [NODES, PODS, DEPLOYMENTS]
    assert len(catalog) == 3


def test_kinds_come_and_go_and_every_change_is_counted() -> None:
    catalog = Catalog([PODS])
    before = catalog.revision
    catalog.add(WIDGETS)
    assert catalog.revision == before + 1
    catalog.remove("example.com", "v2beta1", "widgets")
    assert catalog.revision == before + 2
    assert catalog.by_kind("example.com", "v2beta1", "Widget") is None
    catalog.remove("example.com", "v2beta1", "widgets")
    assert catalog.revision == before + 2


def test_a_kind_can_be_replaced() -> None:
    catalog = Catalog([PODS])
    replacement = kind("Pod", short=("p",))
    catalog.add(replacement)
    assert catalog.lookup("", "v1", "pods") is replacement
    assert len(catalog) == 1
