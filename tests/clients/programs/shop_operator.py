"""A real operator with kopf: a Shop becomes a Deployment and a ConfigMap, follows changes, and tells how it is.

`kopf run THIS --namespace NAMESPACE`, with KUBECONFIG in the environment.
"""

from __future__ import annotations

from typing import Any

import kopf
import kubernetes


def _deployment(name: str, replicas: int) -> dict[str, Any]:
    labels = {"shop": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": "shop:1"}]}},
        },
    }


@kopf.on.startup()
def configure(settings: kopf.OperatorSettings, **_: object) -> None:
    settings.posting.level = 20
    settings.watching.server_timeout = 20
    kubernetes.config.load_kube_config()


@kopf.on.create("example.com", "v1", "shops")
def created(name: str, namespace: str, spec: kopf.Spec, body: kopf.Body, **_: object) -> dict[str, str]:
    wanted = _deployment(name, spec["replicas"])
    kopf.adopt(wanted)
    kubernetes.client.AppsV1Api().create_namespaced_deployment(namespace, wanted)
    kopf.info(body, reason="Opened", message=f"The shop {name} is open")
    return {"deployment": name}


@kopf.on.field("example.com", "v1", "shops", field="spec.replicas")
def scaled(name: str, namespace: str, old: int | None, new: int, **_: object) -> None:
    if old is not None:
        kubernetes.client.AppsV1Api().patch_namespaced_deployment(name, namespace, {"spec": {"replicas": new}})


@kopf.on.event("apps", "v1", "deployments", labels={})
def followed(body: kopf.Body, namespace: str, **_: object) -> None:
    owner = next((one for one in body["metadata"].get("ownerReferences", []) if one["kind"] == "Shop"), None)
    if owner is not None:
        ready = {"status": {"ready": body.get("status", {}).get("readyReplicas", 0)}}
        kubernetes.client.CustomObjectsApi().patch_namespaced_custom_object_status(
            "example.com", "v1", namespace, "shops", owner["name"], ready
        )


@kopf.on.delete("example.com", "v1", "shops")
def removed(name: str, namespace: str, **_: object) -> None:
    config = {"metadata": {"name": f"{name}-farewell"}, "data": {"said": "goodbye"}}
    kubernetes.client.CoreV1Api().create_namespaced_config_map(namespace, config)
