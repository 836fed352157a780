"""Runtime classes: what a pod gets of them, and what is refused, in Kubernetes' words."""

from __future__ import annotations

from suites.api_harness import Api, make_api, pod

CLASSES = "/apis/node.k8s.io/v1/runtimeclasses"
PODS = "/api/v1/namespaces/default/pods"
OVERHEAD = {"cpu": "250m", "memory": "120Mi"}
UNREACHABLE: dict[str, object] = {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute"}


async def with_class(**more: object) -> Api:
    api = await make_api()
    await api.must("POST", CLASSES, {"metadata": {"name": "kata"}, "handler": "kata", **more})
    return api


def asking(**spec: object) -> dict[str, object]:
    body = pod()
    body["spec"] |= spec  # type: ignore[operator]
    return body


async def refusal(api: Api, **spec: object) -> str:
    answer = await api.ask("POST", PODS, asking(**spec))
    assert (answer.status, answer.at("reason")) == (403, "Forbidden"), answer.body
    return str(answer.at("message")).partition(" is forbidden: ")[2]


async def test_a_class_that_is_not_there_is_refused() -> None:
    api = await make_api()
    assert await refusal(api, runtimeClassName="kata") == 'pod rejected: RuntimeClass "kata" not found'


async def test_a_class_that_asks_for_nothing_changes_nothing() -> None:
    api = await with_class()
    made = await api.ask("POST", PODS, asking(runtimeClassName="kata", nodeSelector={"disk": "fast"}))
    assert (made.at("spec.overhead"), made.at("spec.nodeSelector")) == (None, {"disk": "fast"})


async def test_a_pod_carries_the_overhead_of_its_class_and_no_other() -> None:
    api = await with_class(overhead={"podFixed": OVERHEAD})
    made = await api.ask("POST", PODS, asking(runtimeClassName="kata"))
    assert made.at("spec.overhead") == OVERHEAD
    wrong = "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead"
    assert await refusal(api, runtimeClassName="kata", overhead={"cpu": "1"}) == wrong
    # The same amounts in other words are the same.
    body = asking(runtimeClassName="kata", overhead={"cpu": "0.25", "memory": "120Mi"})
    body["metadata"] = {"name": "same"}
    await api.must("POST", PODS, body)


async def test_an_overhead_that_no_class_asks_for_is_refused() -> None:
    api = await with_class()
    wrong = "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead"
    assert await refusal(api, overhead={"cpu": "1"}) == wrong
    assert await refusal(api, runtimeClassName="kata", overhead={"cpu": "1"}) == wrong


async def test_the_nodes_of_a_class_are_chosen_besides_those_of_the_pod() -> None:
    api = await with_class(scheduling={"nodeSelector": {"sandbox": "true"}})
    made = await api.ask("POST", PODS, asking(runtimeClassName="kata", nodeSelector={"disk": "fast"}))
    assert made.at("spec.nodeSelector") == {"disk": "fast", "sandbox": "true"}
    assert await refusal(api, runtimeClassName="kata", nodeSelector={"sandbox": "no"}) == (
        "conflict: runtimeClass.scheduling.nodeSelector[sandbox] = true; pod.spec.nodeSelector[sandbox] = no"
    )


async def test_tolerations_are_joined_and_the_widest_kept() -> None:
    wide = {"key": "sandbox", "operator": "Exists"}
    others = [{"key": "gpu", "value": "yes", "effect": "NoSchedule"}, {**UNREACHABLE, "tolerationSeconds": 10}]
    api = await with_class(scheduling={"tolerations": [wide, *others]})
    own = [{"key": "sandbox", "value": "x", "effect": "NoSchedule"}, UNREACHABLE, others[0]]
    made = await api.ask("POST", PODS, asking(runtimeClassName="kata", tolerations=own))
    kept = made.at("spec.tolerations")
    assert isinstance(kept, list)
    assert [each for each in kept if each.get("key") != "node.kubernetes.io/not-ready"] == [
        UNREACHABLE,
        others[0],
        wide,
    ]
