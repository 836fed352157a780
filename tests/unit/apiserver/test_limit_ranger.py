"""Limit ranges: what is filled in and what is refused, in Kubernetes' words."""

from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apiserver.admission.limit_ranger import ANNOTATION
from wherry.kit.clock import FakeClock

RANGES = "/api/v1/namespaces/default/limitranges"
PODS = "/api/v1/namespaces/default/pods"
CLAIMS = "/api/v1/namespaces/default/persistentvolumeclaims"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


async def limit(api: Api, **item: object) -> None:
    await api.must("POST", RANGES, {"metadata": {"generateName": "l-"}, "spec": {"limits": [item]}})


def asking(**resources: dict[str, str]) -> dict[str, object]:
    body = pod()
    body["spec"]["containers"][0]["resources"] = resources  # type: ignore[index]
    return body


async def refusal(api: Api, body: object, path: str = PODS) -> str:
    answer = await api.ask("POST", path, body)
    assert answer.status == 403, answer.body
    return str(answer.at("message")).partition(" is forbidden: ")[2]


async def test_containers_get_what_they_do_not_say_and_an_annotation_tells(api: Api) -> None:
    await limit(
        api, type="Container", default={"cpu": "1", "memory": "2Gi"}, defaultRequest={"cpu": "100m", "memory": "1Gi"}
    )
    body = asking(requests={"cpu": "500m"})
    body["spec"]["initContainers"] = [{"name": "first", "image": "a:1"}]  # type: ignore[index]
    made = await api.ask("POST", PODS, body)
    assert made.at("spec.containers.0.resources") == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"cpu": "1", "memory": "2Gi"},
    }
    metadata = made.json["metadata"]
    assert metadata["annotations"][ANNOTATION] == (  # type: ignore[index]
        "LimitRanger plugin set: memory request for container app; cpu, memory limit for container app; "
        "cpu, memory request for init container first; cpu, memory limit for init container first"
    )


async def test_a_pod_without_limit_ranges_stays_as_it_is(api: Api) -> None:
    made = await api.ask("POST", PODS, pod())
    assert made.at("spec.containers.0.resources") == {}
    assert made.at("metadata.annotations") is None


async def test_too_little_and_too_much_are_refused_all_at_once(api: Api) -> None:
    await limit(api, type="Container", min={"cpu": "100m", "memory": "64Mi"}, max={"cpu": "1", "memory": "1Gi"})
    body = asking(requests={"cpu": "50m", "memory": "64Mi"}, limits={"cpu": "1", "memory": "2Gi"})
    assert await refusal(api, body) == (
        "[minimum cpu usage per Container is 100m, but request is 50m, "
        "maximum memory usage per Container is 1Gi, but limit is 2Gi]"
    )


async def test_what_must_be_said_is_named(api: Api) -> None:
    await limit(api, type="Pod", min={"cpu": "100m"}, max={"memory": "1Gi"})
    assert await refusal(api, pod()) == (
        "[minimum cpu usage per Pod is 100m.  No request is specified, "
        "maximum memory usage per Pod is 1Gi.  No limit is specified]"
    )


async def test_the_containers_of_a_pod_count_together(api: Api) -> None:
    await limit(api, type="Pod", max={"cpu": "1"})
    body = asking(limits={"cpu": "600m"})
    body["spec"]["containers"].append({**body["spec"]["containers"][0], "name": "two"})  # type: ignore[index]
    assert await refusal(api, body) == "maximum cpu usage per Pod is 1, but limit is 1200m"


async def test_the_ratio_of_limit_to_request_is_kept(api: Api) -> None:
    await limit(api, type="Container", maxLimitRequestRatio={"cpu": "2"})
    assert await refusal(api, asking(requests={"cpu": "200m"}, limits={"cpu": "1"})) == (
        "cpu max limit to request ratio per Container is 2, but provided ratio is 5.000000"
    )
    assert await refusal(api, asking(requests={"cpu": "200m"})) == (
        "cpu max limit to request ratio per Container is 2, but no limit is specified or limit is 0"
    )
    await api.must("POST", PODS, asking(requests={"cpu": "500m"}, limits={"cpu": "1"}))


async def test_claims_have_a_smallest_and_a_largest_size(api: Api) -> None:
    await limit(api, type="PersistentVolumeClaim", min={"storage": "1Gi"}, max={"storage": "2Gi"})

    def claim(size: str) -> dict[str, object]:
        spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": size}}}
        return {"metadata": {"name": "data"}, "spec": spec}

    place = "usage per PersistentVolumeClaim is"
    assert await refusal(api, claim("3Gi"), CLAIMS) == f"maximum storage {place} 2Gi, but request is 3Gi"
    assert await refusal(api, claim("1Mi"), CLAIMS) == f"minimum storage {place} 1Gi, but request is 1Mi"
    await api.must("POST", CLAIMS, claim("2Gi"))


async def test_a_changed_range_counts_at_once_and_does_not_touch_what_there_is(api: Api) -> None:
    await api.must(
        "POST", RANGES, {"metadata": {"name": "l"}, "spec": {"limits": [{"type": "Pod", "max": {"cpu": 1}}]}}
    )
    await api.must("POST", PODS, asking(limits={"cpu": "1"}))
    change = {"spec": {"limits": [{"type": "Pod", "max": {"cpu": "500m"}}]}}
    await api.must("PATCH", f"{RANGES}/l", change, content_type=MERGE)
    other = asking(limits={"cpu": "1"})
    other["metadata"] = {"name": "other"}
    assert "maximum cpu usage per Pod is 500m" in await refusal(api, other)
    await api.must("PATCH", f"{PODS}/web", {"metadata": {"labels": {"a": "b"}}}, content_type=MERGE)


async def test_a_pod_is_ranked_by_what_it_gets_and_its_node_may_say_so(api: Api) -> None:
    await limit(api, type="Container", default={"cpu": "1", "memory": "2Gi"})
    made = await api.ask("POST", PODS, pod())
    assert made.at("status.qosClass") == "Guaranteed"
    said = {"status": {"phase": "Running", "qosClass": "Guaranteed"}}
    assert (await api.ask("PATCH", f"{PODS}/{made.at('metadata.name')}/status", said, content_type=MERGE)).status == 200
