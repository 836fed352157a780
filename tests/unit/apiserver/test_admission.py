from __future__ import annotations

import asyncio

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apiserver.admission.service_account import DEFAULT_ACCOUNT_WAIT_S, MOUNT_PATH
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope

SERVICES = "/api/v1/namespaces/default/services"
PODS = "/api/v1/namespaces/default/pods"


@pytest.fixture
async def api(clock: FakeClock) -> Api:
    return await make_api(clock)


def service(name: str, **spec: object) -> dict[str, object]:
    return {"metadata": {"name": name}, "spec": {"ports": [{"port": 80}], **spec}}


async def test_services_made_at_once_get_different_addresses(api: Api) -> None:
    made = await asyncio.gather(*(api.ask("POST", SERVICES, service(f"s{number}")) for number in range(50)))
    addresses = {answer.at("spec.clusterIP") for answer in made}
    assert len(addresses) == 50
    assert all(str(address).startswith("10.96.") for address in addresses)
    assert made[0].at("spec.clusterIPs") == [made[0].at("spec.clusterIP")]


async def test_an_address_can_be_chosen_once(api: Api) -> None:
    wanted = service("one", clusterIP="10.96.0.77")
    assert (await api.ask("POST", SERVICES, wanted)).at("spec.clusterIP") == "10.96.0.77"
    answer = await api.ask("POST", SERVICES, service("two", clusterIP="10.96.0.77"))
    assert (answer.status, answer.at("details.causes.0.field")) == (422, "spec.clusterIPs")
    assert "failed to allocate IP 10.96.0.77: provided IP is already allocated" in str(answer.at("message"))


async def test_two_who_want_the_same_address_at_once_do_not_both_get_it(api: Api) -> None:
    bodies = [service(f"s{number}", clusterIP="10.96.0.88") for number in range(5)]
    answers = await asyncio.gather(*(api.ask("POST", SERVICES, body) for body in bodies))
    assert sorted(answer.status for answer in answers) == [201, 422, 422, 422, 422]


async def test_a_deleted_service_and_a_failed_or_dry_one_free_their_address(api: Api) -> None:
    wanted = {"clusterIP": "10.96.0.99"}
    await api.ask("POST", SERVICES, service("dry", **wanted), dryRun="All")
    assert (await api.ask("POST", SERVICES, service("Bad_Name", **wanted))).status == 422
    await api.must("POST", SERVICES, service("one", **wanted))
    await api.must("DELETE", f"{SERVICES}/one")
    await api.must("POST", SERVICES, service("two", **wanted))


async def test_an_address_outside_the_range_is_refused(api: Api) -> None:
    answer = await api.ask("POST", SERVICES, service("one", clusterIP="10.97.0.1"))
    assert "The range of valid IPs is 10.96.0.0/16" in str(answer.at("message"))


async def test_headless_and_external_services_get_none(api: Api) -> None:
    headless = await api.ask("POST", SERVICES, service("one", clusterIP="None"))
    assert headless.at("spec.clusterIPs") == ["None"]
    external = await api.ask("POST", SERVICES, service("two", type="ExternalName", externalName="example.com"))
    assert external.at("spec.clusterIP") is None


async def test_node_ports_are_given_kept_and_not_given_twice(api: Api) -> None:
    first = await api.ask("POST", SERVICES, service("one", type="NodePort"))
    port = first.at("spec.ports.0.nodePort")
    assert isinstance(port, int)
    assert 30000 <= port <= 32767
    change = {"spec": {"ports": [{"port": 80, "name": "http"}]}}
    changed = await api.ask("PATCH", f"{SERVICES}/one", change, content_type=MERGE)
    assert changed.at("spec.ports.0.nodePort") == port
    ports = [{"port": 80, "nodePort": port}]
    taken = await api.ask("POST", SERVICES, service("two", type="NodePort", ports=ports))
    assert "provided port is already allocated" in str(taken.at("message"))


async def test_an_update_keeps_the_address(api: Api) -> None:
    created = await api.must("POST", SERVICES, service("one"))
    body = service("one", selector={"a": "b"})
    updated = await api.must("PUT", f"{SERVICES}/one", body)
    assert updated["spec"]["clusterIP"] == created["spec"]["clusterIP"]  # type: ignore[index]


async def test_a_pod_gets_its_accounts_token_in_every_container(api: Api) -> None:
    body = pod()
    body["spec"]["initContainers"] = [{"name": "first", "image": "a:1"}]  # type: ignore[index]
    answer = await api.ask("POST", PODS, body)
    assert answer.at("spec.serviceAccountName") == "default"
    name = answer.at("spec.volumes.0.name")
    assert str(name).startswith("kube-api-access-")
    for containers in ("containers", "initContainers"):
        mount = answer.at(f"spec.{containers}.0.volumeMounts.0")
        assert mount == {"name": name, "readOnly": True, "mountPath": MOUNT_PATH}


async def test_a_pod_can_do_without_a_token(api: Api) -> None:
    body = pod()
    body["spec"]["automountServiceAccountToken"] = False  # type: ignore[index]
    assert (await api.ask("POST", PODS, body)).at("spec.volumes") is None


async def test_a_missing_account_is_refused(api: Api) -> None:
    body = pod()
    body["spec"]["serviceAccountName"] = "nobody"  # type: ignore[index]
    answer = await api.ask("POST", PODS, body)
    assert answer.status == 403
    assert answer.at("message") == (
        'pods "web" is forbidden: error looking up service account default/nobody: serviceaccount "nobody" not found'
    )


async def test_a_pod_waits_for_the_default_account_of_a_new_namespace(api: Api) -> None:
    await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}})
    async with TaskScope("test") as scope:
        waiting = scope.start("pod", api.ask("POST", "/api/v1/namespaces/team/pods", pod()))
        await settle()
        assert not waiting.done()
        await api.must("POST", "/api/v1/namespaces/team/serviceaccounts", {"metadata": {"name": "default"}})
        assert (await waiting).status == 201


async def test_a_pod_does_not_wait_for_the_default_account_forever(api: Api, clock: FakeClock) -> None:
    await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": "team"}})
    async with TaskScope("test") as scope:
        waiting = scope.start("pod", api.ask("POST", "/api/v1/namespaces/team/pods", pod()))
        await settle()
        await clock.advance(DEFAULT_ACCOUNT_WAIT_S)
        assert (await waiting).status == 403


async def test_priority_comes_from_the_class(api: Api) -> None:
    body = pod()
    body["spec"]["priorityClassName"] = "system-node-critical"  # type: ignore[index]
    assert (await api.ask("POST", PODS, body)).at("spec.priority") == 2_000_001_000
    plain = await api.ask("POST", PODS, pod("plain"))
    assert plain.at("spec.priority") == 0


async def test_a_default_priority_class_is_noticed_at_once(api: Api) -> None:
    await api.must("POST", PODS, pod("before"))
    body = {"metadata": {"name": "usual"}, "value": 5, "globalDefault": True}
    await api.must("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", body)
    after = await api.ask("POST", PODS, pod("after"))
    assert (after.at("spec.priority"), after.at("spec.priorityClassName")) == (5, "usual")


async def test_an_unknown_priority_class_is_refused(api: Api) -> None:
    body = pod()
    body["spec"]["priorityClassName"] = "huge"  # type: ignore[index]
    answer = await api.ask("POST", PODS, body)
    assert answer.at("message") == 'pods "web" is forbidden: no PriorityClass with name huge was found'


async def test_pods_tolerate_a_silent_node_for_five_minutes(api: Api) -> None:
    body = pod()
    own = {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 3}
    body["spec"]["tolerations"] = [own]  # type: ignore[index]
    tolerations = (await api.ask("POST", PODS, body)).at("spec.tolerations")
    assert isinstance(tolerations, list)
    assert [(item["key"], item["tolerationSeconds"]) for item in tolerations] == [
        ("node.kubernetes.io/not-ready", 3),
        ("node.kubernetes.io/unreachable", 300),
    ]


async def test_a_claim_gets_the_default_storage_class_unless_it_says_none(api: Api) -> None:
    claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    answer = await api.ask("POST", claims, {"metadata": {"name": "a"}, "spec": spec})
    assert answer.at("spec.storageClassName") == "local"
    answer = await api.ask("POST", claims, {"metadata": {"name": "b"}, "spec": {**spec, "storageClassName": ""}})
    assert answer.at("spec.storageClassName") == ""


async def test_a_disabled_plugin_does_not_run() -> None:
    api = await make_api(disabled=frozenset({"ServiceAccount"}))
    assert (await api.ask("POST", PODS, pod())).at("spec.volumes") is None


async def test_an_account_can_be_limited_to_its_own_secrets(api: Api) -> None:
    account = {
        "metadata": {"name": "strict", "annotations": {"kubernetes.io/enforce-mountable-secrets": "true"}},
        "secrets": [{"name": "mine"}],
    }
    await api.must("POST", "/api/v1/namespaces/default/serviceaccounts", account)

    async def refusal(**spec: object) -> str:
        body = pod()
        body["spec"] |= {"serviceAccountName": "strict", **spec}  # type: ignore[operator]
        answer = await api.ask("POST", PODS, body)
        return str(answer.at("message") or "").partition("is forbidden: ")[2]

    end = "is not allowed because service account strict does not reference that"
    secret: dict[str, object] = {"name": "v", "secret": {"secretName": "other"}}
    assert await refusal(volumes=[secret]) == f'volume with secret.secretName="other" {end} secret'
    variable = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "other", "key": "k"}}}
    container = {"name": "app", "image": "a:1", "env": [variable]}
    said = f'container app with envVar A referencing secret.secretName="other" {end} secret'
    assert await refusal(containers=[container]) == said
    assert await refusal(initContainers=[container | {"name": "first"}]) == said.replace(
        "container app", "init container first"
    )
    container = {"name": "app", "image": "a:1", "envFrom": [{"secretRef": {"name": "other"}}]}
    assert "container app with envFrom referencing secret" in await refusal(containers=[container])
    assert await refusal(imagePullSecrets=[{"name": "p"}]) == f'imagePullSecrets[0].name="p" {end} imagePullSecret'
    assert await refusal(volumes=[secret | {"secret": {"secretName": "mine"}}]) == ""


async def test_a_nodes_own_pod_refers_to_nothing_that_is_kept_in_the_api(api: Api) -> None:
    async def refusal(**spec: object) -> str:
        body = pod()
        body["metadata"]["annotations"] = {"kubernetes.io/config.mirror": "x"}  # type: ignore[index]
        body["spec"] |= {"nodeName": "n1", **spec}  # type: ignore[operator]
        answer = await api.ask("POST", PODS, body)
        message = str(answer.at("message") or "")
        return message.partition("is forbidden: ")[2] or message

    assert await refusal(serviceAccountName="default") == "a mirror pod may not reference service accounts"
    volume = {"name": "v", "secret": {"secretName": "s"}}
    assert await refusal(volumes=[volume]) == "a mirror pod may not reference secrets"
    volume = {"name": "v", "projected": {"sources": [{"configMap": {"name": "c"}}]}}
    assert await refusal(volumes=[volume]) == "a mirror pod may not reference configmaps"
    volume = {"name": "v", "persistentVolumeClaim": {"claimName": "c"}}
    assert await refusal(volumes=[volume]) == "a mirror pod may not reference persistentvolumeclaims"
    volume = {"name": "v", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}
    assert "must not be specified when serviceAccountName is not set" in await refusal(volumes=[volume])


async def test_there_is_one_default_priority_class(api: Api) -> None:
    classes = "/apis/scheduling.k8s.io/v1/priorityclasses"
    await api.must("POST", classes, {"metadata": {"name": "first"}, "value": 5, "globalDefault": True})
    await api.must("POST", classes, {"metadata": {"name": "second"}, "value": 6})
    said = "is forbidden: PriorityClass first is already marked as default. Only one default can exist"
    for method, path, body in (
        ("PATCH", f"{classes}/second", {"globalDefault": True}),
        ("POST", classes, {"metadata": {"name": "third"}, "value": 7, "globalDefault": True}),
    ):
        answer = await api.ask(method, path, body, content_type=MERGE if method == "PATCH" else "application/json")
        assert (answer.status, str(answer.at("message")).endswith(said)) == (403, True)
    await api.must("PATCH", f"{classes}/first", {"description": "same"}, content_type=MERGE)


async def test_a_preemption_policy_comes_from_the_class_alone(api: Api) -> None:
    body = {"metadata": {"name": "kind"}, "value": 5, "preemptionPolicy": "Never"}
    await api.must("POST", "/apis/scheduling.k8s.io/v1/priorityclasses", body)
    kind = pod("kind")
    kind["spec"]["priorityClassName"] = "kind"  # type: ignore[index]
    assert (await api.ask("POST", PODS, kind)).at("spec.preemptionPolicy") == "Never"
    wrong = pod("wrong")
    wrong["spec"] |= {"priorityClassName": "kind", "preemptionPolicy": "PreemptLowerPriority"}  # type: ignore[operator]
    assert "the string value of PreemptionPolicy (PreemptLowerPriority) must not be provided" in str(
        (await api.ask("POST", PODS, wrong)).at("message")
    )


async def test_claims_and_volumes_are_protected_from_the_start(api: Api) -> None:
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claims = "/api/v1/namespaces/default/persistentvolumeclaims"
    answer = await api.ask("POST", claims, {"metadata": {"name": "a", "finalizers": ["x.io/y"]}, "spec": spec})
    assert answer.at("metadata.finalizers") == ["x.io/y", "kubernetes.io/pvc-protection"]
    volume = {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/x"}}
    answer = await api.ask("POST", "/api/v1/persistentvolumes", {"metadata": {"name": "v"}, "spec": volume})
    assert answer.at("metadata.finalizers") == ["kubernetes.io/pv-protection"]


async def test_a_pod_gets_what_its_runtime_class_says(api: Api) -> None:
    runtime_class = {
        "metadata": {"name": "vm"},
        "handler": "vm",
        "overhead": {"podFixed": {"cpu": "250m"}},
        "scheduling": {"nodeSelector": {"vm": "yes"}, "tolerations": [{"key": "vm", "operator": "Exists"}]},
    }
    await api.must("POST", "/apis/node.k8s.io/v1/runtimeclasses", runtime_class)

    def asking(**spec: object) -> dict[str, object]:
        body = pod()
        body["spec"] |= spec  # type: ignore[operator]
        return body

    answer = await api.ask("POST", PODS, asking(runtimeClassName="vm"))
    assert answer.at("spec.overhead") == {"cpu": "250m"}
    assert answer.at("spec.nodeSelector") == {"vm": "yes"}
    assert {"key": "vm", "operator": "Exists"} in answer.at("spec.tolerations")  # type: ignore[operator]
    for spec, said in (
        ({"runtimeClassName": "none"}, 'pod rejected: RuntimeClass "none" not found'),
        (
            {"overhead": {"cpu": "1"}},
            "pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead",
        ),
        (
            {"runtimeClassName": "vm", "overhead": {"cpu": "1"}},
            "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
        ),
        (
            {"runtimeClassName": "vm", "nodeSelector": {"vm": "no"}},
            "conflict: runtimeClass.scheduling.nodeSelector[vm] = yes; pod.spec.nodeSelector[vm] = no",
        ),
    ):
        refused = await api.ask("POST", PODS, asking(**spec))
        assert refused.at("message") == f'pods "web" is forbidden: {said}'


async def test_an_ingress_gets_the_default_class_unless_it_names_one(api: Api) -> None:
    group = "/apis/networking.k8s.io/v1"
    metadata = {"name": "usual", "annotations": {"ingressclass.kubernetes.io/is-default-class": "true"}}
    await api.must("POST", f"{group}/ingressclasses", {"metadata": metadata, "spec": {"controller": "x.io/y"}})
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    path = f"{group}/namespaces/default/ingresses"
    answer = await api.ask("POST", path, {"metadata": {"name": "a"}, "spec": {"defaultBackend": backend}})
    assert answer.at("spec.ingressClassName") == "usual"
    spec = {"defaultBackend": backend, "ingressClassName": "other"}
    assert (await api.ask("POST", path, {"metadata": {"name": "b"}, "spec": spec})).at(
        "spec.ingressClassName"
    ) == "other"
