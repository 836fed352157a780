"""EndpointSlices: who is behind a Service, with as few writes as possible."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from suites.controller_objects import controlled_by, meta, pod
from suites.fake_view import FakeView
from wherry.api.core.binding import ObjectReference
from wherry.api.core.container import Container, ContainerPort
from wherry.api.core.pod import Pod, PodSpec
from wherry.api.core.service import Service, ServicePort, ServiceSpec
from wherry.api.discovery.endpointslice import Endpoint, EndpointSlice
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.endpointslice import (
    ENDPOINT_SLICE_CONTROLLER,
    ENDPOINTS_PER_SLICE_MAX,
    distribute,
    plan,
)
from wherry.reconcile.actions import Action, Create, Delete, Patch

KEY = ObjectKey("ns", "web")
PORT = ServicePort(name="http", port=80, target_port=8080, protocol="TCP")


def service(**spec: object) -> Service:
    known = {"selector": {"app": "web"}, "ports": (PORT,), "cluster_ip": "10.96.0.7", "type": "ClusterIP"}
    return Service(
        metadata=meta("web", labels={"team": "a"}), spec=msgspec.structs.replace(ServiceSpec(), **{**known, **spec})
    )


def as_slice(create: Create, name: str) -> EndpointSlice:
    document = create.document
    labels = document["metadata"]["labels"]  # type: ignore[index]
    owner = controlled_by("Service", "web", "v1")
    content = {key: document[key] for key in ("addressType", "endpoints", "ports")}
    bare = msgspec.convert({**content, "metadata": {}}, EndpointSlice)
    return msgspec.structs.replace(bare, metadata=meta(name, labels=labels, owner_references=owner))


def endpoints_of(action: Action) -> list[dict[str, object]]:
    content = action.document if isinstance(action, Create) else action.patch if isinstance(action, Patch) else {}
    endpoints = content["endpoints"]
    assert isinstance(endpoints, list)
    return endpoints


def test_a_ready_pod_becomes_an_endpoint() -> None:
    [create] = plan(KEY, FakeView([service(), pod("a"), pod("other", labels={"app": "x"}), pod("no-ip", ip="")]))
    assert isinstance(create, Create)
    metadata = create.document["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["generateName"] == "web-"
    assert metadata["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "web",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }
    assert metadata["ownerReferences"][0]["kind"] == "Service"
    assert create.document["addressType"] == "IPv4"
    assert create.document["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]
    assert endpoints_of(create) == [
        {
            "addresses": ("10.244.0.9",),
            "conditions": {"ready": True, "serving": True, "terminating": False},
            "targetRef": {"kind": "Pod", "namespace": "ns", "name": "a", "uid": "uid-a"},
            "nodeName": "n1",
        }
    ]


def test_conditions_tell_ready_from_serving_from_terminating() -> None:
    leaving = pod("leaving", deletion_timestamp="2026-11-23T07:00:00Z")
    pods = [leaving, pod("unready", ready=False), pod("ended", phase="Succeeded")]

    def conditions(one: Service) -> dict[object, object]:
        [create] = plan(KEY, FakeView([one, *pods]))
        return {each["targetRef"]["name"]: each["conditions"] for each in endpoints_of(create)}  # type: ignore[index]

    assert conditions(service()) == {
        "leaving": {"ready": False, "serving": True, "terminating": True},
        "unready": {"ready": False, "serving": False, "terminating": False},
    }
    early = conditions(service(publish_not_ready_addresses=True))
    assert early["unready"] == {"ready": True, "serving": False, "terminating": False}


def test_nothing_is_written_without_a_change() -> None:
    objects = [service(), *(pod(name) for name in "cab")]
    [create] = plan(KEY, FakeView(objects))
    assert isinstance(create, Create)
    assert plan(KEY, FakeView([*reversed(objects), as_slice(create, "web-1")])) == []


def test_a_pod_that_comes_changes_one_slice() -> None:
    [create] = plan(KEY, FakeView([service(), pod("b")]))
    assert isinstance(create, Create)
    actions = plan(KEY, FakeView([service(), pod("b"), pod("a"), as_slice(create, "web-1")]))
    [patch] = actions
    assert isinstance(patch, Patch)
    assert (patch.name, patch.resource_version) == ("web-1", "5")
    assert [each["targetRef"]["name"] for each in endpoints_of(patch)] == ["a", "b"]  # type: ignore[index]


def test_the_last_pod_leaves_an_empty_slice_which_the_next_one_takes() -> None:
    [create] = plan(KEY, FakeView([service(), pod("a")]))
    assert isinstance(create, Create)
    [emptied] = plan(KEY, FakeView([service(), as_slice(create, "web-1")]))
    assert isinstance(emptied, Patch)
    assert endpoints_of(emptied) == []
    [placeholder] = plan(KEY, FakeView([service()]))
    assert isinstance(placeholder, Create)
    [taken] = plan(KEY, FakeView([service(), pod("a"), as_slice(placeholder, "web-1")]))
    assert isinstance(taken, Patch)
    assert taken.name == "web-1"


def test_named_ports_are_looked_up_in_each_pod() -> None:
    def with_port(name: str, number: int) -> Pod:
        container = Container(name="c", ports=(ContainerPort(name="web", container_port=number),))
        return pod(name, spec=PodSpec(containers=(container,)))

    named = service(ports=(ServicePort(name="http", port=80, target_port="web"),))
    actions = plan(KEY, FakeView([named, with_port("a", 8001), with_port("b", 8002), with_port("c", 8001)]))
    found = {
        tuple(port["port"] for port in action.document["ports"]): len(endpoints_of(action))  # type: ignore[attr-defined]
        for action in actions
        if isinstance(action, Create)
    }
    assert found == {(8001,): 2, (8002,): 1}


def test_headless_services_and_hostnames() -> None:
    spec = PodSpec(containers=(Container(name="c"),), hostname="db-0", subdomain="web")
    [create] = plan(KEY, FakeView([service(cluster_ip="None"), pod("db-0", spec=spec)]))
    assert isinstance(create, Create)
    assert create.document["metadata"]["labels"]["service.kubernetes.io/headless"] == ""  # type: ignore[index]
    assert endpoints_of(create)[0]["hostname"] == "db-0"


def test_services_without_selector_are_left_alone() -> None:
    assert plan(KEY, FakeView([service(selector={}), pod("a")])) == []
    assert plan(KEY, FakeView([service(type="ExternalName"), pod("a")])) == []
    assert plan(KEY, FakeView()) == []


def test_250_pods_fill_three_slices() -> None:
    actions = plan(KEY, FakeView([service(), *(pod(f"p{number:03}") for number in range(250))]))
    assert sorted(len(endpoints_of(action)) for action in actions) == [50, 100, 100]


def test_a_slice_of_a_lost_family_goes() -> None:
    [create] = plan(KEY, FakeView([service(), pod("a")]))
    assert isinstance(create, Create)
    old = msgspec.structs.replace(as_slice(create, "web-6"), address_type="IPv6")
    actions: Sequence[Action] = plan(KEY, FakeView([service(), pod("a"), as_slice(create, "web-1"), old]))
    assert [action.name for action in actions if isinstance(action, Delete)] == ["web-6"]
    assert len(actions) == 1


def test_a_pod_wakes_the_services_that_choose_it() -> None:
    view = FakeView([service(), Service(metadata=meta("none"), spec=ServiceSpec())])
    by_pod = ENDPOINT_SLICE_CONTROLLER.sources[1]
    assert list(by_pod.keys(pod("a"), view)) == [KEY]
    assert list(by_pod.keys(pod("b", labels={"app": "other"}), view)) == []


def endpoint(number: int) -> Endpoint:
    return Endpoint(addresses=("10.0.0.1",), target_ref=ObjectReference(name=f"p{number:03}", uid=f"u{number}"))


@given(st.sets(st.integers(0, 350), max_size=300), st.sets(st.integers(0, 350), max_size=300))
def test_every_endpoint_is_in_exactly_one_slice_and_stays_there(before: set[int], after: set[int]) -> None:
    first = distribute([endpoint(number) for number in sorted(before)], [])
    second = distribute([endpoint(number) for number in sorted(after)], first)
    placed = [each for content in second for each in content]
    assert sorted(placed, key=lambda each: str(each)) == sorted(map(endpoint, after), key=lambda each: str(each))
    assert all(len(content) <= ENDPOINTS_PER_SLICE_MAX for content in second)
    for old, new in zip(first, second, strict=False):
        assert {each for each in old if each in placed} <= set(new)
    assert distribute([endpoint(number) for number in sorted(after)], second) == second
