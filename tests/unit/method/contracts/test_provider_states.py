from __future__ import annotations

from wherry.apimachinery.document import Document
from wherry.method.contracts.need import State
from wherry.method.contracts.provider_states import state_job

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
