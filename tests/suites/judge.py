"""Sends requests that nobody should send, and remembers those that were not answered as they should be."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field

import pytest

from suites.api_harness import JSON, Api
from wherry.kit.http.types import Response

ANSWER_S = 5.0
# Of the processor's time. A second is the promise; a busy machine may take twice as long.
WORK_S = 2.0
# Of a stream only what comes at once is read.
STREAM_S = 0.01


@contextmanager
def without_collector() -> Iterator[None]:
    """Python's search for garbage goes through all that thousands of tests hold: it is none of a request's work."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@dataclass
class Judge:
    """No answer is a 5xx, none takes long, nothing is logged as an error, and what is refused writes nothing."""

    api: Api
    caplog: pytest.LogCaptureFixture
    faults: list[str] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)

    async def send(
        self, method: str, path: str, body: object = b"", *, content_type: str = JSON, accept: str = "",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, bytes]:  # fmt: skip
        """The status and the body of the answer; 0 when there was none."""
        store = self.api.server.environment.store
        revision, began_s = store.revision, time.process_time()
        try:
            with without_collector():
                async with asyncio.timeout(ANSWER_S):
                    response = await self.api.raw(
                        method, path, body, content_type=content_type, accept=accept, headers=headers
                    )
                    text = await first_bytes(response)
        except Exception as error:  # noqa: BLE001 - whatever comes out is a finding
            self.blame(f"raised {error!r}", method, path, body, content_type)
            return 0, b""
        worked_s = time.process_time() - began_s
        self.statuses[response.status] += 1
        if worked_s > WORK_S:
            self.blame(f"worked for {worked_s:.1f} s", method, path, body, content_type)
        if response.status >= 500 and not _may_be(response.status, text):
            self.blame(f"answered {response.status} {text[:200]!r}", method, path, body, content_type)
        if response.status >= 400 and store.revision != revision:
            self.blame(f"refused with {response.status} and wrote", method, path, body, content_type)
        for record in self.caplog.records:
            if record.levelno >= logging.ERROR:
                self.blame(f"logged {record.getMessage()} {record.exc_info}", method, path, body, content_type)
        self.caplog.clear()
        return response.status, text

    def blame(self, what: str, method: str, path: str, body: object, content_type: str) -> None:
        """Remember a fault."""
        sent = body[:300] if isinstance(body, bytes) else repr(body)[:2000]
        self.faults.append(f"{what}: {method} {path[:300]} {content_type} {sent!r}")


def _may_be(status: int, text: bytes) -> bool:
    """Whether this is about a resource version of the future, or about a backend that is not there."""
    known = {504: b"resource version", 503: b'"reason":"ServiceUnavailable"'}
    return status in known and known[status] in text


@asynccontextmanager
async def judging(api: Api, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Judge]:
    """A judge who speaks in the end."""
    judge = Judge(api, caplog)
    yield judge
    assert not judge.faults, f"{len(judge.faults)} faults: " + "\n".join(judge.faults[:10])
    # It answers as before.
    await api.must("POST", "/api/v1/namespaces/default/configmaps", {"metadata": {"name": "after"}, "data": {"a": "b"}})


async def first_bytes(response: Response) -> bytes:
    """The answer; of a stream only its first piece, if one comes soon."""
    if response.upgrade is not None:
        return b""
    if isinstance(response.body, bytes):
        return response.body
    if isinstance(response.body, list):
        return b"".join(response.body)
    pieces = aiter(response.body)
    try:
        async with asyncio.timeout(STREAM_S):
            return await anext(pieces, b"")
    except TimeoutError:
        return b""
    finally:
        close = getattr(pieces, "aclose", None)
        if close is not None:
            await close()
