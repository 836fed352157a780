"""Endpoints that people write themselves, shown in slices."""

from __future__ import annotations

from typing import Any

import msgspec

from suites.controller_objects import controlled_by, meta
from suites.fake_view import FakeView
from wherry.api.core.endpoints import ENDPOINTS, EndpointAddress, Endpoints, EndpointSubset
from wherry.api.core.service import Service, ServicePort, ServiceSpec
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES, EndpointSlice
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.endpointslice_mirroring import LEADER, SKIP_MIRROR, contents_of, plan
from wherry.reconcile.actions import Action, Create, Delete, Patch

KEY = ObjectKey("ns", "db")
SERVICE = Service(metadata=meta("db"), spec=ServiceSpec(ports=(ServicePort(port=5432),)))
PORT = {"name": "sql", "port": 5432, "protocol": "TCP"}


def subset(*ips: str, port: int = 5432, **more: object) -> dict[str, Any]:
    return {"addresses": [{"ip": ip} for ip in ips], "ports": [{**PORT, "port": port}], **more}


def endpoints(*subsets: dict[str, Any], **fields: Any) -> Endpoints:
    made = ENDPOINTS.from_document({"metadata": {}, "subsets": list(subsets)})
    return msgspec.structs.replace(made, metadata=meta("db", **fields))


def stored(action: Action, name: str = "db-1") -> EndpointSlice:
    assert isinstance(action, Create)
    made = ENDPOINT_SLICES.from_document({**action.document, "metadata": {}})
    told: Any = action.document["metadata"]
    known = {"labels": told["labels"], "annotations": told["annotations"]}
    return msgspec.structs.replace(
        made, metadata=meta(name, owner_references=controlled_by("Endpoints", "db", "v1"), **known)
    )


def test_a_slice_shows_what_the_endpoints_say_and_belongs_to_them() -> None:
    own = endpoints(
        subset("10.1.2.3", notReadyAddresses=[{"ip": "10.1.2.4", "nodeName": "n1"}]),
        labels={"team": "a"},
        annotations={"note": "x", "kubectl.kubernetes.io/last-applied-configuration": "{}"},
    )
    view = FakeView([SERVICE, own])
    [create] = plan(KEY, view)
    assert isinstance(create, Create)
    told: Any = create.document["metadata"]
    assert told["generateName"] == "db-"
    assert told["labels"] == {
        "team": "a",
        "kubernetes.io/service-name": "db",
        "endpointslice.kubernetes.io/managed-by": "endpointslicemirroring-controller.k8s.io",
    }
    assert told["annotations"] == {"note": "x"}
    assert [(owner["kind"], owner["name"], owner["controller"]) for owner in told["ownerReferences"]] == [
        ("Endpoints", "db", True)
    ]
    piece = stored(create)
    assert [
        (each.addresses, each.conditions and each.conditions.ready, each.node_name) for each in piece.endpoints
    ] == [
        (("10.1.2.3",), True, ""),
        (("10.1.2.4",), False, "n1"),
    ]
    assert [(port.name, port.port, port.protocol) for port in piece.ports] == [("sql", 5432, "TCP")]
    view.put(piece)
    assert plan(KEY, view) == []


def test_a_change_goes_to_the_slice_that_is_there() -> None:
    view = FakeView([SERVICE, endpoints(subset("10.1.2.3"))])
    view.put(stored(plan(KEY, view)[0]))
    view.put(endpoints(subset("10.1.2.9", port=5433), labels={"team": "b"}))
    [patch] = plan(KEY, view)
    assert isinstance(patch, Patch)
    assert (patch.name, patch.resource_version) == ("db-1", "5")
    assert patch.patch["endpoints"][0]["addresses"] == ("10.1.2.9",)  # type: ignore[index]
    assert patch.patch["ports"][0]["port"] == 5433  # type: ignore[index]
    assert patch.patch["metadata"]["labels"]["team"] == "b"  # type: ignore[index]


def test_the_slices_go_with_the_service_and_with_what_they_show() -> None:
    view = FakeView([SERVICE, endpoints(subset("10.1.2.3"))])
    piece = stored(plan(KEY, view)[0])
    assert plan(KEY, FakeView([SERVICE, piece])) == []
    for left in ([endpoints(subset("10.1.2.3"))], [SERVICE, endpoints()]):
        [delete] = plan(KEY, FakeView([*left, piece]))
        assert isinstance(delete, Delete)


def test_some_endpoints_are_nobodys_to_mirror() -> None:
    chosen = Service(metadata=meta("db"), spec=ServiceSpec(selector={"app": "db"}))
    assert plan(KEY, FakeView([chosen, endpoints(subset("10.1.2.3"))])) == []
    assert plan(KEY, FakeView([SERVICE, endpoints(subset("10.1.2.3"), labels={SKIP_MIRROR: "true"})])) == []
    assert plan(KEY, FakeView([SERVICE, endpoints(subset("10.1.2.3"), annotations={LEADER: "{}"})])) == []


def test_address_families_and_ports_are_kept_apart_and_equal_ports_joined() -> None:
    given = endpoints(subset("10.1.2.3", "fd00::3"), subset("10.1.2.4"), subset("10.1.2.5", port=80))
    shown = [
        (family, ports[0].port, [each.addresses[0] for each in listed])
        for family, ports, listed in contents_of(given.subsets)
    ]
    assert shown == [
        ("IPv4", 5432, ["10.1.2.3", "10.1.2.4"]),
        ("IPv6", 5432, ["fd00::3"]),
        ("IPv4", 80, ["10.1.2.5"]),
    ]


def test_a_subset_shows_its_first_thousand_addresses() -> None:
    many = EndpointSubset(addresses=tuple(EndpointAddress(ip=f"10.0.{n // 250}.{n % 250}") for n in range(1200)))
    [(_, _, listed)] = contents_of([many])
    assert len(listed) == 1000
