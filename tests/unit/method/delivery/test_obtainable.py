from __future__ import annotations

import asyncio

import pytest

from suites.fake_api import FakeApi
from wherry.api.core.node import NODES
from wherry.api.method.release import PinnedImage, Release, ReleaseSpec
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.apimachinery.meta import ObjectMeta
from wherry.kit.http.types import Request
from wherry.method.delivery import obtainable
from wherry.method.delivery.obtainable import IMAGES_LISTED_MAX, check_images, has_registry
from wherry.method.delivery.refusal import CannotDeliver

DIGEST = "sha256:" + "a" * 64


def release(image: str = f"orders@{DIGEST}") -> Release:
    pinned = PinnedImage(name="orders", image=image, digest=DIGEST)
    spec = ReleaseSpec(service="orders", number=1, environment="dev", image=image, digest=DIGEST, images=(pinned,))
    return Release(metadata=ObjectMeta(name="orders-r1"), spec=spec)


def cluster(**nodes: list[str]) -> FakeApi:
    api = FakeApi()
    for name, images in nodes.items():
        node: Document = {"metadata": {"name": name}, "status": {"images": [{"names": [one]} for one in images]}}
        api.put(NODES, node)
    return api


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (f"orders@{DIGEST}", False),
        (f"shop/orders@{DIGEST}", False),
        (f"registry.example.com/orders@{DIGEST}", True),
        (f"localhost/orders@{DIGEST}", True),
        (f"10.0.0.1:5000/orders@{DIGEST}", True),
    ],
)
def test_a_registry_is_the_first_part_of_a_name_that_looks_like_a_host(image: str, expected: bool) -> None:
    assert has_registry(image) is expected


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obtainable, "LISTED_WITHIN_S", 0.05)


async def test_an_image_that_has_just_come_to_a_node_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(obtainable, "LISTED_WITHIN_S", 10)
    api = cluster(n1=["pause:3"])

    async def arrive() -> None:
        api.put(NODES, {"metadata": {"name": "n1"}, "status": {"images": [{"names": [f"orders@{DIGEST}"]}]}})

    checking = asyncio.ensure_future(check_images(api.client(), release()))
    while not api._watchers:
        await asyncio.sleep(0)
    await arrive()
    assert await checking == ()


async def test_an_image_that_no_node_has_and_nobody_can_fetch_is_refused_before_anything_is_applied() -> None:
    api = cluster(n1=["pause:3"], n2=["pause:3"])
    with pytest.raises(CannotDeliver, match="no node of that cluster has orders") as caught:
        await check_images(api.client(), release())
    assert "registry" in caught.value.remedy
    assert "wherry export orders-r1 FILE" in caught.value.remedy


async def test_an_image_on_one_node_only_is_said() -> None:
    found = await check_images(cluster(n1=[f"orders@{DIGEST}"], n2=["pause:3"]).client(), release())
    assert found == ("orders is on n1 and not on n2: there no pod of it can start.",)


async def test_an_image_on_every_node_or_in_a_registry_needs_no_word() -> None:
    assert await check_images(cluster(n1=[f"orders@{DIGEST}"]).client(), release()) == ()
    assert await check_images(cluster(n1=["pause:3"]).client(), release(f"registry.example.com/orders@{DIGEST}")) == ()


async def test_what_nodes_do_not_say_is_not_held_against_a_release() -> None:
    full = [f"image-{number}:1" for number in range(IMAGES_LISTED_MAX)]
    for api in (cluster(n1=full), cluster(n1=[])):
        (said,) = await check_images(api.client(), release())
        assert said == "Whether n1 has orders, it does not say: if not, no pod of it can start."


async def test_who_may_not_see_nodes_is_told_that_nobody_knows() -> None:
    api = cluster(n1=["pause:3"])

    def refuse(request: Request) -> None:
        raise Forbidden("nodes is forbidden")

    api.before = refuse
    (said,) = await check_images(api.client(), release())
    assert "You may not see the nodes there" in said
