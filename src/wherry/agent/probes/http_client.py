"""A GET and nothing more: what a probe needs of HTTP, on a bare stream.

Limits: headers 64 KB, of the body only the first 10 KB are kept and the rest is not waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import SplitResult, urljoin, urlsplit

HEADER_BYTES_MAX = 64 * 1024
BODY_BYTES_MAX = 10 * 1024
REDIRECTS_MAX = 10
USER_AGENT = "kube-probe/1.36"

Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, the Location of a redirect ("" if none) and the beginning of the body."""

    status: int
    location: str
    body: bytes


async def get(url: str, headers: Headers) -> Answer:
    """GET `url`, following redirects within the same host.

    A redirect to another host counts as an answer (Kubernetes: success with a warning).

    Raises:
        OSError, EOFError, ValueError: no answer, or none that is HTTP.
    """
    for _ in range(REDIRECTS_MAX):
        answer = await _get_once(urlsplit(url), headers)
        if not (300 <= answer.status < 400 and answer.location):
            return answer
        following = urljoin(url, answer.location)
        if urlsplit(following).hostname != urlsplit(url).hostname:
            return answer
        url = following
    raise ValueError(f"stopped after {REDIRECTS_MAX} redirects")


async def _get_once(url: SplitResult, headers: Headers) -> Answer:
    is_tls = url.scheme == "https"
    port = url.port or (443 if is_tls else 80)
    reader, writer = await asyncio.open_connection(
        url.hostname, port, ssl=_unverified() if is_tls else None, limit=HEADER_BYTES_MAX
    )
    try:
        writer.write(_request(url, headers))
        return await _read(reader)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


@lru_cache(maxsize=1)
def _unverified() -> ssl.SSLContext:
    # A probe asks whether the program answers, not who it is; Kubernetes does not verify either.
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _request(url: SplitResult, headers: Headers) -> bytes:
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    given = {name.lower() for name, _ in headers}
    lines = [f"GET {target} HTTP/1.1"]
    for name, text in (("Host", url.netloc), ("User-Agent", USER_AGENT), ("Accept", "*/*"), ("Connection", "close")):
        if name.lower() not in given:
            lines.append(f"{name}: {text}")
    # An empty value takes a default header away, as in Kubernetes.
    lines += [f"{name}: {text}" for name, text in headers if text]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("utf-8")


async def _read(reader: asyncio.StreamReader) -> Answer:
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError as error:
        raise ValueError("the answer's headers are too long") from error
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ", 2)
    if len(parts) < 2 or not parts[0].startswith("HTTP/") or not parts[1].isdigit():
        raise ValueError(f'malformed HTTP response "{lines[0][:100]}"')
    fields = {name.strip().lower(): text.strip() for name, _, text in (line.partition(":") for line in lines[1:])}
    body = b""
    if fields.get("content-length", "1") != "0":
        body = await reader.read(BODY_BYTES_MAX)
    return Answer(int(parts[1]), fields.get("location", ""), body)
