from __future__ import annotations

from pathlib import Path

import pytest

from wherry.kit.linux.mounts import mount_points, mounted_below, overlay_options


def test_the_mount_table_is_read_with_its_escapes(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(
        "22 1 0:20 / / rw shared:1 - ext4 /dev/sda rw\n"
        "23 22 0:21 / /with\\040space ro,nosuid - cgroup2 none rw,nsdelegate\n"
    )
    first, second = mount_points(table)
    assert (first.path, first.kind, first.shared) == (Path("/"), "ext4", True)
    assert (second.path, second.shared, second.super_options) == (Path("/with space"), False, "rw,nsdelegate")


def test_an_overlay_that_the_kernel_would_misread_is_refused(tmp_path: Path) -> None:
    assert overlay_options([Path("/b"), Path("/a")], Path("/u"), Path("/w")) == "lowerdir=/b:/a,upperdir=/u,workdir=/w"
    with pytest.raises(ValueError, match="contains one of"):
        overlay_options([Path("/a:b")], Path("/u"), Path("/w"))
    with pytest.raises(ValueError, match="more than the kernel takes"):
        overlay_options([Path("/" + "x" * 100)] * 50, Path("/u"), Path("/w"))


def test_what_is_mounted_in_a_directory_is_found_and_neighbours_with_a_longer_name_are_not(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    places = ("/pods/a", "/pods/a/vol\\040one", "/pods/ab", "/pods")
    table.write_text("".join(f"30 1 0:26 / {place} rw - tmpfs tmpfs rw\n" for place in places))
    assert mounted_below(Path("/pods/a"), table) == [Path("/pods/a"), Path("/pods/a/vol one")]
