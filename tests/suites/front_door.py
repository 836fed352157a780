"""A door in front of a cluster, behind which it is any Kubernetes: a program of its own, that a test may kill.

It speaks TLS, knows people by their certificates, lets only the plain API through, and takes away what Wherry's
masters alone write down. With --no-rules it refuses definitions with rules, as servers before Kubernetes 1.25 do.

    python -m suites.front_door --to 127.0.0.1:7443 --admin KUBECONFIG --identity SERVER.pem [--no-rules]
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import ssl
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from wherry.client.kubeconfig import load_kubeconfig
from wherry.kit.http.tls import KeyPair, client_context, peer_of, server_context

PLAIN = re.compile(rb"/(api|apis|version|openapi|healthz|livez|readyz)(/|$)")
# Each is as long as what it takes the place of: the lengths in an answer's head stay right.
OTHER_MASTERS: Mapping[bytes, bytes] = {
    b"wherry.dev/why": b"example.io/why",
    b"wherry.dev/decision": b"example.io/decision",
}
RULES, UNKNOWN = b"x-kubernetes-validations", b"x-kubernetes-unknown-one"
OWNER = "owner-"
"""So people begin who have one namespace only: what no role names is refused to them, not unknown."""
DISCOVERY_SLASHES = 3
"""/apis/GROUP/VERSION: what is there at all."""
PIECE_BYTES = 64 * 1024
OWN_HEADERS = (b"authorization", b"accept-encoding", b"connection", b"impersonate-user", b"impersonate-group")


class Door:
    """Who comes in is asked for a certificate, and announced to the cluster by the administrator."""

    def __init__(self, admin: Path, to: str, *, has_rules: bool, lacks: str) -> None:
        known = load_kubeconfig(admin)
        self.people = known.ca_pem
        self._tls = client_context(ca_pem=known.ca_pem, identity=known.client_identity)
        self._host, _, port = to.rpartition(":")
        self._port = int(port)
        self._has_rules = has_rules
        self._lacks = f"/apis/{lacks}/".encode() if lacks else b""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request a connection: what comes behind it needs no understanding."""
        try:
            await self._pass_on(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        line, *headers = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
        who = peer_of(writer.get_extra_info("peercert"))
        path = line.split(b" ")[1]
        if who is None:
            return await refuse(writer, 401, "Unauthorized")
        if not PLAIN.match(path.partition(b"?")[0]):
            if who.common_name.startswith(OWNER):
                return await refuse(writer, 403, f'forbidden: User "{who.common_name}" cannot get path')
            return await refuse(writer, 404, "404 page not found", is_status=False)
        if self._lacks and (path.partition(b"?")[0] + b"/").startswith(self._lacks):
            # Rights are looked at first, also for what is not there; what is served, everybody may ask.
            if who.common_name.startswith(OWNER) and path.count(b"/") > DISCOVERY_SLASHES:
                return await refuse(writer, 403, f'User "{who.common_name}" cannot list it')
            return await refuse(writer, 404, "404 page not found", is_status=False)
        body = b""
        if not self._has_rules and b"/customresourcedefinitions" in path:
            body = await body_of(reader, headers)
            if RULES in body and b"apply-patch" in head:
                return await refuse(writer, 500, f"field not declared in schema: {RULES.decode()}")
        far_reader, far_writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
        far_writer.write(announced(line, headers, who.common_name, who.organizations))
        far_writer.write(body.replace(RULES, UNKNOWN))
        # Watches live as long as either side does.
        ways = [
            asyncio.ensure_future(copy(reader, far_writer, {})),
            asyncio.ensure_future(copy(far_reader, writer, OTHER_MASTERS)),
        ]
        try:
            _ = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                _ = way.cancel()
            _ = await asyncio.gather(*ways, return_exceptions=True)
            far_writer.close()
        return None


def announced(line: bytes, headers: Sequence[bytes], user: str, groups: Sequence[str]) -> bytes:
    """A request's head, in the name of whoever came in."""
    kept = [one for one in headers if one.partition(b":")[0].strip().lower() not in OWN_HEADERS]
    is_upgrade = any(one.lower().startswith(b"upgrade:") for one in headers)
    kept.append(b"Connection: Upgrade" if is_upgrade else b"Connection: close")
    kept.append(b"Impersonate-User: " + user.encode())
    kept += [b"Impersonate-Group: " + group.encode() for group in groups]
    return b"\r\n".join([line, *kept, b"", b""])


async def body_of(reader: asyncio.StreamReader, headers: Sequence[bytes]) -> bytes:
    """The body of a request that says how long it is."""
    lengths = [one.partition(b":")[2] for one in headers if one.lower().startswith(b"content-length:")]
    return await reader.readexactly(int(lengths[0])) if lengths else b""


async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter, words: Mapping[bytes, bytes]) -> None:
    """Everything from one to the other, with other words in it."""
    longest = max(map(len, words), default=0)
    kept = b""
    while piece := await source.read(PIECE_BYTES):
        piece = kept + piece
        for word, other in words.items():
            piece = piece.replace(word, other)
        # What may be the beginning of a word waits for what comes next.
        ends = [size for size in range(1, longest) if any(word.startswith(piece[-size:]) for word in words)]
        size = max(ends, default=0)
        piece, kept = (piece[:-size], piece[-size:]) if size else (piece, b"")
        target.write(piece)
        await target.drain()
    target.write(kept)
    await target.drain()


async def refuse(writer: asyncio.StreamWriter, code: int, message: str, *, is_status: bool = True) -> None:
    """An answer of the door itself."""
    reason = {401: "Unauthorized", 403: "Forbidden"}.get(code, "InternalError")
    status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "reason": reason,
              "code": code}  # fmt: skip
    body = json.dumps(status).encode() if is_status else message.encode()
    kind = b"application/json" if is_status else b"text/plain"
    head = b"HTTP/1.1 %d Refused\r\nContent-Type: %b\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    writer.write(head % (code, kind, len(body)) + body)
    await writer.drain()


async def serve(door: Door, identity: KeyPair, port: int) -> None:
    """Be open until somebody ends this program; the first line that it prints is the port."""
    tls = server_context(identity, client_ca_pem=door.people)
    tls.verify_mode = ssl.CERT_OPTIONAL
    server = await asyncio.start_server(door.answer, "127.0.0.1", port, ssl=tls, limit=1024 * 1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


def main() -> None:
    """As the docstring of this file says."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--to", required=True)
    parser.add_argument("--admin", type=Path, required=True)
    parser.add_argument("--identity", type=Path, required=True, help="certificate and key in one file")
    parser.add_argument("--no-rules", action="store_true")
    parser.add_argument("--lacks", default="", help="a group of the API that is not there")
    given = parser.parse_args()
    pem = given.identity.read_bytes()
    door = Door(given.admin, given.to, has_rules=not given.no_rules, lacks=given.lacks)
    asyncio.run(serve(door, KeyPair(pem, pem), given.port))


if __name__ == "__main__":
    main()
