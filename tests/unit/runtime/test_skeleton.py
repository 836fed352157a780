from __future__ import annotations

import io
import os
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from wherry.runtime.images import skeleton as skeleton_module
from wherry.runtime.images.layers import unpack_layer
from wherry.runtime.images.skeleton import RecordingReader, write_tar
from wherry.runtime.interface import FailedPrecondition

FILES = {"a/empty": b"", "a/small": b"x", "a/large": b"y" * 70_000, "b": b"z" * 512}


def tar_of(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        top = tarfile.TarInfo("a")
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(data), 17
            archive.addfile(info, io.BytesIO(data))
        link = tarfile.TarInfo("a/link")
        link.type, link.linkname = tarfile.SYMTYPE, "/b"
        archive.addfile(link)
        hard = tarfile.TarInfo("a/hard")
        hard.type, hard.linkname = tarfile.LNKTYPE, "b"
        archive.addfile(hard)
    return out.getvalue()


def unpacked(data: bytes, target: Path) -> tuple[bytes | None, str]:
    target.mkdir()
    reader = RecordingReader(io.BytesIO(data))
    unpack_layer(reader, target)
    digest = reader.finish()
    return reader.skeleton(), digest


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
def test_a_layer_is_written_again_byte_for_byte(tmp_path: Path, form: int) -> None:
    data = tar_of({**FILES, f"a/{'n' * 90}": b"long"}, form)
    skeleton, digest = unpacked(data, tmp_path / "layer")
    assert skeleton is not None
    again = io.BytesIO()
    write_tar(skeleton, tmp_path / "layer", digest, again.write)
    assert again.getvalue() == data


def test_the_skeleton_holds_no_content(tmp_path: Path) -> None:
    skeleton, _ = unpacked(tar_of({"b": os.urandom(100_000)}), tmp_path / "layer")
    assert skeleton is not None
    assert len(skeleton) < 2000


@pytest.mark.parametrize("change", ["other", "shorter", "gone"])
def test_a_layer_that_has_been_changed_is_noticed(tmp_path: Path, change: str) -> None:
    skeleton, digest = unpacked(tar_of(FILES), tmp_path / "layer")
    assert skeleton is not None
    file = tmp_path / "layer" / "a" / "small"
    if change == "gone":
        file.unlink()
    else:
        file.write_bytes({"other": b"w", "shorter": b""}[change])
    with pytest.raises(FailedPrecondition, match="layer"):
        write_tar(skeleton, tmp_path / "layer", digest, lambda _data: None)


def test_a_file_that_comes_twice_cannot_be_written_again_and_that_is_noticed(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for data in (b"first", b"second"):
            info = tarfile.TarInfo("a")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    skeleton, digest = unpacked(out.getvalue(), tmp_path / "layer")
    assert skeleton is not None
    with pytest.raises(FailedPrecondition, match="not on this disk as it was"):
        write_tar(skeleton, tmp_path / "layer", digest, lambda _data: None)


def test_a_tar_with_too_much_besides_its_files_is_unpacked_and_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(skeleton_module, "RAW_BYTES_MAX", 1000)
    skeleton, _ = unpacked(tar_of(FILES), tmp_path / "layer")
    assert skeleton is None
    assert (tmp_path / "layer" / "b").read_bytes() == FILES["b"]
