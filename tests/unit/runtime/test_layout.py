from __future__ import annotations

import io
from pathlib import Path

import pytest

from wherry.runtime.images.archive import import_archive
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.layout import Exported, read_documents, write_layout
from wherry.runtime.interface import FailedPrecondition, NotFound


def built(tmp_path: Path) -> tuple[ImageStore, str]:
    source = tmp_path / "source"
    (source / "www").mkdir(parents=True)
    (source / "www" / "page").write_text("hello")
    (source / "image.toml").write_text('name = "page:1"\n[[copy]]\nfrom = "www"\nto = "/www"\n')
    store = ImageStore(tmp_path / "store")
    return store, build_image(store, source).digest


def exported(store: ImageStore, digest: str, file: Path) -> Path:
    with file.open("wb") as target:
        write_layout(store, [Exported(digest, "page:r1")], target, {"README.md": b"read"})
    return file


def test_an_image_goes_out_and_comes_in_with_the_same_digest(tmp_path: Path) -> None:
    store, digest = built(tmp_path)
    file = exported(store, digest, tmp_path / "page.tar")
    other = ImageStore(tmp_path / "other")
    (image,) = import_archive(other, file)
    assert (image.digest, image.tags) == (digest, ("page:r1",))
    assert (image.layers[0] / "www" / "page").read_text() == "hello"
    # And from there once more, the same bytes.
    assert exported(other, digest, tmp_path / "again.tar").read_bytes() == file.read_bytes()


def test_documents_stand_beside_the_images(tmp_path: Path) -> None:
    store, digest = built(tmp_path)
    file = exported(store, digest, tmp_path / "page.tar")
    assert read_documents(file, ("README.md", "none"), 100) == {"README.md": b"read"}
    assert read_documents(file, ("README.md",), 3) == {}


def test_an_image_that_is_not_here_or_not_whole_is_refused(tmp_path: Path) -> None:
    store, digest = built(tmp_path)
    with pytest.raises(NotFound, match="is not on this machine"):
        write_layout(store, [Exported("sha256:" + "0" * 64, "page:r1")], io.BytesIO(), {})
    for skeleton in (store.directory / "skeletons").iterdir():
        skeleton.unlink()
    with pytest.raises(FailedPrecondition, match="older Wherry"):
        write_layout(store, [Exported(digest, "page:r1")], io.BytesIO(), {})


def test_what_no_image_needs_is_forgotten_with_it(tmp_path: Path) -> None:
    store, digest = built(tmp_path)
    store.remove_blocking(digest)
    assert list((store.directory / "skeletons").iterdir()) == []
