"""The older Endpoints objects."""

from __future__ import annotations

import msgspec

from suites.controller_objects import meta, pod
from suites.fake_view import FakeView
from wherry.api.core.endpoints import Endpoints
from wherry.api.core.service import Service, ServicePort, ServiceSpec
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.endpoints import plan
from wherry.reconcile.actions import Create, Delete, Patch

KEY = ObjectKey("ns", "web")
PORTS = (ServicePort(name="http", port=80, target_port=8080),)
SERVICE = Service(metadata=meta("web", labels={"team": "a"}), spec=ServiceSpec(selector={"app": "web"}, ports=PORTS))
GOING = "2026-11-23T07:00:00Z"


def stored(create: Create) -> Endpoints:
    bare = msgspec.convert({"metadata": {}, "subsets": create.document["subsets"]}, Endpoints)
    labels = create.document["metadata"]["labels"]  # type: ignore[index]
    return msgspec.structs.replace(bare, metadata=meta("web", labels=labels))


def test_ready_and_unready_pods_are_told_apart_and_leaving_ones_left_out() -> None:
    view = FakeView([SERVICE, pod("b"), pod("a", ready=False), pod("gone", deletion_timestamp=GOING)])
    [create] = plan(KEY, view)
    assert isinstance(create, Create)
    [subset] = stored(create).subsets
    assert [each.target_ref and each.target_ref.name for each in subset.addresses] == ["b"]
    assert [each.target_ref and each.target_ref.name for each in subset.not_ready_addresses] == ["a"]
    assert [(port.name, port.port, port.protocol) for port in subset.ports] == [("http", 8080, "TCP")]
    view.put(stored(create))
    assert plan(KEY, view) == []


def test_a_change_is_patched_at_the_revision_it_was_seen() -> None:
    view = FakeView([SERVICE, pod("a")])
    [create] = plan(KEY, view)
    assert isinstance(create, Create)
    view.put(stored(create))
    view.put(pod("a", ready=False))
    [patch] = plan(KEY, view)
    assert isinstance(patch, Patch)
    assert patch.resource_version == "5"
    view.remove(pod("a"), "ns", "a")
    [emptied] = plan(KEY, view)
    assert isinstance(emptied, Patch)
    assert emptied.patch["subsets"] is None


def test_only_own_endpoints_go_with_their_service() -> None:
    [create] = plan(KEY, FakeView([SERVICE]))
    assert isinstance(create, Create)
    [delete] = plan(KEY, FakeView([stored(create)]))
    assert isinstance(delete, Delete)
    assert plan(KEY, FakeView([Endpoints(metadata=meta("web"))])) == []


def test_services_without_selector_are_left_alone() -> None:
    assert plan(KEY, FakeView([Service(metadata=meta("web"), spec=ServiceSpec(ports=PORTS)), pod("a")])) == []
