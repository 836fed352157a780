"""The short way to this machine's masters: one question over their UNIX socket, answered as JSON.

    answer = ask_masters(data_dir, "/ui/v1/status.json", ns="shop")      # None: go the long way

It needs neither asyncio nor TLS nor a kubeconfig, whose imports take longer than the question. Whatever is not as it
should be (no socket, masters of another release, a kubeconfig that somebody has changed) means the long way, which
says what is wrong.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from wherry.cluster.data_dir import DataDir

TIMEOUT_S = 10.0
OK = b"HTTP/1.1 200 "


def ask_masters(data_dir: DataDir, path: str, **asked: str) -> object:
    """What the masters answer, as the administrator of their folder; None when they do not, or when it is no 200."""
    try:
        # The masters write the kubeconfig before they open the socket; a newer one may lead elsewhere, or may less.
        if data_dir.kubeconfig.stat().st_mtime_ns > data_dir.socket.stat().st_mtime_ns:
            return None
        head, _, body = _exchange(str(data_dir.socket), f"{path}?{urlencode(asked)}").partition(b"\r\n\r\n")
        return json.loads(body) if head.startswith(OK) else None
    except (OSError, ValueError, AttributeError):
        # AttributeError: a system without such sockets.
        return None


def _exchange(path: str, target: str) -> bytes:
    """One request; with HTTP/1.0 the answer comes in one piece, and its end is the connection's."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(TIMEOUT_S)
        connection.connect(path)
        connection.sendall(f"GET {target} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
        pieces = []
        while piece := connection.recv(1 << 16):
            pieces.append(piece)
    return b"".join(pieces)
