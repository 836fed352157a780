"""Pods of a release that wait for an image after failed attempts: they are made anew when it is run again.

A kubelet waits up to five minutes between its attempts. Whoever has brought the image meanwhile, and runs the release
again, wants it to be fetched now. Such a pod has never run, so nothing is lost with it.
"""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.method.delivery.rollout import pod_trouble
from wherry.method.delivery.stamping import SERVICE


async def renew_imageless_pods(client: Client, namespace: str, service: str) -> list[str]:
    """Delete the service's pods that wait for their first image; gives their names. Whoever made them makes others.

    Where pods may not be deleted they stay, and fetch the image when their time comes.
    """
    renewed = list[str]()
    try:
        for pod in (await client.list(PODS, namespace, label_selector=f"{SERVICE}={service}")).items:
            trouble, meta = pod_trouble(pod), pod.metadata
            if trouble is None or not trouble.lacks_image or not meta.owner_references or trouble.has_log:
                continue
            _ = await client.delete(PODS, meta.name, namespace, uid=meta.uid, grace_period_s=0)
            renewed.append(meta.name)
    except StatusError:
        return renewed
    return renewed
