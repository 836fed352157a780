from __future__ import annotations

from pathlib import Path

import pytest

from wherry.runtime.interface import FailedPrecondition
from wherry.runtime.oci.rootfs import check_own_mounts, ensure_directory, ensure_file, read_text, resolve_in_root


def test_links_are_followed_inside_only(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "absolute").symlink_to("/etc")
    (tmp_path / "etc" / "up").symlink_to("../../../../etc/../other")
    (tmp_path / "loop").symlink_to("loop")
    assert resolve_in_root(tmp_path, "/absolute/passwd") == "/etc/passwd"
    assert resolve_in_root(tmp_path, "absolute/up/x") == "/other/x"
    assert resolve_in_root(tmp_path, "/../../x") == "/x"
    with pytest.raises(FailedPrecondition, match="circles"):
        resolve_in_root(tmp_path, "/loop/x")


def test_nothing_is_made_outside(tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    assert ensure_directory(root, "/link/a/b") == f"{outside}/a/b"
    assert ensure_file(root, "/link/file") == f"{outside}/file"
    assert list(outside.iterdir()) == []


def test_an_account_file_that_is_a_link_out_is_not_read(tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "etc").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (root / "etc" / "passwd").symlink_to(tmp_path / "secret")
    assert read_text(root, "/etc/passwd") == ""
    (root / "etc" / "group").write_text("root:x:0:\n")
    assert read_text(root, "/etc/group") == "root:x:0:\n"


def test_an_image_that_redirects_dev_is_refused(tmp_path: Path) -> None:
    check_own_mounts(tmp_path)
    (tmp_path / "dev").symlink_to("/etc")
    with pytest.raises(FailedPrecondition, match="/dev"):
        check_own_mounts(tmp_path)
