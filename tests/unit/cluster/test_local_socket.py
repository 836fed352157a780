"""The masters' socket is the owner's alone, and never in the way of a start."""

from __future__ import annotations

import stat
from pathlib import Path

from wherry.cluster.data_dir import DataDir
from wherry.cluster.local_socket import bind_private, listen_locally
from wherry.kit.clock import SystemClock
from wherry.kit.http.types import Request, Response


async def nothing(_: Request) -> Response:
    return Response()


def test_the_socket_has_the_owner_and_the_mode_of_the_kubeconfig(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / "home")
    data_dir.make()
    with bind_private(data_dir.socket, private_folder=data_dir.pki):
        found = data_dir.socket.stat()
        assert (stat.S_ISSOCK(found.st_mode), stat.S_IMODE(found.st_mode)) == (True, 0o600)
        assert found.st_uid == data_dir.root.stat().st_uid
    assert [*data_dir.pki.iterdir()] == []


def test_a_socket_that_was_left_behind_makes_room(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    data_dir.make()
    bind_private(data_dir.socket, private_folder=data_dir.pki).close()
    before = data_dir.socket.stat().st_ino
    with bind_private(data_dir.socket, private_folder=data_dir.pki):
        assert data_dir.socket.stat().st_ino != before


async def test_a_path_that_is_too_long_for_a_socket_does_not_keep_the_masters_from_starting(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path / ("long" * 30))
    data_dir.make()
    assert await listen_locally(data_dir, nothing, lambda _: False, SystemClock()) == []
    assert not data_dir.socket.exists()
