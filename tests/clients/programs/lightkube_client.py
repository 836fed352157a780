"""A program that uses lightkube: `python THIS KUBECONFIG NAMESPACE`. Exits with 0 when all is as it should be."""

from __future__ import annotations

import sys

from lightkube import ApiError, Client, KubeConfig
from lightkube.models.apps_v1 import DeploymentSpec
from lightkube.models.core_v1 import Container, PodSpec, PodTemplateSpec
from lightkube.models.meta_v1 import LabelSelector, ObjectMeta
from lightkube.resources.apps_v1 import Deployment
from lightkube.resources.core_v1 import ConfigMap, Pod
from lightkube.types import PatchType


def main(kubeconfig: str, namespace: str) -> None:
    client = Client(config=KubeConfig.from_file(kubeconfig), namespace=namespace, field_manager="lightkube-program")
    labels = {"app": "l"}
    deployment = Deployment(
        metadata=ObjectMeta(name="l", namespace=namespace),
        spec=DeploymentSpec(
            replicas=2,
            selector=LabelSelector(matchLabels=labels),
            template=PodTemplateSpec(
                metadata=ObjectMeta(labels=labels), spec=PodSpec(containers=[Container(name="c", image="i:1")])
            ),
        ),
    )
    client.create(deployment)
    client.wait(Deployment, "l", for_conditions=["Available"])
    assert len(list(client.list(Pod, labels=labels))) == 2
    scale = client.get(Deployment.Scale, "l")
    scale.spec.replicas = 1
    client.replace(scale, "l")
    config = ConfigMap(metadata=ObjectMeta(name="c", namespace=namespace), data={"a": "b"})
    client.apply(config)
    config.data = {"x": "y"}
    assert client.apply(config).data == {"x": "y"}
    client.patch(ConfigMap, "c", {"data": {"z": "1"}}, patch_type=PatchType.MERGE)
    assert client.get(ConfigMap, "c").data == {"x": "y", "z": "1"}
    for event, seen in client.watch(ConfigMap, fields={"metadata.name": "c"}, server_timeout=30):
        assert (event, seen.metadata.name) == ("ADDED", "c")
        break
    try:
        client.get(Pod, "absent")
    except ApiError as error:
        assert error.status.code == 404
    else:
        raise AssertionError("an absent pod was found")
    client.delete(Deployment, "l")


main(*sys.argv[1:])
