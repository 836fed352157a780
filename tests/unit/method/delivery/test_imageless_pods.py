"""Pods that wait for an image are made anew when their release is run again; all others are left alone."""

from __future__ import annotations

from suites.fake_api import FakeApi
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.method.delivery.imageless_pods import renew_imageless_pods
from wherry.method.delivery.stamping import SERVICE


def pod(name: str, reason: str, **metadata: object) -> Document:
    owner: Document = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": True}
    waiting: Document = {
        "name": "c",
        "state": {"waiting": {"reason": reason, "message": "x"}},
        "restartCount": 0,
        "ready": False,
        "image": "orders:1",
        "imageID": "",
    }
    return {
        "metadata": {
            "name": name,
            "namespace": "dev",
            "labels": {SERVICE: "orders"},
            "ownerReferences": [owner],
            **metadata,
        },
        "spec": {"containers": [{"name": "c", "image": "orders:1"}]},
        "status": {"containerStatuses": [waiting]},
    }


async def test_only_pods_without_their_image_go() -> None:
    api = FakeApi()
    for one in (
        pod("stuck", "ImagePullBackOff"),
        pod("crashing", "CrashLoopBackOff"),
        pod("mine", "ImagePullBackOff", ownerReferences=[]),
        pod("other", "ErrImagePull", labels={SERVICE: "bills"}),
    ):
        api.put(PODS, one, "dev")
    client = api.client()
    assert await renew_imageless_pods(client, "dev", "orders") == ["stuck"]
    left = (await client.list(PODS, "dev")).items
    assert sorted(one.metadata.name for one in left) == ["crashing", "mine", "other"]
