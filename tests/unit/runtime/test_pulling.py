"""Images out of registries: what arrives, what is asked for, and what people are told when nothing does."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import os
import random
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from suites.small_registry import SmallRegistry, digest_of, tar_of
from wherry.kit.clock import SystemClock
from wherry.kit.http.tls import server_context
from wherry.kit.pki import create_ca, issue
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.manifest import own_architecture
from wherry.runtime.interface import Credentials, FailedPrecondition, Keyring, RuntimeFailure
from wherry.runtime.registry import downloads
from wherry.runtime.registry.endpoints import RegistrySettings
from wherry.runtime.registry.failures import Cause, RegistryFailure
from wherry.runtime.registry.node_images import NodeImages

NAME = "shop/orders"
BASE = tar_of({"etc/motd": b"hello\n", "data": random.Random(1).randbytes(1_500_000)})
TOP = tar_of({"app": b"#!/bin/sh\n"})


@pytest.fixture
def registry() -> Iterator[SmallRegistry]:
    with SmallRegistry() as running:
        running.put_image(NAME, "1", [BASE, TOP], run={"Cmd": ["/app"]})
        yield running


def images_in(
    directory: Path, settings: RegistrySettings | None = None, environ: Mapping[str, str] | None = None
) -> NodeImages:
    store = ImageStore(directory / "images")
    return NodeImages(store, settings or RegistrySettings(), environ or {}, SystemClock(), random.Random(0))


@pytest.fixture
def images(tmp_path: Path) -> NodeImages:
    return images_in(tmp_path)


def is_clean(images: NodeImages) -> bool:
    """Nothing is left of downloads and half unpacked layers."""
    directory = images.store.directory
    return not any(path for name in ("downloads", "tmp") for path in (directory / name).glob("*"))


async def test_an_image_is_pulled_with_all_its_layers(registry: SmallRegistry, images: NodeImages) -> None:
    image = await images.pull(f"{registry.host}/{NAME}:1")
    assert image == images.find(f"{registry.host}/{NAME}:1")
    assert image.config.command == ("/app",)
    assert (image.layers[0] / "etc" / "motd").read_bytes() == b"hello\n"
    assert (image.layers[1] / "app").stat().st_mode & 0o777 == 0o755
    assert image.digest == registry.repository(NAME).tags["1"]
    assert image.tags == (f"{registry.host}/{NAME}:1",)
    assert image.repo_digests == (f"{registry.host}/{NAME}@{image.digest}",)
    assert is_clean(images)


async def test_of_an_index_this_machines_image_is_taken_and_its_digest_is_known(
    registry: SmallRegistry, images: NodeImages
) -> None:
    ours = registry.put_image(NAME, "", [TOP])
    other = registry.put_image(NAME, "", [BASE], architecture="s390x")
    index = registry.put_index(NAME, "many", {"linux/s390x": other, f"linux/{own_architecture()}": ours})
    image = await images.pull(f"{registry.host}/{NAME}:many")
    assert image.digest == ours
    assert images.find(f"{registry.host}/{NAME}@{index}") == image
    by_digest = await images.pull(f"{registry.host}/{NAME}@{index}")
    assert by_digest.digest == ours
    only = registry.put_index(NAME, "other", {"linux/s390x": other})
    with pytest.raises(FailedPrecondition, match=r"no image for linux/.*it has them for linux/s390x"):
        await images.pull(f"{registry.host}/{NAME}@{only}")


async def test_an_image_by_digest_is_found_by_it_and_has_no_tag(registry: SmallRegistry, images: NodeImages) -> None:
    digest = registry.repository(NAME).tags["1"]
    image = await images.pull(f"{registry.host}/{NAME}@{digest}")
    assert image.tags == ()
    assert image.repo_digests == (f"{registry.host}/{NAME}@{digest}",)
    assert images.find(f"{registry.host}/{NAME}@{digest}") == image
    await images.remove(f"{registry.host}/{NAME}@{digest}")
    assert images.list() == []


async def test_a_second_pull_only_asks_whether_the_tag_still_means_the_same(
    registry: SmallRegistry, images: NodeImages
) -> None:
    first = await images.pull(f"{registry.host}/{NAME}:1")
    registry.asked.clear()
    assert await images.pull(f"{registry.host}/{NAME}:1") == first
    assert {one.method for one in registry.asked} == {"HEAD"}
    registry.put_image(NAME, "1", [BASE, tar_of({"app": b"new"})])
    second = await images.pull(f"{registry.host}/{NAME}:1")
    assert second.digest != first.digest
    assert registry.count("GET", registry.layer_digests(NAME, "1")[0]) == 0, "the layer was here"
    assert [image.tags for image in images.list()] == [(f"{registry.host}/{NAME}:1",)]


async def test_an_image_that_was_built_here_is_never_asked_for(images: NodeImages, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "image.toml").write_text('name = "localhost:1/orders:1"\n[[copy]]\nfrom = "image.toml"\nto = "/x"\n')
    image = build_image(images.store, source)
    assert await images.pull("localhost:1/orders:1") == image


async def test_what_is_built_under_a_pulled_name_is_ours_again(
    registry: SmallRegistry, images: NodeImages, tmp_path: Path
) -> None:
    name = f"{registry.host}/{NAME}:1"
    await images.pull(name)
    source = tmp_path / "source"
    source.mkdir()
    (source / "image.toml").write_text('name = "x:1"\n[[copy]]\nfrom = "image.toml"\nto = "/x"\n')
    image = build_image(images.store, source, tag=name)
    registry.asked.clear()
    assert (await images.pull(name)).digest == image.digest
    assert registry.asked == []


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
async def test_layers_may_be_packed_or_not(registry: SmallRegistry, images: NodeImages, pack: object) -> None:
    registry.put_image(NAME, "packed", [TOP], pack=pack)  # type: ignore[arg-type]  # both take bytes
    image = await images.pull(f"{registry.host}/{NAME}:packed")
    assert (image.layers[0] / "app").is_file()


async def test_a_layer_that_an_image_has_twice_comes_once(registry: SmallRegistry, images: NodeImages) -> None:
    registry.put_image(NAME, "twice", [TOP, tar_of({"other": b"x"}), TOP])
    image = await images.pull(f"{registry.host}/{NAME}:twice")
    assert image.layers[0] == image.layers[2]
    assert registry.count("GET", registry.layer_digests(NAME, "twice")[0]) == 1


async def test_a_cut_connection_is_gone_on_with_where_it_was(registry: SmallRegistry, images: NodeImages) -> None:
    layer = registry.layer_digests(NAME, "1")[0]
    registry.cuts[layer] = [1_200_000, 0, 100_000]
    image = await images.pull(f"{registry.host}/{NAME}:1")
    assert (image.layers[0] / "data").stat().st_size == 1_500_000
    ranges = [one.headers.get("range", "") for one in registry.asked if layer in one.path]
    assert ranges[0] == ""
    assert ranges[1:] == ["bytes=1200000-", "bytes=1200000-", "bytes=1300000-"]


async def test_a_registry_without_ranges_begins_anew(registry: SmallRegistry, images: NodeImages) -> None:
    registry.has_ranges = False
    registry.cuts[registry.layer_digests(NAME, "1")[0]] = [1_200_000]
    assert (await images.pull(f"{registry.host}/{NAME}:1")).layers


async def test_a_line_that_brings_nothing_is_given_up(
    registry: SmallRegistry, images: NodeImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "FIRST_WAIT_S", 0.001)
    layer = registry.layer_digests(NAME, "1")[0]
    registry.cuts[layer] = [1_200_000] + [0] * 20
    with pytest.raises(RegistryFailure) as caught:
        await images.pull(f"{registry.host}/{NAME}:1")
    assert caught.value.cause is Cause.UNREACHABLE
    assert registry.count("GET", layer) == 1 + downloads.TRIES_MAX
    assert images.list() == []
    registry.cuts.clear()
    await images.pull(f"{registry.host}/{NAME}:1")
    assert [one.headers.get("range") for one in registry.asked if layer in one.path][-1:] == ["bytes=1200000-"]
    assert is_clean(images)


async def test_what_is_not_as_its_digest_says_does_not_come_in(registry: SmallRegistry, images: NodeImages) -> None:
    registry.is_corrupt = True
    with pytest.raises(FailedPrecondition, match="failed size or digest validation"):
        await images.pull(f"{registry.host}/{NAME}:1")
    assert images.list() == []
    assert is_clean(images)
    registry.is_corrupt = False
    await images.pull(f"{registry.host}/{NAME}:1")


async def test_a_manifest_under_another_digest_does_not_come_in(registry: SmallRegistry, images: NodeImages) -> None:
    repository = registry.repository(NAME)
    wanted = "sha256:" + "0" * 64
    repository.manifests[wanted] = repository.manifests[repository.tags["1"]]
    with pytest.raises(FailedPrecondition, match="failed size or digest validation: the manifest"):
        await images.pull(f"{registry.host}/{NAME}@{wanted}")


async def test_two_pulls_at_once_fetch_a_layer_once(registry: SmallRegistry, images: NodeImages) -> None:
    registry.put_image("shop/other", "1", [BASE, tar_of({"other": b""})])
    first, second = await asyncio.gather(
        images.pull(f"{registry.host}/{NAME}:1"), images.pull(f"{registry.host}/shop/other:1")
    )
    assert first.layers[0] == second.layers[0]
    assert registry.count("GET", registry.layer_digests(NAME, "1")[0]) == 1
    assert is_clean(images)


async def test_a_cancelled_pull_leaves_no_image_and_the_other_goes_on(
    registry: SmallRegistry, images: NodeImages
) -> None:
    registry.put_image("shop/other", "1", [BASE])
    registry.gate = threading.Event()
    first = asyncio.ensure_future(images.pull(f"{registry.host}/{NAME}:1"))
    second = asyncio.ensure_future(images.pull(f"{registry.host}/shop/other:1"))
    layer = registry.layer_digests(NAME, "1")[0]
    while not registry.count("GET", layer):
        await asyncio.sleep(0.01)
    first.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await first
    registry.gate.set()
    await second
    assert images.find(f"{registry.host}/{NAME}:1") is None
    assert images.find(f"{registry.host}/shop/other:1") is not None


async def test_the_loop_is_never_held_up_while_an_image_comes(registry: SmallRegistry, images: NodeImages) -> None:
    files = {f"f{number}": random.Random(number).randbytes(4_000) for number in range(600)}
    registry.put_image(NAME, "big", [tar_of(files)])
    pull = asyncio.ensure_future(images.pull(f"{registry.host}/{NAME}:big"))
    longest_s, turns = 0.0, 0
    while not pull.done():
        began_s = time.monotonic()
        await asyncio.sleep(0)
        longest_s, turns = max(longest_s, time.monotonic() - began_s), turns + 1
    await pull
    assert turns > 20
    assert longest_s < 1.0, "a probe would have been late"


# Who we are.


def keys(host: str, user: str = "ana", password: str = "secret") -> Keyring:
    return Keyring(((host, Credentials(user, password)),))


@pytest.mark.parametrize("auth", ["basic", "token"])
async def test_a_private_image_takes_credentials(tmp_path: Path, auth: str) -> None:
    with SmallRegistry(auth, users={"ana": "secret"}) as registry:
        registry.put_image(NAME, "1", [TOP])
        name, images = f"{registry.host}/{NAME}:1", images_in(tmp_path)
        with pytest.raises(RegistryFailure, match=r"pull access denied.*imagePullSecrets") as caught:
            await images.pull(name)
        assert caught.value.cause is Cause.DENIED
        with pytest.raises(RegistryFailure, match="does not take these credentials"):
            await images.pull(name, keys(registry.host, password="wrong"))
        both = keys(registry.host, password="wrong") + keys(f"{registry.host}/shop")
        assert (await images.pull(name, both)).tags == (name,)
        assert (await images.pull(name, keys(registry.host, "bob", "x") + keys(registry.host))).tags == (name,)


async def test_a_public_image_of_a_registry_with_tokens_takes_none(tmp_path: Path) -> None:
    with SmallRegistry("token") as registry:
        registry.put_image(NAME, "1", [TOP])
        await images_in(tmp_path).pull(f"{registry.host}/{NAME}:1")
        token = next(one for one in registry.asked if one.path.startswith("/token"))
        assert "scope=repository%3Ashop%2Forders%3Apull" in token.path
        assert "service=small" in token.path
        assert "authorization" not in token.headers


async def test_another_server_never_hears_who_we_are(tmp_path: Path) -> None:
    with SmallRegistry("token", users={"ana": "secret"}) as registry, SmallRegistry() as store:
        registry.put_image(NAME, "1", [TOP])
        store.repository(NAME).blobs.update(registry.repository(NAME).blobs)
        registry.redirects = lambda digest: f"http://localhost:{store.port}/v2/{NAME}/blobs/{digest}"
        await images_in(tmp_path).pull(f"{registry.host}/{NAME}:1", keys(registry.host))
        assert len(store.asked) == 2
        assert all("authorization" not in one.headers for one in store.asked)


# What people are told.


async def failure_of(images: NodeImages, name: str) -> RegistryFailure:
    with pytest.raises(RegistryFailure) as caught:
        await images.pull(name)
    return caught.value


async def test_a_wrong_tag_is_not_found(registry: SmallRegistry, images: NodeImages) -> None:
    failure = await failure_of(images, f"{registry.host}/{NAME}:nope")
    assert failure.cause is Cause.NOT_FOUND
    assert f'failed to resolve reference "{registry.host}/{NAME}:nope"' in str(failure)
    assert str(failure).count(": not found") == 1
    assert "check its name and tag" in failure.remedy


async def test_a_registry_that_does_not_run_is_refused(images: NodeImages) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
        failure = await failure_of(images, f"{host}/{NAME}:1")
    assert "connection refused" in failure.what
    assert failure.remedy == f"does the registry at {host} run?"


async def test_a_registry_that_does_not_exist_has_no_such_host(images: NodeImages) -> None:
    failure = await failure_of(images, "registry.invalid/orders:1")
    assert "lookup registry.invalid: no such host" in failure.what
    assert "HTTPS_PROXY" in failure.remedy


async def test_too_many_requests_are_told_with_the_servers_words(registry: SmallRegistry, images: NodeImages) -> None:
    words = b'{"errors":[{"code":"TOOMANYREQUESTS","message":"You have reached your pull rate limit."}]}'
    registry.answers["/manifests/"] = (429, words)
    failure = await failure_of(images, f"{registry.host}/{NAME}:1")
    assert "429 Too Many Requests" in failure.what
    assert "toomanyrequests: You have reached your pull rate limit." in failure.what
    assert "mirror" in failure.remedy


async def test_an_answer_that_nobody_expects_is_told(registry: SmallRegistry, images: NodeImages) -> None:
    registry.answers["/manifests/"] = (503, b"<html>")
    assert "503" in (await failure_of(images, f"{registry.host}/{NAME}:1")).what


async def test_what_is_no_image_is_said_to_be_none(registry: SmallRegistry, images: NodeImages) -> None:
    registry.put_manifest(NAME, "chart", b'{"layers": 3}', "application/vnd.oci.image.manifest.v1+json")
    with pytest.raises(FailedPrecondition, match="is no container image"):
        await images.pull(f"{registry.host}/{NAME}:chart")


async def test_a_name_that_is_none_is_refused(images: NodeImages) -> None:
    with pytest.raises(RuntimeFailure, match="invalid reference format"):
        await images.pull("Orders:1")


DEEP = b'{"x":' + b"[" * 1_000_000


@pytest.mark.parametrize(
    ("where", "answer"),
    [
        ("/manifests/", (200, b"")),
        ("/manifests/", (200, b"[]")),
        ("/manifests/", (200, DEEP)),
        ("/manifests/", (404, DEEP)),
        ("/manifests/", (200, b"x" * 5_000_000)),
        ("/manifests/", (200, b'{"config":{"mediaType":"x","digest":"../../x","size":1},"layers":[]}')),
        (
            "/manifests/",
            (200, b'{"config":{"mediaType":"x","digest":"sha256:%s","size":-1},"layers":[]}' % (b"0" * 64)),
        ),
        (
            "/manifests/",
            (200, b'{"config":{"mediaType":"x","digest":"sha256:%s","size":9e9},"layers":[]}' % (b"0" * 64)),
        ),
        (
            "/manifests/",
            (200, b'{"config":{"mediaType":"x","digest":"sha256:%s","size":9000000},"layers":[]}' % (b"0" * 64)),
        ),
        ("/token", (200, b'{"token": "a\\r\\nHost: x"}')),
        ("/token", (200, DEEP)),
        ("/token", (500, b"\xff")),
    ],
)
async def test_a_registry_that_talks_nonsense_is_refused_in_a_sentence(
    tmp_path: Path, where: str, answer: tuple[int, bytes]
) -> None:
    with SmallRegistry("token" if where == "/token" else "") as registry:
        registry.put_image(NAME, "1", [TOP])
        registry.answers[where] = answer
        images = images_in(tmp_path)
        with pytest.raises(RuntimeFailure) as caught:
            await images.pull(f"{registry.host}/{NAME}:1")
        assert len(str(caught.value)) < 1500
        assert images.list() == []


@pytest.mark.parametrize(
    "place", ["http://[::1", "http://x:99999/", "ftp://x/", "//", "http://x/\xe9", "file:///etc/passwd"]
)
async def test_a_registry_that_sends_us_nowhere_is_refused_in_a_sentence(
    registry: SmallRegistry, images: NodeImages, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "TRIES_MAX", 1)
    registry.redirects = lambda _digest: place
    with pytest.raises(RegistryFailure, match=r"no address|no such host|connect|without end"):
        await images.pull(f"{registry.host}/{NAME}:1")


# How registries are reached.


async def test_a_strangers_certificate_is_refused_until_somebody_names_its_authority(tmp_path: Path) -> None:
    ours, theirs = create_ca("ours"), create_ca("theirs")
    identity = issue(theirs, "registry", ips=["127.0.0.1"], server=True)
    (tmp_path / "ours.pem").write_bytes(ours.cert_pem)
    (tmp_path / "theirs.pem").write_bytes(theirs.cert_pem)
    with SmallRegistry(tls=server_context(identity)) as registry:
        registry.put_image(NAME, "1", [TOP])
        name = f"{registry.host}/{NAME}:1"
        wrong = images_in(tmp_path, RegistrySettings(ca=(f"{registry.host}={tmp_path / 'ours.pem'}",)))
        failure = await failure_of(wrong, name)
        assert failure.cause is Cause.CERTIFICATE
        assert "x509: certificate signed by unknown authority" in failure.what
        assert f"WHERRY_REGISTRY_CA={registry.host}=FILE.pem" in failure.remedy
        missing = images_in(tmp_path, RegistrySettings(ca=(f"{registry.host}={tmp_path / 'none.pem'}",)))
        with pytest.raises(FailedPrecondition, match=r"none\.pem cannot be read: No such file"):
            await missing.pull(name)
        right = images_in(tmp_path, RegistrySettings(ca=(f"{registry.host}={tmp_path / 'theirs.pem'}",)))
        assert (await right.pull(name)).tags == (name,)


async def test_an_insecure_registry_may_show_any_certificate(tmp_path: Path) -> None:
    identity = issue(create_ca("theirs"), "registry", ips=["127.0.0.1"], server=True)
    with SmallRegistry(tls=server_context(identity)) as registry:
        registry.put_image(NAME, "1", [TOP])
        images = images_in(tmp_path, RegistrySettings(insecure=(registry.host,)))
        assert (await images.pull(f"{registry.host}/{NAME}:1")).layers
        # Whoever answers over TLS has answered: plain HTTP is not tried after that.
        assert (await failure_of(images, f"{registry.host}/{NAME}:2")).cause is Cause.NOT_FOUND


async def test_a_mirror_is_asked_first_and_the_registry_when_it_has_nothing(
    registry: SmallRegistry, tmp_path: Path
) -> None:
    with SmallRegistry() as mirror:
        mirror.put_image(f"hub/{NAME}", "1", [TOP])
        settings = RegistrySettings(mirrors=(f"{registry.host}=http://{mirror.host}/hub",))
        images = images_in(tmp_path, settings)
        image = await images.pull(f"{registry.host}/{NAME}:1")
        assert image.digest == mirror.repository(f"hub/{NAME}").tags["1"]
        assert registry.asked == []
        registry.put_image(NAME, "2", [TOP])
        await images.pull(f"{registry.host}/{NAME}:2")
        assert registry.asked
        mirror.close()
        registry.put_image(NAME, "3", [TOP])
        await images.pull(f"{registry.host}/{NAME}:3")


async def test_a_mirror_never_hears_the_registrys_password(registry: SmallRegistry, tmp_path: Path) -> None:
    with SmallRegistry("basic", users={"ana": "secret"}) as mirror:
        mirror.put_image(NAME, "1", [TOP])
        images = images_in(tmp_path, RegistrySettings(mirrors=(f"*=http://{mirror.host}",)))
        await images.pull(f"{registry.host}/{NAME}:1", keys(registry.host))
        assert all("authorization" not in one.headers for one in mirror.asked)


# What is left behind.


async def test_what_a_killed_process_has_left_is_used_or_swept_away(
    registry: SmallRegistry, images: NodeImages
) -> None:
    folder = images.store.directory / "downloads"
    folder.mkdir(parents=True)
    layer = registry.layer_digests(NAME, "1")[0]
    whole = registry.repository(NAME).blobs[layer]
    (folder / f"{layer[7:]}.part").write_bytes(whole[:1000])
    old = folder / f"{digest_of(b'old')[7:]}.part"
    old.write_bytes(b"x")
    os.utime(old, (0, 0))
    await images.pull(f"{registry.host}/{NAME}:1")
    assert [one.headers["range"] for one in registry.asked if layer in one.path] == ["bytes=1000-"]
    assert list(folder.iterdir()) == []


async def test_a_node_that_starts_sweeps_away_what_is_old(images: NodeImages) -> None:
    await images.sweep()
    folder = images.store.directory / "downloads"
    folder.mkdir(parents=True)
    old, new = folder / "old.part", folder / "new.part"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (0, 0))
    await images.sweep()
    assert list(folder.iterdir()) == [new]
