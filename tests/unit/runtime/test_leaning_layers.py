"""Layers that say nothing about the directories their files lie in."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.layers import HEADER_BYTES_MAX, Limits, unpack_layer
from wherry.runtime.images.merged import OPAQUE_ATTRIBUTE, find_in_layers, is_whiteout
from wherry.runtime.images.skeleton import RecordingReader
from wherry.runtime.interface import FailedPrecondition

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="owners and whiteouts are root's")

DIRECTORY, LINK, HARD = tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", mode: int = 0o644, uid: int = 0) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.mode, info.uid = kind, link, mode, uid
    info.size = len(name) if kind == tarfile.REGTYPE else 0
    return info


def tar_of(*entries: tarfile.TarInfo) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for info in entries:
            archive.addfile(info, io.BytesIO(info.name.encode()))
    return out.getvalue()


def unpack(target: Path, *entries: tarfile.TarInfo, below: tuple[Path, ...] = ()) -> bool:
    target.mkdir()
    return unpack_layer(RecordingReader(io.BytesIO(tar_of(*entries))), target, below=below)


@as_root
def test_a_directory_it_does_not_describe_is_as_it_is_below(tmp_path: Path) -> None:
    base, upper = tmp_path / "base", tmp_path / "upper"
    assert not unpack(base, entry("tmp", DIRECTORY, mode=0o1777, uid=1234))
    assert unpack(upper, entry("tmp/x"), below=(base,))
    status = (upper / "tmp").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o1777, 1234)


def test_a_link_below_is_followed_and_not_hidden_by_a_directory(tmp_path: Path) -> None:
    base, upper = tmp_path / "base", tmp_path / "upper"
    unpack(base, entry("usr/lib", DIRECTORY), entry("lib", LINK, "usr/lib"))
    unpack(upper, entry("lib/x.so"), below=(base,))
    assert (upper / "usr/lib/x.so").is_file()
    assert not os.path.lexists(upper / "lib")


def test_links_below_that_go_in_circles_are_refused(tmp_path: Path) -> None:
    base, upper = tmp_path / "base", tmp_path / "upper"
    unpack(base, entry("a", LINK, "b"), entry("b", LINK, "a"))
    with pytest.raises(FailedPrecondition, match="circles"):
        unpack(upper, entry("a/x"), below=(base,))


def test_a_hard_link_to_a_file_below_brings_it_up(tmp_path: Path) -> None:
    base, upper, lost = tmp_path / "base", tmp_path / "upper", tmp_path / "lost"
    unpack(base, entry("d", DIRECTORY), entry("d/old"))
    assert unpack(upper, entry("d", DIRECTORY), entry("d/new", HARD, "d/old"), below=(base,))
    assert (upper / "d/new").read_text() == "d/old"
    with pytest.raises(FailedPrecondition, match="which is missing"):
        unpack(lost, entry("d", DIRECTORY), entry("d/new", HARD, "d/nosuch"), below=(base,))


@as_root
def test_a_deletion_is_about_the_layers_below_only(tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    unpack(layer, entry("a"), entry(".wh.a"), entry(".wh.d"), entry("d", DIRECTORY), entry("d/x"))
    assert (layer / "a").read_text() == "a"
    assert os.getxattr(layer / "d", OPAQUE_ATTRIBUTE) == b"y"
    assert (layer / "d/x").is_file()


@as_root
def test_what_layers_show_is_what_overlayfs_would(tmp_path: Path) -> None:
    low, middle, top = (tmp_path / name for name in ("low", "middle", "top"))
    unpack(low, *(entry(f"{name}/file") for name in "abcd"))
    unpack(middle, entry("a/file"), entry("b", DIRECTORY), entry("b/.wh.file"), entry("c/.wh..wh..opq"))
    unpack(top, entry("d"), entry("a", DIRECTORY))
    layers = (low, middle, top)
    assert find_in_layers(layers, ["a"]) == top / "a"
    assert find_in_layers(layers, ["a", "file"]) == middle / "a/file"
    assert find_in_layers(layers, ["b", "file"]) is None
    assert find_in_layers(layers, ["c", "file"]) is None
    assert find_in_layers(layers, ["d", "file"]) is None
    assert find_in_layers(layers, ["d"]) == top / "d"
    assert is_whiteout(middle / "b/file")


@as_root
def test_a_leaning_layer_is_kept_once_for_each_place(tmp_path: Path) -> None:
    store = ImageStore(tmp_path / "store")
    bases = [tar_of(entry("tmp", DIRECTORY, mode=mode)) for mode in (0o1777, 0o700)]
    upper = tar_of(entry("tmp/x"))
    with store.writing():
        for base in bases:
            below, _ = store.add_layer(io.BytesIO(base))
            assert not store.has_layer("sha256:" + hashlib.sha256(upper).hexdigest(), [below])
            above, _ = store.add_layer(io.BytesIO(upper), below=[below])
            assert store.has_layer(above, [below])
            low, high = store.layer_directories([below, above])
            assert (low / "tmp").stat().st_mode == (high / "tmp").stat().st_mode


def test_the_umask_changes_nothing(tmp_path: Path) -> None:
    store, before = ImageStore(tmp_path / "store"), os.umask(0o077)
    try:
        with store.writing():
            diff_id, _ = store.add_layer(io.BytesIO(tar_of(entry("a/b"))))
    finally:
        os.umask(before)
    (layer,) = store.layer_directories([diff_id])
    assert [stat.S_IMODE(path.stat().st_mode) for path in (layer, layer / "a", layer / "a/b")] == [0o755, 0o755, 0o644]


def test_a_header_too_long_for_memory_and_a_layer_too_big_for_the_disk_are_refused(tmp_path: Path) -> None:
    huge = tarfile.TarInfo("x")
    huge.type, huge.size = tarfile.XHDTYPE, HEADER_BYTES_MAX + 1
    (tmp_path / "a").mkdir()
    with pytest.raises(FailedPrecondition, match="a name or attribute of"):
        unpack_layer(RecordingReader(io.BytesIO(huge.tobuf(tarfile.GNU_FORMAT))), tmp_path / "a")
    big = tarfile.TarInfo("x")
    big.size = 2 * 1024**2
    stream = RecordingReader(io.BytesIO(big.tobuf(tarfile.GNU_FORMAT)))
    with pytest.raises(FailedPrecondition, match="does not fit"):
        unpack_layer(stream, tmp_path / "a", Limits(free_bytes_min=1 << 60))
