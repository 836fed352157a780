"""Who sees which request, and in which order."""

from __future__ import annotations

import random

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apimachinery.errors import Forbidden
from wherry.apiserver.admission.chain import AdmissionChain
from wherry.apiserver.admission.interface import ITSELF, Attributes, Operation
from wherry.apiserver.generic_store import GenericStore
from wherry.apiserver.options import DeleteOptions
from wherry.kit.clock import FakeClock

CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
EVERYTHING: frozenset[Operation] = frozenset({"CREATE", "UPDATE", "DELETE", "CONNECT"})


class Notes:
    """Writes down what it sees, and refuses what it is told to refuse."""

    name = "Notes"
    operations = EVERYTHING
    resources: frozenset[tuple[str, str]] = frozenset()
    subresources: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.seen: list[tuple[str, Attributes]] = []
        self.refused: str = ""

    async def admit(self, attributes: Attributes) -> None:
        self.seen.append(("admit", attributes))

    async def validate(self, attributes: Attributes) -> None:
        self.seen.append(("validate", attributes))
        if self.refused == attributes.operation:
            raise Forbidden("no")

    @property
    def told(self) -> list[tuple[str, str, str]]:
        return [
            (when, each.operation, "/".join(filter(None, (each.resource.plural, each.subresource))))
            for when, each in self.seen
        ]


class OnlyObjects(Notes):
    resources = frozenset({("", "configmaps")})
    subresources = ITSELF
    operations: frozenset[Operation] = frozenset({"UPDATE"})


@pytest.fixture
async def watched(clock: FakeClock) -> tuple[Api, Notes, OnlyObjects]:
    """A server whose requests pass two plugins of our own."""
    api, notes, only = await make_api(clock), Notes(), OnlyObjects()
    environment = api.server.environment
    chain = AdmissionChain((notes, only))
    objects = GenericStore(environment.store, clock, random.Random(1), chain, environment.objects._writes)
    object.__setattr__(environment, "objects", objects)
    object.__setattr__(environment, "admission", chain)
    return api, notes, only


async def test_objects_pass_twice_and_plugins_see_what_they_care_about(watched: tuple[Api, Notes, OnlyObjects]) -> None:
    api, notes, only = watched
    await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "a"}})
    await api.must("PATCH", f"{CONFIG_MAPS}/a", {"data": {"x": "1"}}, content_type=MERGE)
    await api.must("DELETE", f"{CONFIG_MAPS}/a")
    assert notes.told == [
        (when, operation, "configmaps")
        for operation in ("CREATE", "UPDATE", "DELETE")
        for when in ("admit", "validate")
    ]
    assert only.told == [("admit", "UPDATE", "configmaps"), ("validate", "UPDATE", "configmaps")]


async def test_a_deletion_shows_the_object_that_goes(watched: tuple[Api, Notes, OnlyObjects]) -> None:
    api, notes, _ = watched
    await api.must("POST", CONFIG_MAPS, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    await api.ask("DELETE", f"{CONFIG_MAPS}/a", {"kind": "DeleteOptions", "apiVersion": "v1", "gracePeriodSeconds": 3})
    _, attributes = notes.seen[-1]
    assert attributes.old is not None
    assert (attributes.operation, attributes.old["data"]) == ("DELETE", {"x": "1"})
    assert isinstance(attributes.options, DeleteOptions)
    assert attributes.options.grace_period_s == 3


async def test_each_object_of_a_deleted_collection_passes(watched: tuple[Api, Notes, OnlyObjects]) -> None:
    api, notes, _ = watched
    for name in ("a", "b"):
        await api.must("POST", CONFIG_MAPS, {"metadata": {"name": name}})
    notes.seen.clear()
    await api.must("DELETE", CONFIG_MAPS)
    assert [attributes.name for when, attributes in notes.seen if when == "validate"] == ["a", "b"]


async def test_subresources_are_named(watched: tuple[Api, Notes, OnlyObjects]) -> None:
    api, notes, _ = watched
    await api.must("POST", PODS, pod())
    notes.seen.clear()
    await api.must("PATCH", f"{PODS}/web/status", {"status": {"phase": "Running"}}, content_type=MERGE)
    binding = {"kind": "Binding", "apiVersion": "v1", "metadata": {"name": "web"}, "target": {"name": "n1"}}
    await api.must("POST", f"{PODS}/web/binding", binding)
    eviction = {"kind": "Eviction", "apiVersion": "policy/v1", "metadata": {"name": "web"}}
    await api.must("POST", f"{PODS}/web/eviction", eviction)
    request = {"kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1", "spec": {"audiences": ["x"]}}
    await api.must("POST", "/api/v1/namespaces/default/serviceaccounts/default/token", request)
    assert [told[1:] for told in notes.told if told[0] == "admit"] == [
        ("UPDATE", "pods/status"),
        ("CREATE", "pods/binding"),
        ("CREATE", "pods/eviction"),
        ("DELETE", "pods"),
        ("CREATE", "serviceaccounts/token"),
    ]


async def test_a_connection_can_be_refused(watched: tuple[Api, Notes, OnlyObjects]) -> None:
    api, notes, _ = watched
    body = pod()
    body["spec"]["nodeName"] = "n1"  # type: ignore[index]
    await api.must("POST", PODS, body)
    notes.seen.clear()
    notes.refused = "CONNECT"
    headers = {"upgrade": "websocket", "connection": "Upgrade"}
    answer = await api.raw("GET", f"{PODS}/web/exec?command=ls&command=-l&stdout=true", headers=headers)
    assert answer.status == 403
    [_, (_, attributes)] = notes.seen
    assert (attributes.operation, attributes.subresource, attributes.name) == ("CONNECT", "exec", "web")
    assert attributes.object == {
        "kind": "PodExecOptions",
        "apiVersion": "v1",
        "command": ["ls", "-l"],
        "stdout": True,
    }
