"""A program that uses the official Python client as any would: `python THIS KUBECONFIG NAMESPACE IMAGE`.

Run as a process of its own, since that client leaves sockets open at its end. Exits with 0 when all is as it should be.
"""

from __future__ import annotations

import contextlib
import sys
from typing import TypeVar

from kubernetes import client, config, watch
from kubernetes.stream import stream

T = TypeVar("T")


def present(value: T | None) -> T:
    assert value is not None
    return value


def main(kubeconfig: str, namespace: str, image: str) -> None:
    with config.new_client_from_config(config_file=kubeconfig) as api:
        apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
        labels = {"app": "py"}
        container = client.V1Container(name="c", image=image, command=["sh", "-c", "echo hello; sleep 1000"])
        template = client.V1PodTemplateSpec(
            metadata=client.V1ObjectMeta(labels=labels),
            spec=client.V1PodSpec(containers=[container], termination_grace_period_seconds=1),
        )
        spec = client.V1DeploymentSpec(
            replicas=1, selector=client.V1LabelSelector(match_labels=labels), template=template
        )
        apps.create_namespaced_deployment(
            namespace, client.V1Deployment(metadata=client.V1ObjectMeta(name="py"), spec=spec)
        )
        watcher = watch.Watch()
        for event in watcher.stream(apps.list_namespaced_deployment, namespace, timeout_seconds=30):
            if event["object"].status.available_replicas == 1:
                watcher.stop()
        assert present(apps.read_namespaced_deployment("py", namespace).status).available_replicas == 1
        (pod,) = core.list_namespaced_pod(namespace, label_selector="app=py").items
        name = str(present(pod.metadata).name)
        assert core.read_namespaced_pod_log(name, namespace) == "hello\n"
        # Closed here: the client leaves the socket of a finished command open otherwise.
        with contextlib.closing(
            stream(
                core.connect_get_namespaced_pod_exec, name, namespace, _preload_content=False,
                command=["sh", "-c", "echo from inside; exit 3"], stdout=True, stderr=True, stdin=False, tty=False,
            )
        ) as session:  # fmt: skip
            session.run_forever(timeout=20)
            assert session.returncode == 3
            assert session.read_stdout() == "from inside\n"
        apps.patch_namespaced_deployment_scale("py", namespace, {"spec": {"replicas": 2}})
        deployment = apps.read_namespaced_deployment("py", namespace)
        assert present(deployment.spec).replicas == 2
        apps.delete_namespaced_deployment("py", namespace, propagation_policy="Foreground")
        gone = watch.Watch()
        for event in gone.stream(apps.list_namespaced_deployment, namespace, timeout_seconds=30):
            if event["type"] == "DELETED":
                gone.stop()
        assert core.list_namespaced_pod(namespace, label_selector="app=py").items == []
        node = present(core.list_node().items[0].status)
        assert present(node.node_info).kubelet_version.startswith("v1.36")


if __name__ == "__main__":
    main(*sys.argv[1:])
