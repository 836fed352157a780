from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
from pathlib import Path

import pytest

from wherry.runtime.images.layers import Limits, unpack_layer
from wherry.runtime.images.skeleton import RecordingReader
from wherry.runtime.interface import FailedPrecondition

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="whiteouts are device nodes")


def layer(*entries: tuple[str, bytes, str, bytes]) -> bytes:
    """A tar of (name, type, link, data)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind, link, data in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size, info.mode = kind, link, len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def file(name: str, data: bytes = b"data") -> tuple[str, bytes, str, bytes]:
    return (name, tarfile.REGTYPE, "", data)


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[str, bytes, str, bytes]:
    return (name, kind, target, b"")


def unpack(target: Path, data: bytes, limits: Limits | None = None) -> str:
    target.mkdir()
    reader = RecordingReader(io.BytesIO(data))
    unpack_layer(reader, target, limits)
    return reader.finish()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_text("secret")
    return tmp_path / "layer"


def test_files_directories_and_links_arrive_and_the_digest_is_of_all_bytes(root: Path) -> None:
    data = layer(
        file("./a/b", b"1"), link("c", "a/b"), link("d", "a/b", tarfile.LNKTYPE), ("e", tarfile.DIRTYPE, "", b"")
    )
    assert unpack(root, data) == "sha256:" + hashlib.sha256(data).hexdigest()
    assert (root / "a/b").read_bytes() == (root / "c").read_bytes() == (root / "d").read_bytes() == b"1"
    assert (root / "e").is_dir()


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/../x"])
def test_a_name_that_climbs_out_is_refused(root: Path, name: str) -> None:
    with pytest.raises(FailedPrecondition, match="outside"):
        unpack(root, layer(file(name)))
    assert not (root.parent / "x").exists()


def test_a_link_out_is_not_written_through(root: Path) -> None:
    outside = root.parent
    unpack(root, layer(link("up", str(outside)), file("up/secret", b"evil"), link("rel", "../../.."), file("rel/x")))
    assert (outside / "secret").read_text() == "secret"
    assert sorted(path.name for path in outside.iterdir()) == ["layer", "secret"]


def test_a_hard_link_out_is_refused(root: Path) -> None:
    with pytest.raises(FailedPrecondition):
        unpack(root, layer(link("x", "../secret", tarfile.LNKTYPE)))
    root.rename(root.parent / "first")
    unpack(root, layer(link("up", str(root.parent / "secret")), link("x", "up", tarfile.LNKTYPE), file("x", b"evil")))
    assert (root.parent / "secret").read_text() == "secret"


def test_a_file_replaces_a_link_of_the_same_name(root: Path) -> None:
    unpack(root, layer(link("x", str(root.parent / "secret")), file("x", b"new")))
    assert (root / "x").read_bytes() == b"new"
    assert (root.parent / "secret").read_text() == "secret"


@as_root
def test_deletions_become_marks_of_overlayfs(root: Path) -> None:
    unpack(root, layer(file("a/.wh.gone", b""), file("b/.wh..wh..opq", b"")))
    status = (root / "a/gone").lstat()
    assert stat.S_ISCHR(status.st_mode)
    assert status.st_rdev == 0
    assert os.getxattr(root / "b", "trusted.overlay.opaque") == b"y"


def test_a_deletion_of_the_parent_is_refused(root: Path) -> None:
    with pytest.raises(FailedPrecondition, match="deletes"):
        unpack(root, layer(file("a/.wh...", b"")))


def test_device_nodes_are_left_out(root: Path) -> None:
    unpack(root, layer(link("disk", "", tarfile.BLKTYPE), link("kmsg", "", tarfile.CHRTYPE)))
    assert list(root.iterdir()) == []


def test_limits_hold(root: Path) -> None:
    with pytest.raises(FailedPrecondition, match="more than 2 entries"):
        unpack(root, layer(*(file(f"f{i}") for i in range(3))), Limits(entries_max=2))
    root.rename(root.parent / "first")
    with pytest.raises(FailedPrecondition, match="bigger than 5 bytes"):
        unpack(root, layer(file("a"), file("b")), Limits(bytes_max=5))


def test_a_truncated_layer_is_refused(root: Path) -> None:
    with pytest.raises(FailedPrecondition, match="cannot be unpacked"):
        unpack(root, layer(file("a", b"x" * 5000))[:2000])
