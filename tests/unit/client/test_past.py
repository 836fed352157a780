from __future__ import annotations

import pytest

from suites.api_harness import Api, make_api
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.errors import Expired
from wherry.client.client import Client
from wherry.client.past import changes_between, list_whole
from wherry.client.transport import InProcess

PATH = "/api/v1/namespaces/default/configmaps"


@pytest.fixture
async def api() -> Api:
    return await make_api()


@pytest.fixture
def client(api: Api) -> Client:
    return Client(InProcess(api.server.app, user="admin", groups=("system:masters",)))


async def test_what_was_and_what_has_happened_since(api: Api, client: Client) -> None:
    store = api.server.environment.store
    await api.must("POST", PATH, {"metadata": {"name": "a"}, "data": {"x": "1"}})
    start = store.revision
    await api.must("PATCH", f"{PATH}/a", {"data": {"x": "2"}}, content_type="application/merge-patch+json")
    await api.must("POST", PATH, {"metadata": {"name": "b"}})
    end = store.revision
    await api.must("DELETE", f"{PATH}/b")
    was = await list_whole(client, CONFIG_MAPS, "default", at_revision=str(start))
    assert [one.get("data") for one in was if one.get("data")] == [{"x": "1"}]
    found = await changes_between(client, CONFIG_MAPS, "default", after=start, until=end)
    names = [(one.type, one.document["metadata"]["name"]) for one in found]  # type: ignore[index]
    assert names[:2] == [("MODIFIED", "a"), ("ADDED", "b")]
    assert "DELETED" not in [kind for kind, _ in names]
    assert found[0].document["data"] == {"x": "2"}
    later = await changes_between(client, CONFIG_MAPS, "default", after=end, until=store.revision)
    assert [one.type for one in later if one.type != "BOOKMARK"] == ["DELETED"]
    assert await changes_between(client, CONFIG_MAPS, "default", after=end, until=end) == []


async def test_nothing_has_to_be_waited_for_when_nothing_has_happened(api: Api, client: Client) -> None:
    start = api.server.environment.store.revision
    await api.must("POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}})
    end = api.server.environment.store.revision
    # The clock stands still, so a watch that had to time out would never end.
    found = await changes_between(client, CONFIG_MAPS, "default", after=start, until=end)
    assert [one for one in found if one.type != "BOOKMARK"] == []


async def test_what_is_forgotten_is_said_to_be(api: Api, client: Client) -> None:
    store = api.server.environment.store
    start = store.revision
    await api.must("POST", PATH, {"metadata": {"name": "a"}})
    await store.compact(store.revision)
    with pytest.raises(Expired):
        await list_whole(client, CONFIG_MAPS, at_revision=str(start))
    with pytest.raises(Expired):
        await changes_between(client, CONFIG_MAPS, after=start, until=store.revision)
