from __future__ import annotations

import pytest

from suites.api_harness import Answer, Api, make_api, pod

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    for number in range(6):
        await api.must("POST", MAPS, {"metadata": {"name": f"m{number}", "labels": {"odd": str(number % 2)}}})
    await api.must("POST", "/api/v1/namespaces/kube-system/configmaps", {"metadata": {"name": "elsewhere"}})
    return api


def names(answer: Answer) -> list[str]:
    items = answer.json["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


async def left(api: Api, path: str = MAPS) -> list[str]:
    return names(await api.ask("GET", path))


async def test_everything_in_the_namespace_goes_and_the_answer_lists_it(api: Api) -> None:
    answer = await api.ask("DELETE", MAPS)
    assert (answer.status, answer.at("kind"), len(names(answer))) == (200, "ConfigMapList", 6)
    assert await left(api) == []
    assert await left(api, "/api/v1/namespaces/kube-system/configmaps") == ["elsewhere"]


async def test_selectors_choose(api: Api) -> None:
    assert names(await api.ask("DELETE", MAPS, labelSelector="odd=1", fieldSelector="metadata.name!=m1")) == [
        "m3",
        "m5",
    ]
    assert await left(api) == ["m0", "m1", "m2", "m4"]


async def test_a_limit_leaves_the_rest(api: Api) -> None:
    assert names(await api.ask("DELETE", MAPS, limit="2")) == ["m0", "m1"]
    assert names(await api.ask("DELETE", MAPS, limit="1", labelSelector="odd=1")) == ["m3"]
    assert await left(api) == ["m2", "m4", "m5"]


@pytest.mark.parametrize("place", ["body", "query"])
async def test_a_dry_run_deletes_nothing(api: Api, place: str) -> None:
    answer = await api.ask("DELETE", MAPS, {"dryRun": ["All"]}) if place == "body" else await api.ask(
        "DELETE", MAPS, dryRun="All"
    )  # fmt: skip
    assert len(names(answer)) == 6
    assert len(await left(api)) == 6


@pytest.mark.parametrize("place", ["body", "query"])
async def test_the_grace_period_counts_for_each(api: Api, place: str) -> None:
    for name in ("a", "b"):
        scheduled = pod(name)
        scheduled["spec"] = {**scheduled["spec"], "nodeName": "n1"}  # type: ignore[dict-item]
        await api.must("POST", PODS, scheduled)
    await api.must("DELETE", PODS)
    items = (await api.must("GET", PODS))["items"]
    assert isinstance(items, list)
    assert [item["metadata"]["deletionGracePeriodSeconds"] for item in items] == [30, 30]
    if place == "body":
        await api.must("DELETE", PODS, {"gracePeriodSeconds": 0})
    else:
        await api.must("DELETE", PODS, gracePeriodSeconds="0")
    assert await left(api, PODS) == []


@pytest.mark.parametrize(
    ("policy", "finalizer"), [("Foreground", "foregroundDeletion"), ("Orphan", "orphan"), ("Background", None)]
)
async def test_dependents_are_treated_as_the_policy_says(api: Api, policy: str, finalizer: str | None) -> None:
    await api.must("DELETE", MAPS, {"propagationPolicy": policy}, labelSelector="odd=0")
    after = await api.ask("GET", f"{MAPS}/m0")
    assert after.at("metadata.finalizers") == ([finalizer] if finalizer else None)
    assert after.status == (200 if finalizer else 404)


async def test_preconditions_count_for_each(api: Api) -> None:
    uid = (await api.ask("GET", f"{MAPS}/m0")).at("metadata.uid")
    answer = await api.ask("DELETE", MAPS, {"preconditions": {"uid": uid}})
    assert (answer.status, answer.at("reason")) == (409, "Conflict")
    assert "does not match the UID in record" in str(answer.at("message"))
    assert await left(api) == [f"m{number}" for number in range(1, 6)]


@pytest.mark.parametrize(
    ("body", "query", "status"),
    [
        ({"propagationPolicy": "Zip"}, {}, 422),
        ({"orphanDependents": True, "propagationPolicy": "Orphan"}, {}, 422),
        ({"kind": "ConfigMap"}, {}, 400),
        ({"gracePeriodSeconds": "soon"}, {}, 400),
        ({}, {"limit": "abc"}, 400),
        ({}, {"labelSelector": "a in"}, 400),
        ({}, {"continue": "x"}, 400),
        ({}, {"resourceVersionMatch": "Exact"}, 422),
        ({}, {"gracePeriodSeconds": "x"}, 400),
    ],
)
async def test_options_that_make_no_sense_delete_nothing(
    api: Api, body: dict[str, object], query: dict[str, str], status: int
) -> None:
    answer = await api.ask("DELETE", MAPS, body or b"", **query)
    assert answer.status == status
    assert len(await left(api)) == 6


async def test_what_goes_by_itself_meanwhile_does_not_matter(api: Api) -> None:
    objects = api.server.environment.objects
    delete = objects.delete

    async def delete_twice(request: object, options: object) -> object:
        await delete(request, options)  # type: ignore[arg-type]
        return await delete(request, options)  # type: ignore[arg-type]

    objects.delete = delete_twice  # type: ignore[method-assign, assignment]
    assert (await api.ask("DELETE", MAPS)).status == 200
    assert await left(api) == []


async def test_hundreds_go_in_a_few_commits(api: Api) -> None:
    for number in range(250):
        await api.must("POST", MAPS, {"metadata": {"name": f"n{number}"}})
    assert len(names(await api.ask("DELETE", MAPS))) == 256
    assert await left(api) == []


async def test_an_object_that_stays_a_while_is_accepted_for_clients_that_say_orphan_dependents(api: Api) -> None:
    kept = {"metadata": {"name": "kept", "finalizers": ["example.com/wait"]}}
    await api.must("POST", MAPS, kept)
    assert (await api.ask("DELETE", f"{MAPS}/kept", {"orphanDependents": False})).status == 202
    assert (await api.ask("DELETE", f"{MAPS}/kept")).status == 200
    assert (await api.ask("DELETE", f"{MAPS}/m0", {"orphanDependents": False})).status == 200
