"""A release's images in the registry that its manifests name."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.small_registry import SmallRegistry
from wherry.api.method.release import PinnedImage, Release, ReleaseSpec
from wherry.apimachinery.meta import ObjectMeta
from wherry.cli.delivery.pushing import push_release
from wherry.method.delivery.refusal import CannotDeliver
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore

ABSENT = "sha256:" + "0" * 64


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture
def digest(store: ImageStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    (tmp_path / "image.toml").write_text('name = "orders:1"\n[[copy]]\nfrom = "image.toml"\nto = "/x"\n')
    return build_image(store, tmp_path).digest


def release(*images: PinnedImage) -> Release:
    spec = ReleaseSpec(service="orders", number=7, environment="prod", image="", digest="", images=images)
    return Release(metadata=ObjectMeta(name="orders-r7", namespace="orders-prod"), spec=spec)


async def test_it_has_the_release_as_its_tag_and_the_same_digest(store: ImageStore, digest: str) -> None:
    said: list[str] = []
    with SmallRegistry() as registry:
        ours = PinnedImage(name="orders:1", image=f"{registry.host}/shop/orders@{digest}", digest=digest)
        other = PinnedImage(name="redis:7", image=f"{registry.host}/shop/redis@{ABSENT}", digest=ABSENT)
        pushed = await push_release(store, release(ours, other), said.append)
        assert registry.repository("shop/orders").tags == {"orders-r7": digest}
        assert pushed.names == (f"{registry.host}/shop/orders:orders-r7",) == tuple(said)
        assert pushed.missing == ("redis:7",)


async def test_a_release_without_a_registry_says_where_to_name_one(store: ImageStore, digest: str) -> None:
    with pytest.raises(CannotDeliver, match="no registry in their names") as caught:
        await push_release(store, release(PinnedImage(name="orders:1", image=f"orders@{digest}", digest=digest)), print)
    assert 'registry = "..."' in caught.value.remedy


async def test_a_release_from_elsewhere_is_pushed_where_it_was_built(store: ImageStore) -> None:
    image = PinnedImage(name="orders:1", image=f"r.example.com/orders@{ABSENT}", digest=ABSENT)
    with pytest.raises(CannotDeliver, match="is on this machine") as caught:
        await push_release(store, release(image), print)
    assert caught.value.remedy == "push it where it was built"
