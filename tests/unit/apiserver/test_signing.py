from __future__ import annotations

from suites.api_harness import ADMIN, Api, make_api
from wherry.apimachinery.deed import Author, Deed, deed_of
from wherry.kit.http.types import Peer

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
ANNA = Peer("anna", ("system:masters",))
MASTERS = Peer("system:kube-controller-manager", ("system:masters",))
KUBECTL = {"user-agent": "kubectl/v1.36.0 (linux/amd64) kubernetes/abc", "kubectl-command": "kubectl annotate"}


async def deeds(api: Api, prefix: str = "/core/configmaps/default/m") -> list[Deed]:
    signed = await api.server.environment.store.signed(prefix)
    found = [deed_of(one.revision, one.time_s, one.key, one.text) for one in signed]
    return [one for one in found if one is not None]


async def test_each_write_is_signed_by_who_asked_for_it() -> None:
    api = await make_api()
    api.peer = ANNA
    await api.raw("POST", MAPS, {"metadata": {"name": "m"}}, headers=KUBECTL)
    await api.raw(
        "PATCH", f"{MAPS}/m", {"data": {"a": "b"}}, content_type="application/merge-patch+json", fieldManager="editor"
    )
    api.peer = Peer("ben", ("system:masters",))
    await api.raw("DELETE", f"{MAPS}/m")
    made, changed, deleted = await deeds(api)
    assert (made.group, made.plural, made.namespace, made.name) == ("", "configmaps", "default", "m")
    assert made.author == Author(user="anna", program="kubectl", command="kubectl annotate", verb="create")
    assert changed.author == Author(user="anna", manager="editor", verb="patch")
    assert deleted.author == Author(user="ben", verb="delete")


async def test_the_objects_carry_nothing_of_it() -> None:
    api = await make_api()
    api.peer = ANNA
    answer = await api.raw("POST", MAPS, {"metadata": {"name": "m"}}, headers=KUBECTL)
    assert isinstance(answer.body, bytes)
    assert b"anna" not in answer.body
    item = await api.server.environment.store.get("/core/configmaps/default/m")
    assert item is not None
    assert b"anna" not in item.value


async def test_who_acts_as_somebody_else_is_named_too() -> None:
    api = await make_api()
    await api.raw(
        "POST", MAPS, {"metadata": {"name": "m"}}, headers={"impersonate-user": "anna", "impersonate-group": "x"}
    )
    assert not await deeds(api)  # anna may not
    await api.raw(
        "POST",
        MAPS,
        {"metadata": {"name": "m"}},
        headers={"impersonate-user": "anna", "impersonate-group": "system:masters"},
    )
    (deed,) = await deeds(api)
    assert (deed.author.user, deed.author.acted) == ("anna", ADMIN.common_name)


async def test_who_started_a_deletion_that_a_finalizer_held_up_is_another_than_who_ended_it() -> None:
    api = await make_api()
    await api.must("POST", MAPS, {"metadata": {"name": "m", "finalizers": ["example.com/hold"]}})
    api.peer = ANNA
    await api.raw("DELETE", f"{MAPS}/m")
    api.peer = MASTERS
    await api.raw("PATCH", f"{MAPS}/m", {"metadata": {"finalizers": None}}, content_type="application/merge-patch+json")
    assert await api.server.environment.store.get("/core/configmaps/default/m") is None
    _, started, ended = await deeds(api)
    assert (started.author.user, started.author.verb) == ("anna", "delete")
    assert (ended.author.user, ended.author.verb) == ("system:kube-controller-manager", "patch")


async def test_a_controller_of_the_masters_is_known_by_its_user_agent() -> None:
    api = await make_api()
    api.peer = MASTERS
    agent = "kube-controller-manager/system:serviceaccount:kube-system:job-controller"
    await api.raw("POST", MAPS, {"metadata": {"name": "m"}}, headers={"user-agent": agent})
    (deed,) = await deeds(api)
    assert (deed.author.component, deed.author.program) == ("job-controller", "kube-controller-manager")


async def test_a_server_side_apply_an_eviction_and_each_of_a_collection_are_signed() -> None:
    api = await make_api()
    api.peer = ANNA
    body = b'{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"m"},"data":{"a":"b"}}'
    await api.raw("PATCH", f"{MAPS}/m", body, content_type="application/apply-patch+yaml", fieldManager="helm")
    await api.raw("DELETE", MAPS)
    applied, *others = await deeds(api, "/core/configmaps/default/")
    assert (applied.author.verb, applied.author.manager) == ("apply", "helm")
    assert {(one.name, one.author.user, one.author.verb) for one in others} == {("m", "anna", "delete")}


async def test_heartbeats_events_and_the_status_that_programs_report_are_not_signed() -> None:
    api = await make_api()
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases"
    await api.must("POST", leases, {"metadata": {"name": "m"}, "spec": {}})
    assert not await deeds(api, "/coordination.k8s.io/leases/default/m")
    api.peer = MASTERS
    await api.raw(
        "PATCH",
        "/api/v1/nodes/one/status",
        {"status": {"nodeInfo": {"kernelVersion": "6"}}},
        content_type="application/merge-patch+json",
    )
    assert not await deeds(api, "/core/nodes/one")


async def test_what_people_do_is_kept_longer_than_what_programs_do() -> None:
    api = await make_api()
    api.peer = ANNA
    await api.must("POST", MAPS, {"metadata": {"name": "m"}})
    api.peer = MASTERS
    await api.must("POST", MAPS, {"metadata": {"name": "m2"}})
    signed = await api.server.environment.store.signed("/core/configmaps/default/m")
    assert [one.is_lasting for one in signed] == [True, False]


async def test_what_a_client_says_of_itself_is_cut_and_cleaned() -> None:
    api = await make_api()
    await api.raw(
        "POST",
        MAPS,
        {"metadata": {"name": "m"}},
        headers={"user-agent": "x\x1b[31m" + "y" * 5000, "kubectl-command": "\n"},
    )
    (deed,) = await deeds(api)
    assert deed.author.program.startswith("x[31my")
    assert len(deed.author.program) == 64
    assert deed.author.command == ""
