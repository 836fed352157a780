from __future__ import annotations

import asyncio
import gzip
import io
import json
import tarfile
from pathlib import Path

import pytest

from wherry.runtime.images.archive import import_archive
from wherry.runtime.images.build import Stamp, build_image, copied_paths, read_image_file
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.manifest import digest_of, own_architecture
from wherry.runtime.interface import FailedPrecondition, NotFound


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    directory = tmp_path / "source"
    (directory / "app" / "__pycache__").mkdir(parents=True)
    (directory / "app" / "main.py").write_text("print('hello')\n")
    (directory / "app" / "__pycache__" / "main.pyc").write_text("no")
    (directory / "image.toml").write_text(
        'name = "orders:1"\nentrypoint = ["python", "-m", "app"]\nuser = "10001"\nexpose = [8080]\n'
        '[env]\nB = "2"\nA = "1"\n[[copy]]\nfrom = "app"\nto = "/app/app"\n'
    )
    return directory


def test_an_image_is_built_and_found_by_every_name(store: ImageStore, source: Path) -> None:
    image = build_image(store, source)
    for name in ("orders:1", "docker.io/library/orders:1", image.id, image.digest, f"x@{image.digest}", image.id[7:19]):
        assert store.find(name) == image, name
    assert store.find("orders:2") is None
    assert store.find("Not A Name") is None
    assert image.tags == ("orders:1",)
    assert image.config.user == "10001"
    assert image.config.exposed_ports == ("8080/tcp",)
    assert image.config.env == {"A": "1", "B": "2"}
    assert (image.layers[0] / "app/app/main.py").is_file()
    assert not (image.layers[0] / "app/app/__pycache__").exists()


def test_two_builds_have_the_same_digest(source: Path, tmp_path: Path) -> None:
    first = build_image(ImageStore(tmp_path / "one"), source)
    (source / "app" / "main.py").touch()
    assert build_image(ImageStore(tmp_path / "two"), source).digest == first.digest


def test_a_changed_mode_or_link_is_seen_also_below_a_folder_that_is_never_copied(tmp_path: Path) -> None:
    store, source = ImageStore(tmp_path / "store"), tmp_path / ".venv" / "source"
    (source / "app").mkdir(parents=True)
    (source / "image.toml").write_text('name = "a:1"\n[[copy]]\nfrom = "app"\nto = "/app"\n')
    (source / "app" / "run").write_text("#!/bin/sh\n")
    (source / "app" / "link").symlink_to("run")
    digests = {build_image(store, source).digest}
    (source / "app" / "run").chmod(0o755)
    digests.add(build_image(store, source).digest)
    (source / "app" / "link").unlink()
    (source / "app" / "link").symlink_to("/app/run")
    digests.add(build_image(store, source).digest)
    assert len(digests) == 3


def test_changed_content_changes_the_image_and_the_old_is_collected(store: ImageStore, source: Path) -> None:
    old = build_image(store, source)
    (source / "app" / "main.py").write_text("print('changed, and longer')\n")
    new = build_image(store, source)
    assert new.digest != old.digest
    assert store.find("orders:1") == new
    assert store.collect_garbage() == 1
    assert not old.layers[0].exists()
    assert new.layers[0].exists()


def test_what_a_container_runs_from_outlives_its_name(store: ImageStore, source: Path) -> None:
    """A new build takes the name; the old layers are below a running container's root."""
    old = build_image(store, source)
    store.in_use = lambda image_id: image_id == old.id
    (source / "app" / "main.py").write_text("print('changed, and longer')\n")
    build_image(store, source)
    assert store.collect_garbage() == 0
    assert old.layers[0].exists()
    store.in_use = lambda _: False
    assert store.collect_garbage() == 1
    assert not old.layers[0].exists()


def test_an_image_can_stand_on_another(store: ImageStore, source: Path, tmp_path: Path) -> None:
    below = build_image(store, source)
    upper = tmp_path / "upper"
    upper.mkdir()
    (upper / "image.toml").write_text('name = "upper:1"\nbase = "orders:1"\ncmd = ["x"]\n[env]\nB = "3"\n')
    image = build_image(store, upper)
    assert image.layers == below.layers
    assert image.config.env == {"A": "1", "B": "3"}
    assert (image.config.entrypoint, image.config.command) == (("python", "-m", "app"), ("x",))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "Invalid"),
        ('nmae = "x"', "nmae"),
        ('base = "python"', "needs a name"),
        ('name = "x:1"', "would be empty"),
        ('name = "x:1"\n[[copy]]\nfrom = "../secret"\nto = "/x"', "outside"),
        ('name = "x:1"\n[[copy]]\nfrom = "nosuch"\nto = "/x"', "which is not in"),
        ('name = "x:1"\nprograms = ["/nosuch/program"]', "is not on this machine"),
        ('name = "x:1"\nprograms = ["nosuch-program"]', "nosuch-program is not on this machine"),
        ('name = "x:1"\nprograms = ["bin/sh"]', "give its whole path"),
        ('name = "x:1"\ndependencies = "."', "is no requirements file"),
        ('nmae = "x"', "did you mean name"),
        ('name = "x:1"\nentrypoint = "sh"', r'entrypoint should be a list, such as \["a", "b"\], and is a text$'),
        ('name = "x:1"\n[[copy]]\nfrm = "a"\nto = "/b"', r"copy\[0\] has a key 'frm' that means nothing"),
        ('name = "x:1"\n[[copy]]\nfrom = "a"', r"copy\[0\] lacks 'to'"),
    ],
)
def test_a_mistake_in_the_file_is_told(store: ImageStore, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "image.toml").write_text(text)
    with pytest.raises(FailedPrecondition, match=message):
        build_image(store, tmp_path)


async def test_a_name_is_removed_and_the_image_with_its_last(store: ImageStore, source: Path) -> None:
    image = build_image(store, source)
    build_image(store, source, tag="other:1")
    await store.remove("orders:1")
    assert [i.tags for i in store.list()] == [("other:1",)]
    store.in_use = lambda image_id: image_id == image.id
    with pytest.raises(FailedPrecondition, match="used by a container"):
        await store.remove("other:1")
    store.in_use = lambda _: False
    await store.remove("other:1")
    assert store.list() == []
    assert not image.layers[0].exists()
    with pytest.raises(NotFound):
        await store.remove("other:1")


def test_another_process_changes_are_seen(store: ImageStore, source: Path) -> None:
    assert store.find("orders:1") is None
    image = build_image(ImageStore(store.directory), source)
    assert store.find("orders:1") == image


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


LAYER = tar_of({"hello": b"world"})
CONFIG = json.dumps(
    {
        "architecture": own_architecture(),
        "os": "linux",
        "config": {"Cmd": ["hello"], "Env": ["A=b=c"], "Entrypoint": None, "ExposedPorts": {"80/tcp": {}}},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(LAYER)]},
    }
).encode()


def docker_save(layer: bytes = LAYER, config: bytes = CONFIG) -> bytes:
    manifest = [{"Config": "config.json", "RepoTags": ["demo:7", "demo:latest"], "Layers": ["l/layer.tar"]}]
    return tar_of({"manifest.json": json.dumps(manifest).encode(), "config.json": config, "l/layer.tar": layer})


def oci_layout(architecture: str = "") -> dict[str, bytes]:
    layer = gzip.compress(LAYER)
    blobs = {digest_of(data): data for data in (layer, CONFIG)}

    def descriptor(data: bytes, kind: str, **more: object) -> dict[str, object]:
        blobs[digest_of(data)] = data
        return {
            "mediaType": f"application/vnd.oci.image.{kind}+json",
            "digest": digest_of(data),
            "size": len(data),
            **more,
        }

    manifest = json.dumps(
        {"schemaVersion": 2, "config": descriptor(CONFIG, "config.v1"), "layers": [descriptor(layer, "layer.v1.tar")]}
    ).encode()
    platform = {"os": "linux", "architecture": architecture or own_architecture()}
    inner = json.dumps({"manifests": [descriptor(manifest, "manifest.v1", platform=platform)]}).encode()
    index = {"manifests": [descriptor(inner, "index.v1", annotations={"org.opencontainers.image.ref.name": "demo:7"})]}
    files = {f"blobs/sha256/{digest[7:]}": data for digest, data in blobs.items()}
    return {"oci-layout": b"{}", "index.json": json.dumps(index).encode(), **files}


@pytest.mark.parametrize("compressed", [False, True])
def test_a_docker_archive_is_imported(store: ImageStore, tmp_path: Path, compressed: bool) -> None:
    path = tmp_path / "demo.tar"
    data = docker_save(gzip.compress(LAYER) if compressed else LAYER)
    path.write_bytes(gzip.compress(data) if compressed else data)
    (image,) = import_archive(store, path)
    assert image.tags == ("demo:7", "demo:latest")
    assert image.config.command == ("hello",)
    assert image.config.env == {"A": "b=c"}
    assert (image.layers[0] / "hello").read_bytes() == b"world"


def test_an_oci_layout_is_imported_from_file_and_directory(store: ImageStore, tmp_path: Path) -> None:
    path, directory = tmp_path / "demo.tar", tmp_path / "layout"
    path.write_bytes(tar_of(oci_layout()))
    for name, data in oci_layout().items():
        (directory / name).parent.mkdir(parents=True, exist_ok=True)
        (directory / name).write_bytes(data)
    (from_file,) = import_archive(store, path)
    (from_directory,) = import_archive(store, directory, tag="renamed:1")
    assert from_file.tags == ("demo:7",)
    assert from_directory.digest == from_file.digest
    assert store.find("renamed:1") == store.find("demo:7")


def damaged_layout() -> bytes:
    files = oci_layout()
    files[f"blobs/sha256/{digest_of(CONFIG)[7:]}"] = CONFIG + b" "
    return tar_of(files)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"no tar at all", "not an image archive"),
        (tar_of({"x": b""}), "holds no image"),
        (docker_save(layer=tar_of({"other": b""})), "damaged"),
        (docker_save(config=CONFIG.replace(own_architecture().encode(), b"s390x")), "is for linux/s390x"),
        (tar_of(oci_layout("s390x")), "no image for linux/"),
        (damaged_layout(), "damaged"),
        (docker_save(layer=b"\x28\xb5\x2f\xfd"), "zstd"),
        (tar_of({"manifest.json": b'[{"Config": "../../etc/passwd", "Layers": []}]'}), "outside itself"),
    ],
)
def test_a_bad_archive_is_refused_with_the_reason(store: ImageStore, tmp_path: Path, data: bytes, message: str) -> None:
    path = tmp_path / "bad.tar"
    path.write_bytes(data)
    with pytest.raises(FailedPrecondition, match=message):
        import_archive(store, path)
    assert store.list() == []


def test_a_missing_file_is_not_found(store: ImageStore, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        import_archive(store, tmp_path / "nosuch.tar")


def test_a_name_is_dropped_also_from_an_image_that_a_container_runs_from(source: Path, tmp_path: Path) -> None:
    used: set[str] = set()
    store = ImageStore(tmp_path / "store", in_use=used.__contains__)
    image = build_image(store, source)
    used.add(image.id)
    store.drop_names(["orders:1"])
    assert store.find("orders:1") is None
    assert (image.layers[0] / "app/app/main.py").is_file()
    used.clear()
    store.collect_garbage()
    assert not image.layers[0].exists()


def test_an_image_keeps_what_it_has_a_second_name_for(store: ImageStore, source: Path) -> None:
    first = build_image(store, source)
    with store.writing():
        store.add_names(first.digest, ["orders:r1"])
    (source / "app" / "main.py").write_text("print('bye')\n")
    assert build_image(store, source).digest != first.digest
    store.collect_garbage()
    found = store.find(f"orders@{first.digest}")
    assert found is not None
    assert found.tags == ("orders:r1",)


def test_an_image_says_where_it_comes_from_and_when_that_was(store: ImageStore, source: Path) -> None:
    stamp = Stamp({"org.opencontainers.image.revision": "c0ffee"}, "2026-11-28T00:00:00Z", ["orders:c0ffee"])
    image = build_image(store, source, stamp=stamp)
    assert image.config.labels == {"org.opencontainers.image.revision": "c0ffee"}
    assert image.tags == ("orders:c0ffee",)
    assert json.loads(store.read_blob(image.id))["created"] == "2026-11-28T00:00:00Z"
    assert copied_paths(read_image_file(source)) == ("app", "image.toml")


async def test_whoever_follows_hears_of_an_image_that_another_process_brings(store: ImageStore, source: Path) -> None:
    heard = asyncio.Event()
    unfollow = store.follow(heard.set)
    try:
        _ = await asyncio.to_thread(build_image, ImageStore(store.directory), source)
        async with asyncio.timeout(5):
            await heard.wait()
        assert store.find("orders:1") is not None
    finally:
        unfollow()
