from __future__ import annotations

import pytest

from suites.fake_api import FakeApi
from wherry.api.method.release import RELEASES
from wherry.apimachinery.document import Document
from wherry.method.contracts.need import State
from wherry.method.contracts.provider_states import own_container, released_images, state_job
from wherry.method.delivery.stamping import RELEASE, SERVICE

POD: Document = {
    "spec": {
        "serviceAccountName": "orders",
        "nodeName": "n1",
        "volumes": [{"name": "settings", "configMap": {"name": "s"}}, {"name": "kube-api-access-x", "projected": {}}],
        "containers": [
            {
                "name": "app",
                "image": "orders@sha256:1",
                "command": ["serve"],
                "env": [{"name": "DSN", "value": "postgres://db"}],
                "ports": [{"containerPort": 8080}],
                "readinessProbe": {},
                "volumeMounts": [
                    {"name": "settings", "mountPath": "/settings"},
                    {"name": "kube-api-access-x", "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount"},
                ],
            }
        ],
    }
}


def test_a_state_is_brought_about_by_the_services_own_image_and_configuration() -> None:
    job = state_job(POD, ("admin", "states"), State("an order exists", {"id": 42}), "orders")
    spec = job["spec"]
    assert isinstance(spec, dict)
    pod = spec["template"]["spec"]
    (container,) = pod["containers"]
    assert spec["template"]["metadata"]["labels"]["wherry.dev/service"] == "orders"
    assert container["image"] == "orders@sha256:1"
    assert container["env"] == [{"name": "DSN", "value": "postgres://db"}]
    assert container["command"] == ["admin", "states", "an order exists", '{"id": 42}']
    assert not {"ports", "readinessProbe"} & container.keys()
    assert [one["name"] for one in pod["volumes"]] == ["settings"]
    assert "nodeName" not in pod
    assert (pod["restartPolicy"], spec["backoffLimit"]) == ("Never", 0)


def test_a_state_without_parameters_is_called_by_its_sentence_alone() -> None:
    spec = state_job(POD, ("admin", "states"), State("an order 42 exists"), "orders")["spec"]
    assert isinstance(spec, dict)
    assert spec["template"]["spec"]["containers"][0]["command"] == ["admin", "states", "an order 42 exists"]


SIDECAR: Document = {"name": "proxy", "image": "proxy@sha256:9"}


@pytest.mark.parametrize(
    ("containers", "name"),
    [
        ([SIDECAR, {"name": "app", "image": "orders@sha256:1"}], "app"),
        ([SIDECAR, {"name": "orders", "image": "orders@sha256:old"}], "orders"),
        ([{"name": "orders", "image": "proxy@sha256:9"}, {"name": "app", "image": "orders@sha256:1"}], "app"),
        ([SIDECAR, {"name": "app", "image": "orders@sha256:old"}], "proxy"),
    ],
    ids=["of the release", "of its name", "the release before the name", "else the first"],
)
def test_a_state_is_brought_about_in_the_services_own_container(containers: list[Document], name: str) -> None:
    assert own_container(containers, "orders", {"orders@sha256:1"})["name"] == name


async def test_the_release_of_a_pod_says_which_image_is_the_services_own() -> None:
    api = FakeApi()
    spec: Document = {"service": "orders", "number": 3, "environment": "dev", "image": "orders@sha256:1"}
    spec["digest"] = "sha256:1"
    labels: Document = {SERVICE: "orders"}
    api.put(RELEASES, {"metadata": {"name": "orders-r3", "namespace": "orders-dev", "labels": labels}, "spec": spec},
            "orders-dev")  # fmt: skip
    of_it: Document = {"metadata": {"labels": {RELEASE: "orders-r3"}}}
    assert await released_images(api.client(), of_it, "orders") == {"orders@sha256:1"}
    assert await released_images(api.client(), {"metadata": {}}, "orders") == set()
