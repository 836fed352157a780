"""Images to registries: the same bytes arrive, what is there is not sent again, and refusals are plain."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from suites.small_registry import SmallRegistry, digest_of, tar_of
from wherry.kit.clock import SystemClock
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.reference import parse_reference
from wherry.runtime.interface import NO_KEYS, Credentials, FailedPrecondition, ImageStatus, Keyring
from wherry.runtime.registry.endpoints import RegistrySettings
from wherry.runtime.registry.failures import Cause, RegistryFailure
from wherry.runtime.registry.node_images import NodeImages
from wherry.runtime.registry.pushing import Pusher


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture
def image(store: ImageStore, tmp_path: Path) -> ImageStatus:
    source = tmp_path / "source"
    source.mkdir()
    (source / "data").write_bytes(random.Random(1).randbytes(700_000))
    (source / "image.toml").write_text('name = "orders:1"\ncmd = ["/x"]\n[[copy]]\nfrom = "data"\nto = "/data"\n')
    return build_image(store, source)


async def push(store: ImageStore, image: ImageStatus, name: str, keyring: Keyring = NO_KEYS) -> None:
    await Pusher(store, RegistrySettings(), {}).push(image, parse_reference(name), keyring)


async def pull(directory: Path, name: str, keyring: Keyring = NO_KEYS) -> ImageStatus:
    store = ImageStore(directory / "elsewhere")
    images = NodeImages(store, RegistrySettings(), {}, SystemClock(), random.Random(0))
    return await images.pull(name, keyring)


@pytest.mark.parametrize("auth", ["", "basic", "token"])
async def test_what_is_pushed_is_pulled_with_the_same_digest(
    store: ImageStore, image: ImageStatus, tmp_path: Path, auth: str
) -> None:
    with SmallRegistry(auth, users={"ana": "secret"}) as registry:
        keyring = Keyring(((registry.host, Credentials("ana", "secret")),))
        name = f"{registry.host}/shop/orders:1"
        await push(store, image, name, keyring)
        pulled = await pull(tmp_path, name, keyring)
        assert (pulled.digest, pulled.id) == (image.digest, image.id)
        assert (pulled.layers[0] / "data").read_bytes() == (tmp_path / "source" / "data").read_bytes()
        if auth == "token":
            assert any("pull%2Cpush" in one.path for one in registry.asked if one.path.startswith("/token"))


async def test_what_is_there_is_not_sent_again(store: ImageStore, image: ImageStatus) -> None:
    with SmallRegistry() as registry:
        await push(store, image, f"{registry.host}/shop/orders:1")
        registry.asked.clear()
        await push(store, image, f"{registry.host}/shop/orders:2")
        assert registry.count("POST", "/blobs/") == 0
        tags = registry.repository("shop/orders").tags
        assert tags["1"] == tags["2"] == image.digest
    assert [path.name for path in store.directory.iterdir() if path.name.startswith("tmp")] == ["tmp"]


async def test_by_digest_it_gets_no_tag(store: ImageStore, image: ImageStatus) -> None:
    with SmallRegistry() as registry:
        await push(store, image, f"{registry.host}/shop/orders@{image.digest}")
        assert registry.repository("shop/orders").tags == {}
        assert image.digest in registry.repository("shop/orders").manifests


async def test_a_pulled_image_goes_to_another_repository_of_its_registry_and_nowhere_else(store: ImageStore) -> None:
    with SmallRegistry() as registry, SmallRegistry() as other:
        registry.put_image("shop/orders", "1", [tar_of({"app": b"x"})])
        images = NodeImages(store, RegistrySettings(), {}, SystemClock(), random.Random(0))
        image = await images.pull(f"{registry.host}/shop/orders:1")
        await push(store, image, f"{registry.host}/live/orders:1")
        assert registry.repository("live/orders").tags == {"1": image.digest}
        with pytest.raises(FailedPrecondition, match="came here compressed"):
            await push(store, image, f"{other.host}/shop/orders:1")
        assert other.repository("shop/orders").manifests == {}


async def test_who_may_not_write_is_told_to_log_in(store: ImageStore, image: ImageStatus) -> None:
    with SmallRegistry("basic", users={"ana": "secret"}) as registry:
        with pytest.raises(RegistryFailure, match="push access denied") as caught:
            await push(store, image, f"{registry.host}/shop/orders:1")
        assert caught.value.cause is Cause.DENIED
        assert f"docker login {registry.host}" in caught.value.remedy


async def test_a_layer_that_has_changed_on_the_disk_is_not_sent(store: ImageStore, image: ImageStatus) -> None:
    (image.layers[0] / "data").write_bytes(b"\0" * 700_000)
    with SmallRegistry() as registry:
        with pytest.raises(FailedPrecondition, match="is not on this disk as it was"):
            await push(store, image, f"{registry.host}/shop/orders:1")
        assert registry.count("POST", "/blobs/") == 0
        assert digest_of(b"") not in registry.repository("shop/orders").blobs
