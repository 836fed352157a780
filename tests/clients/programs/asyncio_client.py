"""A program that uses kubernetes-asyncio: `python THIS KUBECONFIG NAMESPACE`. Exits with 0 when all is well."""

from __future__ import annotations

import asyncio
import sys

from kubernetes_asyncio import client, config, watch


async def main(kubeconfig: str, namespace: str) -> None:
    await config.load_kube_config(config_file=kubeconfig)
    async with client.ApiClient() as api:
        core, apps = client.CoreV1Api(api), client.AppsV1Api(api)
        labels = {"app": "aio"}
        pod = client.V1PodSpec(containers=[client.V1Container(name="c", image="i:1")])
        template = client.V1PodTemplateSpec(metadata=client.V1ObjectMeta(labels=labels), spec=pod)
        selector = client.V1LabelSelector(match_labels=labels)
        spec = client.V1DeploymentSpec(replicas=3, selector=selector, template=template)
        metadata = client.V1ObjectMeta(name="aio")
        await apps.create_namespaced_deployment(namespace, client.V1Deployment(metadata=metadata, spec=spec))
        async with watch.Watch().stream(apps.list_namespaced_deployment, namespace, timeout_seconds=30) as events:
            async for event in events:
                if event["object"].status.available_replicas == 3:
                    break
        pods = await core.list_namespaced_pod(namespace, label_selector="app=aio", limit=2)
        assert len(pods.items) == 2
        rest = await core.list_namespaced_pod(namespace, label_selector="app=aio", _continue=pods.metadata._continue)
        assert len(rest.items) == 1
        patched = await apps.patch_namespaced_deployment_scale("aio", namespace, {"spec": {"replicas": 1}})
        assert patched.spec.replicas == 1
        try:
            await core.read_namespaced_pod("absent", namespace)
        except client.ApiException as error:
            assert error.status == 404
        else:
            raise AssertionError("an absent pod was found")
        await apps.delete_namespaced_deployment("aio", namespace)


asyncio.run(main(*sys.argv[1:]))
