"""What fuzzing has found, once each: docs/robustness.md tells what was wrong before."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest

from suites.api_harness import JSON, MERGE, make_api, pod
from suites.custom_resources import definition, version_of
from suites.judge import Judge, judging
from wherry.kit.http.types import Peer

NAMESPACE = "/api/v1/namespaces/default"
ENDLESS = "1" * 5000
BODY_BYTES = 2_900_000


@pytest.fixture
async def judge(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Judge]:
    async with judging(await make_api(), caplog) as judge:
        yield judge


@pytest.mark.parametrize("number", [ENDLESS, f"-{ENDLESS}", "²", "٣", "1_0"])
async def test_numbers_that_python_reads_otherwise_are_no_numbers(judge: Judge, number: str) -> None:
    await judge.api.must("POST", f"{NAMESPACE}/pods", pod())
    text = quote(number)
    for query in (f"limit={text}", f"watch=1&timeoutSeconds={text}", f"resourceVersion={text}"):
        assert (await judge.send("GET", f"{NAMESPACE}/pods?{query}"))[0] == 400
    for option in ("tailLines", "limitBytes", "sinceSeconds"):
        assert (await judge.send("GET", f"{NAMESPACE}/pods/web/log?{option}={text}"))[0] == 400
    assert (await judge.send("DELETE", f"{NAMESPACE}/pods/web?gracePeriodSeconds={text}"))[0] == 400
    assert (await judge.send("GET", f"{NAMESPACE}/pods/web/portforward?ports={text}"))[0] == 400


@pytest.mark.parametrize("number", [ENDLESS, "²", "٣"])
async def test_a_port_that_is_no_number_is_a_name_that_no_service_has(judge: Judge, number: str) -> None:
    service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "name": "a"}]}}
    await judge.api.must("POST", f"{NAMESPACE}/services", service)
    status, said = await judge.send("GET", f"{NAMESPACE}/services/s:{quote(number)}/proxy/")
    assert (status, b"no endpoints available" in said) == (503, True)


@pytest.mark.parametrize(
    ("share", "status", "why"), [(ENDLESS + "%", 422, "must not be greater than 100%"), ("²%", 422, "a valid percent")]
)
async def test_a_share_of_endless_or_other_digits_is_refused(judge: Judge, share: str, status: int, why: str) -> None:
    budget = {"metadata": {"name": "b"}, "spec": {"minAvailable": share, "selector": {}}}
    answer = await judge.send("POST", "/apis/policy/v1/namespaces/default/poddisruptionbudgets", budget)
    assert (answer[0], why in answer[1].decode()) == (status, True)


async def test_an_endless_deletion_cost_is_refused(judge: Judge) -> None:
    document = pod()
    document["metadata"]["annotations"] = {"controller.kubernetes.io/pod-deletion-cost": ENDLESS}  # type: ignore[index]
    status, said = await judge.send("POST", f"{NAMESPACE}/pods", document)
    assert (status, b"must be a 32bit integer" in said) == (422, True)


async def test_a_job_whose_selector_has_no_such_operator_is_refused(judge: Judge) -> None:
    selector = {"matchExpressions": [{"key": "a", "operator": "a/b/c"}]}
    job = {"metadata": {"name": "j"}, "spec": {"selector": selector, "template": {"spec": pod()["spec"]}}}
    status, said = await judge.send("POST", "/apis/batch/v1/namespaces/default/jobs", job)
    assert (status, b"not a valid selector operator" in said) == (422, True)


@pytest.mark.parametrize("path", ["..", ".a..", "{..}"])
async def test_a_column_whose_path_ends_with_a_descent_can_be_shown(judge: Judge, path: str) -> None:
    column = {"name": "x", "type": "string", "jsonPath": path}
    status, _ = await judge.send(
        "POST",
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        definition(version_of(additionalPrinterColumns=[column])),
    )
    assert status in (201, 422)


async def test_owned_fields_may_be_told_apart_by_values_of_all_types(judge: Judge) -> None:
    steps = [
        'v:{"a":1}',
        "v:1",
        'v:"x"',
        "v:[1]",
        "v:null",
        "v:true",
        "v:{}",
        'k:{"a":1}',
        'k:{"a":"x"}',
        'k:{"b":[1]}',
    ]
    entry = {
        "manager": "m", "operation": "Update", "apiVersion": "v1", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:data": {step: {} for step in steps}},
    }  # fmt: skip
    url = f"{NAMESPACE}/configmaps"
    await judge.api.must("POST", url, {"metadata": {"name": "a"}})
    body = {"metadata": {"labels": {"x": "y"}, "managedFields": [entry]}}
    assert (await judge.send("PATCH", f"{url}/a", body, content_type=MERGE))[0] == 200
    assert (await judge.send("PATCH", f"{url}/a", {"data": {"b": "c"}}, content_type=MERGE))[0] == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_whoever_wants_one_object_as_a_list_changes_nothing(judge: Judge, method: str) -> None:
    await judge.api.must("POST", f"{NAMESPACE}/pods", pod())
    url = f"{NAMESPACE}/pods" if method == "POST" else f"{NAMESPACE}/pods/web"
    body = (
        {"metadata": {"labels": {"a": "b"}}} if method == "PATCH" else pod("new" if method == "POST" else "web", a="b")
    )
    content_type = MERGE if method == "PATCH" else JSON
    # The judge looks at the store's revision.
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    assert (await judge.send(method, url, body, content_type=content_type, accept=accept))[0] == 406


@pytest.mark.parametrize("selector", [" " * 200_000, "\t" * 200_000 + "a", "a" + " " * 200_000 + "= b"])
async def test_a_selector_of_nothing_but_space_is_read_at_once(judge: Judge, selector: str) -> None:
    assert (await judge.send("GET", f"{NAMESPACE}/pods?labelSelector={quote(selector)}"))[0] == 200


@pytest.mark.parametrize("text", ["1" * 1_000_000 + "!", "1" * 1_000_000, "0." + "1" * 1_000_000, "e" * 1_000_000])
async def test_a_quantity_of_a_million_digits_is_read_at_once(judge: Judge, text: str) -> None:
    document = pod()
    document["spec"]["containers"][0]["resources"] = {"limits": {"cpu": text}}  # type: ignore[index]
    await judge.send("POST", f"{NAMESPACE}/pods", document)
    assert judge.statuses.keys() <= {201, 400, 422}


def test_many_spread_constraints_are_compared_at_once() -> None:
    from wherry.api.core.affinity import TopologySpreadConstraint
    from wherry.api.core.topology_spread_validation import validate_topology_spread

    wishes = [
        TopologySpreadConstraint(max_skew=1, topology_key=f"k{number}", when_unsatisfiable="ScheduleAnyway")
        for number in range(9_000)
    ]
    assert validate_topology_spread(wishes, "x") == []
    assert [str(error) for error in validate_topology_spread([*wishes, wishes[8_000]], "x")] == [
        'x[8000].{topologyKey, whenUnsatisfiable}: Duplicate value: "{k8000, ScheduleAnyway}"'
    ]


def _many(item: str, before: str, after: str) -> bytes:
    count = (BODY_BYTES - len(before) - len(after)) // (len(item) + 1)
    return (before + ",".join([item] * count) + after).encode()


@pytest.mark.parametrize(
    ("plural", "body"),
    [
        ("configmaps", _many("{}", '{"metadata":{"name":"x","ownerReferences":[', "]}}")),
        ("pods", _many("{}", '{"metadata":{"name":"x"},"spec":{"containers":[', "]}}")),
        ("pods", _many('{"name":"c","image":"x"}', '{"metadata":{"name":"x"},"spec":{"containers":[', "]}}")),
        ("endpoints", _many('{"ports":[{}]}', '{"metadata":{"name":"x"},"subsets":[', "]}")),
    ],
)
async def test_a_body_with_too_much_in_it_is_refused_before_it_is_judged(
    judge: Judge, plural: str, body: bytes
) -> None:
    status, said = await judge.send("POST", f"{NAMESPACE}/{plural}", body)
    assert status in (400, 413)
    assert len(said) < 1000


@pytest.mark.parametrize("item", ["- a\n", "a: 1\n", "- [a]\n", "- &a x\n"])
async def test_yaml_with_too_many_values_is_refused_before_it_is_composed(judge: Judge, item: str) -> None:
    body = (item * (BODY_BYTES // len(item))).encode()
    status, said = await judge.send("POST", f"{NAMESPACE}/configmaps", body, content_type="application/yaml")
    assert (status, b"has more than 100000 values" in said) == (400, True)


@pytest.mark.parametrize("peer", [None, Peer("joe", ())], ids=["nobody", "joe"])
async def test_what_strangers_ask_for_is_not_remembered_when_it_is_long(peer: Peer | None) -> None:
    api = await make_api()
    api.peer = peer
    await api.raw("GET", f"{NAMESPACE}/pods")
    tracemalloc.start()
    try:
        for number in range(100):
            long = f"{number}" + "x" * 100_000
            for path in (f"/{long}", f"/api/v1/namespaces/{long}/pods", f"{NAMESPACE}/pods/{long}"):
                await api.raw("GET", path, headers={"user-agent": long, "accept": long})
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()


async def test_what_the_administrator_sends_is_not_remembered_when_it_is_long() -> None:
    api = await make_api()
    await api.ask("POST", f"{NAMESPACE}/configmaps?dryRun=All", {"metadata": {"name": "x"}})
    tracemalloc.start()
    try:
        for number in range(100):
            long = f"{number}" + "1" * 100_000
            document = pod()
            document["spec"]["containers"][0]["resources"] = {"limits": {"cpu": long}}  # type: ignore[index]
            await api.raw("POST", f"{NAMESPACE}/pods?dryRun=All", document, headers={"user-agent": long})
            await api.raw("GET", f"{NAMESPACE}/pods", headers={"impersonate-user": "x", "impersonate-group": long})
        gc.collect()
        assert tracemalloc.get_traced_memory()[0] < 5_000_000
    finally:
        tracemalloc.stop()
