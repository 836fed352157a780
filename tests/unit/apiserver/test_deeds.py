from __future__ import annotations

import msgspec

from suites.api_harness import ADMIN, Api, make_api
from wherry.apimachinery.deed import Deed
from wherry.kit.http.types import Peer

MAPS = "/api/v1/namespaces/default/configmaps"
SECRETS = "/api/v1/namespaces/default/secrets"
ANNA = Peer("anna", ("system:authenticated",))
PATH = "/wherry/v1/deeds"


async def told(api: Api, **query: str) -> list[Deed]:
    answer = await api.ask("GET", PATH, **query)
    assert answer.status == 200, answer.body
    return msgspec.json.decode(answer.body, type=list[Deed])


async def let_anna(api: Api, *verbs: str, kind: str = "configmaps", names: tuple[str, ...] = ()) -> None:
    rule: dict[str, object] = {"apiGroups": [""], "resources": [kind], "verbs": [*verbs]}
    if names:
        rule["resourceNames"] = [*names]
    rbac = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    await api.must("POST", f"{rbac}/roles", {"metadata": {"name": "anna"}, "rules": [rule]})
    await api.must(
        "POST",
        f"{rbac}/rolebindings",
        {
            "metadata": {"name": "anna"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "anna"},
            "subjects": [{"kind": "User", "name": "anna", "apiGroup": "rbac.authorization.k8s.io"}],
        },
    )


async def test_who_has_changed_what_is_told_with_the_kind() -> None:
    api = await make_api()
    start = api.server.environment.store.revision
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    await api.must("DELETE", f"{MAPS}/m")
    made, deleted = await told(api, after=str(start), namespace="default")
    assert (made.kind, made.namespace, made.name, made.author.user) == ("ConfigMap", "default", "m", ADMIN.common_name)
    assert (deleted.revision, deleted.author.verb) == (made.revision + 1, "delete")
    assert await told(api, after=str(start), until=str(made.revision), namespace="default") == [made]


async def test_one_object_is_asked_for_by_its_whole_name() -> None:
    api = await make_api()
    for name in ("web", "web-2"):
        await api.must("POST", MAPS, {"metadata": {"name": name}})
    found = await told(api, plural="configmaps", namespace="default", name="web")
    assert [one.name for one in found] == ["web"]


async def test_nobody_is_told_of_what_they_may_not_watch() -> None:
    api = await make_api()
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    await api.must("POST", SECRETS, {"metadata": {"name": "s"}})
    await let_anna(api, "watch")
    api.peer = ANNA
    found = await told(api)
    assert {(one.plural, one.namespace) for one in found} == {("configmaps", "default")}
    assert not await told(api, plural="secrets", namespace="default", name="s")


async def test_who_may_get_one_object_is_told_of_that_one() -> None:
    api = await make_api()
    for name in ("m", "n"):
        await api.must("POST", MAPS, {"metadata": {"name": name}})
    await let_anna(api, "get", names=("m",))
    api.peer = ANNA
    assert [one.name for one in await told(api, plural="configmaps", namespace="default", name="m")] == ["m"]
    assert not await told(api, plural="configmaps", namespace="default", name="n")
    assert not await told(api)


async def test_who_has_not_proved_who_they_are_is_told_nothing() -> None:
    api = await make_api()
    api.peer = None
    assert (await api.ask("GET", PATH)).status == 401


async def test_bad_questions_are_refused() -> None:
    api = await make_api()
    assert (await api.ask("GET", PATH, after="yesterday")).status == 400
    assert (await api.ask("POST", PATH, {})).status == 405
    assert await told(api, after="-1", plural="configmaps", name="../x") == []
    assert (await told(api, until="1")) == []
