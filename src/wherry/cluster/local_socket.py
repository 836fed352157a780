"""The masters' UNIX socket, for commands of whoever owns the cluster's folder: no TLS, no keys, no waiting for them.

Whoever may connect is the administrator, as with the kubeconfig beside it: same owner, same mode. It answers what the
port answers. Where it cannot be (another system, a long path), commands go by the port.
"""

from __future__ import annotations

import socket
from pathlib import Path

from wherry.cluster.data_dir import DataDir
from wherry.kit.clock import Clock
from wherry.kit.files import give_to_owner_of
from wherry.kit.http.server import BoundSocket, Server
from wherry.kit.http.types import App, Peer, WantsStream
from wherry.kit.log import get_logger

ADMINISTRATOR = Peer("kubernetes-admin", ("system:masters",))

log = get_logger(__name__)


async def listen_locally(data_dir: DataDir, app: App, wants_stream: WantsStream, clock: Clock) -> list[Server]:
    """Answer at the socket from now on; nothing where there can be none."""
    if not hasattr(socket, "AF_UNIX"):
        return []
    try:
        at = bind_private(data_dir.socket, private_folder=data_dir.pki)
    except OSError as error:
        log.info("Opened no local socket", path=str(data_dir.socket), err=str(error))
        return []
    server = Server(app, clock=clock, wants_stream=wants_stream, at=BoundSocket(at, ADMINISTRATOR))
    await server.start()
    return [server]


def bind_private(path: Path, *, private_folder: Path) -> socket.socket:
    """A socket at `path` that only the owner of its folder can reach, at no moment anybody else. Raises OSError.

    It is made in `private_folder` (mode 0700, the same file system) and gets its place when it has its mode.
    """
    made = private_folder / path.name
    made.unlink(missing_ok=True)
    at = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        at.bind(str(made))
        made.chmod(0o600)
        give_to_owner_of(path.parent, made)
        made.replace(path)
    except OSError:
        at.close()
        made.unlink(missing_ok=True)
        raise
    return at
