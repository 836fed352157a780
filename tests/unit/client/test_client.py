"""The generic client against the in-memory API server."""

from __future__ import annotations

from contextlib import aclosing

import orjson
import pytest

from suites.fake_api import FakeApi
from wherry.api.core.binding import Binding, ObjectReference
from wherry.api.core.configmap import CONFIG_MAPS, ConfigMap
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Conflict, Expired, NotFound
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.kit.http.types import Request, Response


def config_map(name: str, **data: str) -> Document:
    return {"metadata": {"name": name, "labels": {"app": name[0]}}, "data": data}


async def test_what_is_created_can_be_read_back_typed_and_whole() -> None:
    client = FakeApi().client()
    created = await client.create(CONFIG_MAPS, {**config_map("a", x="1"), "unknownField": [1]}, "default")
    assert created.metadata.uid
    assert (await client.get(CONFIG_MAPS, "a", "default")).data == {"x": "1"}
    whole = await client.get_document(CONFIG_MAPS, "a", "default")
    assert whole["unknownField"] == [1]
    assert (whole["kind"], whole["apiVersion"]) == ("ConfigMap", "v1")


async def test_a_struct_can_be_created_as_it_is() -> None:
    client = FakeApi().client()
    wanted = ConfigMap(metadata=ObjectMeta(name="s"), data={"k": "v"})
    assert (await client.create(CONFIG_MAPS, wanted, "default")).data == {"k": "v"}


async def test_a_list_comes_in_pages_that_join() -> None:
    api = FakeApi()
    for name in "abc":
        api.put(CONFIG_MAPS, config_map(name), "default")
    client = api.client()
    first = await client.list(CONFIG_MAPS, "default", limit=2)
    rest = await client.list(CONFIG_MAPS, "default", limit=2, continue_token=first.continue_token)
    assert [item.metadata.name for item in first.items + rest.items] == ["a", "b", "c"]
    assert rest.continue_token == ""
    assert first.resource_version == str(api.revision)


async def test_selectors_and_namespaces_narrow_a_list() -> None:
    api = FakeApi()
    api.put(CONFIG_MAPS, config_map("a"), "one")
    api.put(CONFIG_MAPS, config_map("b"), "one")
    api.put(CONFIG_MAPS, config_map("a"), "two")
    client = api.client()
    assert len((await client.list(CONFIG_MAPS)).items) == 3
    assert len((await client.list(CONFIG_MAPS, label_selector="app=a")).items) == 2
    assert len((await client.list(CONFIG_MAPS, "one", field_selector="metadata.name=b")).items) == 1


async def test_failures_are_raised_by_their_reason() -> None:
    client = FakeApi().client()
    with pytest.raises(NotFound):
        await client.get(CONFIG_MAPS, "a", "default")
    created = await client.create(CONFIG_MAPS, config_map("a"), "default")
    with pytest.raises(AlreadyExists):
        await client.create(CONFIG_MAPS, config_map("a"), "default")
    with pytest.raises(Conflict):
        await client.delete(CONFIG_MAPS, "a", "default", uid="someone-else")
    await client.delete(CONFIG_MAPS, "a", "default", uid=created.metadata.uid)
    with pytest.raises(NotFound):
        await client.delete(CONFIG_MAPS, "a", "default")


async def test_a_patch_says_what_kind_of_patch_it_is() -> None:
    seen: list[Request] = []

    async def app(request: Request) -> Response:
        seen.append(request)
        return Response(body=b'{"metadata":{"name":"a"}}')

    class Direct:
        async def request(self, request: Request) -> Response:
            return await app(request)

    client = Client(Direct(), user_agent="test/1")
    await client.patch(CONFIG_MAPS, "a", {"data": None}, "ns")
    await client.patch(CONFIG_MAPS, "a", [{"op": "remove", "path": "/data"}], "ns", patch_type="json")
    assert [request.headers["content-type"] for request in seen] == [
        "application/merge-patch+json",
        "application/json-patch+json",
    ]
    assert orjson.loads(seen[1].body) == [{"op": "remove", "path": "/data"}]
    assert seen[0].headers["user-agent"] == "test/1"


async def test_names_are_escaped_in_urls() -> None:
    api = FakeApi()
    api.put(CONFIG_MAPS, config_map("a/b c"), "default")
    assert (await api.client().get(CONFIG_MAPS, "a/b c", "default")).metadata.name == "a/b c"
    assert api.requests == [("GET", "/api/v1/namespaces/default/configmaps/a%2Fb%20c")]


async def test_a_binding_is_posted_below_the_pod() -> None:
    api = FakeApi()
    api.put(PODS, {"metadata": {"name": "web"}, "spec": {"containers": []}}, "default")
    binding = Binding(metadata=ObjectMeta(name="web"), target=ObjectReference(kind="Node", name="n1"))
    answer = await api.client().create(PODS, binding, "default", name="web", subresource="binding")
    assert answer["status"] == "Success"
    assert (await api.client().get(PODS, "web", "default")).spec.node_name == "n1"


async def test_a_whole_object_is_replaced_only_at_its_revision() -> None:
    api = FakeApi()
    document = api.put(NAMESPACES, {"metadata": {"name": "x"}, "spec": {"finalizers": ["kubernetes"]}})
    client = api.client()
    await client.update_document(NAMESPACES, {**document, "spec": {"finalizers": []}}, subresource="finalize")
    assert (await client.get(NAMESPACES, "x")).spec.finalizers == ()
    with pytest.raises(Conflict):
        await client.update_document(NAMESPACES, document, subresource="finalize")


async def test_a_watch_tells_what_happens_after_its_revision() -> None:
    api = FakeApi()
    api.put(CONFIG_MAPS, config_map("a"), "default")
    watch = api.client().watch(CONFIG_MAPS, "default", resource_version=str(api.revision))
    async with aclosing(watch):
        coming = anext(watch)
        api.put(CONFIG_MAPS, config_map("b"), "default")
        added = await coming
        api.remove(CONFIG_MAPS, "a", "default")
        deleted = await anext(watch)
        api.bookmark()
        bookmark = await anext(watch)
    assert (added.type, added.object and added.object.metadata.name) == ("ADDED", "b")
    assert (deleted.type, deleted.resource_version) == ("DELETED", str(api.revision))
    assert (bookmark.type, bookmark.object, bookmark.resource_version) == ("BOOKMARK", None, str(api.revision))


async def test_a_watch_from_a_forgotten_revision_expires() -> None:
    api = FakeApi()
    api.put(CONFIG_MAPS, config_map("a"), "default")
    api.forget()
    with pytest.raises(Expired):
        await anext(api.client().watch(CONFIG_MAPS, resource_version="1"))


async def test_a_collection_is_deleted_within_its_namespace() -> None:
    api = FakeApi()
    for namespace in ("one", "two"):
        api.put(CONFIG_MAPS, config_map("a"), namespace)
    await api.client().delete_collection(CONFIG_MAPS, "one")
    assert [item.metadata.namespace for item in (await api.client().list(CONFIG_MAPS)).items] == ["two"]
