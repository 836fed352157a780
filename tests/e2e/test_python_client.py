"""The official Python client, as any program would use it."""

from __future__ import annotations

from typing import TypeVar

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux

T = TypeVar("T")
pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.filterwarnings("ignore::DeprecationWarning")]


def present(value: T | None) -> T:
    assert value is not None
    return value


def test_the_official_client_deploys_watches_reads_logs_and_runs_a_command(
    cluster: RunningCluster, namespace: str
) -> None:
    from kubernetes import client, config, watch
    from kubernetes.stream import stream

    with config.new_client_from_config(config_file=str(cluster.kubeconfig)) as api:
        apps, core = client.AppsV1Api(api), client.CoreV1Api(api)
        labels = {"app": "py"}
        container = client.V1Container(name="c", image=IMAGE, command=["sh", "-c", "echo hello; sleep 1000"])
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
        said = stream(
            core.connect_get_namespaced_pod_exec, name, namespace,
            command=["echo", "from inside"], stdout=True, stderr=True, stdin=False, tty=False,
        )  # fmt: skip
        assert said == "from inside\n"
        node = present(core.list_node().items[0].status)
        assert present(node.node_info).kubelet_version.startswith("v1.36")
