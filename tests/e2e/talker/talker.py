"""A web server for the tests: in clear text on 8080, with TLS on 8443; it sums up bodies and repeats what it hears."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl

CERTIFICATE = "/tls/tls.crt"
KEY = "/tls/tls.key"
WEB_SOCKET = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


async def summed(reader: asyncio.StreamReader, fields: dict[str, str]) -> bytes:
    digest, size = hashlib.sha256(), 0
    is_chunked = fields.get("transfer-encoding") == "chunked"
    rest = int(fields.get("content-length", "0"))
    while rest or is_chunked:
        if is_chunked and not rest:
            rest = int(await reader.readline(), 16)
            if not rest:
                await reader.readline()
                break
        piece = await reader.readexactly(min(rest, 65536))
        digest.update(piece)
        size += len(piece)
        rest -= len(piece)
        if is_chunked and not rest:
            await reader.readexactly(2)
    framing = "chunked" if is_chunked else "length"
    return f"{size} {digest.hexdigest()} by {framing}".encode()


async def repeat_frames(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send each frame of a WebSocket back, unmasked, until the other side closes."""
    while True:
        head = await reader.readexactly(2)
        size = head[1] & 127
        extended = await reader.readexactly({126: 2, 127: 8}.get(size, 0))
        size = int.from_bytes(extended) if extended else size
        mask = await reader.readexactly(4)
        data = await reader.readexactly(size)
        key = int.from_bytes((mask * (size // 4 + 1))[:size])
        plain = (int.from_bytes(data) ^ key).to_bytes(size)
        writer.write(bytes((head[0], head[1] & 127)) + extended + plain)
        await writer.drain()
        if head[0] & 15 == 8:
            return


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while head := (await reader.readuntil(b"\r\n\r\n")).decode("latin-1"):
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head.split("\r\n"))}
        if "sec-websocket-key" in fields:
            proof = hashlib.sha1((fields["sec-websocket-key"] + WEB_SOCKET).encode()).digest()
            accept = base64.b64encode(proof).decode()
            lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
            writer.write("\r\n".join([*lines, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())
            await repeat_frames(reader, writer)
            break
        body = await summed(reader, fields)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
    writer.close()


async def main() -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(CERTIFICATE, KEY)
    plain, secret = await asyncio.start_server(serve, "", 8080), await asyncio.start_server(serve, "", 8443, ssl=tls)
    async with plain, secret:
        await asyncio.gather(plain.serve_forever(), secret.serve_forever())


asyncio.run(main())
