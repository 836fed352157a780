"""Which images an archive holds, how they are named, and that a bad one leaves nothing behind."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from pathlib import Path

import pytest

from wherry.runtime.images.archive import import_archive
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.manifest import own_architecture
from wherry.runtime.interface import FailedPrecondition, Unavailable

REF_NAME = "org.opencontainers.image.ref.name"


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar_of(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


class Layout:
    """An OCI layout in the making."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"oci-layout": b"{}"}
        self.top: list[dict[str, object]] = []

    def put(self, data: bytes, kind: str = "layer.v1.tar", **more: object) -> dict[str, object]:
        self.files[f"blobs/sha256/{digest_of(data)[7:]}"] = data
        media_type = f"application/vnd.oci.image.{kind}"
        return {"mediaType": media_type, "digest": digest_of(data), "size": len(data), **more}

    def image(self, content: str, architecture: str = "", **more: object) -> dict[str, object]:
        layer = tar_of({"content": content.encode()})
        config = {
            "architecture": architecture or own_architecture(),
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
        config_there = self.put(json.dumps(config).encode(), "config.v1+json")
        manifest = {"schemaVersion": 2, "config": config_there, "layers": [self.put(gzip.compress(layer, mtime=0))]}
        return self.put(json.dumps(manifest).encode(), "manifest.v1+json", **more)

    def write(self, path: Path) -> Path:
        self.files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": self.top}).encode()
        path.write_bytes(tar_of(self.files))
        return path


@pytest.fixture
def store(tmp_path: Path) -> ImageStore:
    return ImageStore(tmp_path / "store")


@pytest.mark.parametrize(
    ("annotations", "names"),
    [
        ({REF_NAME: "1.0"}, ("orders:1.0",)),
        ({REF_NAME: "127.0.0.1:5000/a/b:1"}, ("127.0.0.1:5000/a/b:1",)),
        ({REF_NAME: "docker.io/library/x:2"}, ("x:2",)),
        ({REF_NAME: "2", "io.containerd.image.name": "docker.io/library/y:2"}, ("y:2",)),
        ({}, ()),
    ],
)
def test_a_layout_names_its_image(
    store: ImageStore, tmp_path: Path, annotations: dict[str, str], names: tuple[str, ...]
) -> None:
    layout = Layout()
    layout.top = [layout.image("hello", annotations=annotations)]
    (image,) = import_archive(store, layout.write(tmp_path / "orders.tar"))
    assert image.tags == names
    (again,) = import_archive(store, layout.write(tmp_path / "orders.tar"), tag="given")
    assert again.tags == tuple(sorted(("given:latest", *names)))


def test_of_several_machines_ours_is_taken_and_attestations_are_left(store: ImageStore, tmp_path: Path) -> None:
    layout = Layout()
    other = layout.image("other", "s390x", platform={"os": "linux", "architecture": "s390x"})
    ours = layout.image("ours", platform={"os": "linux", "architecture": own_architecture()})
    proof = layout.image("proof", platform={"os": "unknown", "architecture": "unknown"})
    named = {"annotations": {REF_NAME: "a:1"}}
    layout.top = [{**proof, **named}, {**other, **named}, {**ours, **named}]
    (image,) = import_archive(store, layout.write(tmp_path / "x.tar"))
    assert (image.layers[0] / "content").read_text() == "ours"
    inner = layout.put(json.dumps({"manifests": [proof, other, ours]}).encode(), "index.v1+json", **named)
    layout.top = [inner]
    assert import_archive(store, layout.write(tmp_path / "x.tar")) == [image]


def test_several_names_of_one_image_stay_together_and_one_name_does_not_fit_two_images(
    store: ImageStore, tmp_path: Path
) -> None:
    layout = Layout()
    layout.top = [layout.image("one", annotations={REF_NAME: name}) for name in ("a:1", "b:1")]
    (image,) = import_archive(store, layout.write(tmp_path / "x.tar"))
    assert image.tags == ("a:1", "b:1")
    layout.top.append(layout.image("two", annotations={REF_NAME: "c:1"}))
    with pytest.raises(FailedPrecondition, match="holds 2 images"):
        import_archive(store, layout.write(tmp_path / "x.tar"), tag="d:1")
    assert store.find("c:1") is None
    assert len(list((store.directory / "layers").iterdir())) == 1


def test_a_damaged_second_image_leaves_nothing_of_the_first(store: ImageStore, tmp_path: Path) -> None:
    layout = Layout()
    layout.top = [layout.image(name, annotations={REF_NAME: f"{name}:1"}) for name in ("good", "bad")]
    broken = tar_of({"content": b"bad"})
    layout.files[f"blobs/sha256/{digest_of(gzip.compress(broken, mtime=0))[7:]}"] = gzip.compress(tar_of({"x": b"y"}))
    with pytest.raises(FailedPrecondition, match="damaged"):
        import_archive(store, layout.write(tmp_path / "x.tar"))
    assert store.list() == []
    assert list((store.directory / "layers").iterdir()) == list((store.directory / "tmp").iterdir()) == []


@pytest.mark.parametrize("packed", [False, True])
def test_an_archive_is_read_from_a_pipe(store: ImageStore, tmp_path: Path, packed: bool) -> None:
    layout = Layout()
    layout.top = [layout.image("hello")]
    data = layout.write(tmp_path / "x.tar").read_bytes()
    reading, writing = os.pipe()
    assert os.write(writing, gzip.compress(data) if packed else data) < 65536
    os.close(writing)
    try:
        (image,) = import_archive(store, Path(f"/proc/self/fd/{reading}"), tag="piped")
    finally:
        os.close(reading)
    assert image.tags == ("piped:latest",)


def test_a_truncated_or_empty_file_is_told_in_one_sentence(store: ImageStore, tmp_path: Path) -> None:
    layout = Layout()
    layout.top = [layout.image("hello" * 5000)]
    data = gzip.compress(layout.write(tmp_path / "x.tar").read_bytes())
    for bad in (data[: len(data) // 2], b""):
        (tmp_path / "bad.tar").write_bytes(bad)
        with pytest.raises(FailedPrecondition, match=r"^\S+ is not an image archive, or not all of it; [^\n]+$"):
            import_archive(store, tmp_path / "bad.tar")


def test_a_link_out_of_a_layout_directory_is_not_followed(store: ImageStore, tmp_path: Path) -> None:
    (tmp_path / "index.json").write_text('{"manifests": []}')
    (tmp_path / "layout").mkdir()
    (tmp_path / "layout" / "index.json").symlink_to(tmp_path / "index.json")
    with pytest.raises(FailedPrecondition, match="points outside itself"):
        import_archive(store, tmp_path / "layout")


def test_a_damaged_index_is_told_with_the_way_out(store: ImageStore) -> None:
    store.directory.mkdir()
    (store.directory / "index.json").write_text("{")
    for look in (store.list, lambda: store.find("x"), store.collect_garbage):
        with pytest.raises(Unavailable, match=r"index\.json is damaged .* build or import your images again"):
            look()
