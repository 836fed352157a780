from __future__ import annotations

import copy

import pytest

from suites.fake_api import FakeApi
from suites.one_service import OneService
from suites.played_twin import WORKLOAD, played_twin
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.facts.manifests import containers, pod_spec, section
from wherry.method.twins.twin import PROBES, Twin, has_ended


def pod(phase: str, *, restart_policy: str = "Never", ended: str = "") -> Pod:
    names = ("orders", "metrics")
    states: list[Document] = [
        {"name": name, "image": "i", "imageID": "", "ready": False, "restartCount": 0,
         "state": {"terminated": {"exitCode": 1}} if name == ended else {"running": {}}}
        for name in names
    ]  # fmt: skip
    containers: list[Document] = [{"name": name, "image": "i"} for name in names]
    document: Document = {
        "metadata": {"name": "without-port"},
        "spec": {"restartPolicy": restart_policy, "containers": containers},
        "status": {"phase": phase, "containerStatuses": states},
    }
    found = PODS.from_document(document)
    assert isinstance(found, Pod)
    return found


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_pod_whose_containers_have_all_ended_has_ended(phase: str) -> None:
    assert has_ended(pod(phase))
    assert has_ended(pod(phase), "orders")


def test_a_service_has_ended_although_its_sidecar_lives_on() -> None:
    found = pod("Running", ended="orders")
    assert has_ended(found, "orders")
    assert not has_ended(found, "metrics")
    assert not has_ended(found)


def test_a_container_that_will_be_started_again_has_not_ended() -> None:
    assert not has_ended(pod("Running", restart_policy="Always", ended="orders"), "orders")


def twin(client: Client, workload: Document = WORKLOAD, settings: tuple[Document, ...] = ()) -> Twin:
    played = played_twin()
    plan = RunPlan(settings, (), (workload,))
    return Twin(client, played.kinds, played.release, played.project, None, "done-1", (), played.say, plan=plan)


async def test_a_service_is_called_whatever_its_port_is_called() -> None:
    service = OneService([{"port": 80}])
    answer = await twin(Client(InProcess(service, user="ana"))).calls("GET", "/x", None)
    assert (answer.status, service.called) == (200, ["/api/v1/namespaces/done-1/services/orders:80/proxy/x"])


def test_variables_from_a_whole_config_map_keep_their_prefix() -> None:
    workload = copy.deepcopy(WORKLOAD)
    (container,) = containers(pod_spec(workload))
    container["envFrom"] = [{"prefix": "APP_", "configMapRef": {"name": "orders"}}]
    settings: Document = {"kind": "ConfigMap", "metadata": {"name": "orders"}, "data": {"COLOUR": "red"}}
    client = Client(InProcess(OneService([]), user="ana"))
    assert twin(client, workload, (settings,)).environment() == [
        {"name": "APP_COLOUR", "valueFrom": {"configMapKeyRef": {"name": "orders", "key": "COLOUR"}}},
        {"name": "PORT", "value": "8080"},
        {"name": "GREETING", "value": "hello"},
    ]


@pytest.mark.parametrize(("is_probed", "probes"), [(True, {"readinessProbe"}), (False, set())])
async def test_a_copy_has_the_probes_of_the_release_if_it_shall(is_probed: bool, probes: set[str]) -> None:
    api = FakeApi()
    await twin(api.client()).start_copy("copy", [], is_probed=is_probed)
    (copy,) = api.all(PODS)
    (container,) = containers(section(copy, "spec"))
    assert container.keys() & set(PROBES) == probes
