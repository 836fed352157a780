"""A program that uses kr8s: `python THIS KUBECONFIG NAMESPACE`. Exits with 0 when all is as it should be."""

from __future__ import annotations

import sys

import kr8s
from kr8s.objects import ConfigMap, Deployment, Pod, new_class


def main(kubeconfig: str, namespace: str) -> None:
    api = kr8s.api(kubeconfig=kubeconfig, namespace=namespace)
    assert "1.36" in str(api.version()["gitVersion"])
    spec = {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "k"}},
        "template": {"metadata": {"labels": {"app": "k"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
    }
    deployment = Deployment({"metadata": {"name": "k", "namespace": namespace}, "spec": spec}, api=api)
    deployment.create()
    deployment.wait("condition=Available", timeout=30)
    deployment.scale(3)
    assert deployment.replicas == 3
    deployment.label({"team": "a"})
    deployment.annotate({"note": "x"})
    pods = list(api.get("pods", namespace=namespace, label_selector={"app": "k"}))
    assert len(pods) == 3
    assert all(isinstance(pod, Pod) for pod in pods)
    config = ConfigMap({"metadata": {"name": "c", "namespace": namespace}, "data": {"a": "b"}}, api=api)
    config.create()
    config.patch({"data": {"x": "y"}})
    config.refresh()
    assert config.raw["data"] == {"a": "b", "x": "y"}
    for event, seen in api.watch("configmaps", namespace=namespace):
        assert event == "ADDED"
        assert seen.namespace == namespace
        break
    deployment.delete()
    definition = new_class(kind="CustomResourceDefinition", version="apiextensions.k8s.io/v1", namespaced=False)
    assert list(api.get(definition)) is not None


main(*sys.argv[1:])
