"""The short way to the masters is taken when it leads where the long one does, and otherwise not at all."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from wherry.cli.quick import ask_masters
from wherry.cluster.data_dir import DataDir
from wherry.cluster.local_socket import listen_locally
from wherry.kit.clock import SystemClock
from wherry.kit.http.types import Request, Response

LARGE = b'"' + b"x" * 300_000 + b'"'


class Masters:
    """Answer at a real socket in a folder of their own, and note who has asked what."""

    def __init__(self, root: Path) -> None:
        self.data_dir = DataDir(root)
        self.data_dir.make()
        self.data_dir.kubeconfig.touch()
        self.asked: list[Request] = []
        self.answer = Response(body=b'{"a": [1]}')

    async def app(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer

    async def hear(self, path: str = "/ui/v1/status.json", **asked: str) -> object:
        """Ask from another thread, as a process would."""
        return await asyncio.get_running_loop().run_in_executor(None, lambda: ask_masters(self.data_dir, path, **asked))


@pytest.fixture
async def masters(tmp_path: Path) -> AsyncIterator[Masters]:
    made = Masters(tmp_path)
    [server] = await listen_locally(made.data_dir, made.app, lambda _: False, SystemClock())
    yield made
    await server.stop()


async def test_an_answer_comes_whole_and_as_the_administrator(masters: Masters) -> None:
    assert await masters.hear(ns="a b", few="true") == {"a": [1]}
    [request] = masters.asked
    assert (request.path, dict(request.query_items())) == ("/ui/v1/status.json", {"ns": "a b", "few": "true"})
    assert request.headers["host"] == "localhost"
    assert request.peer is not None
    assert (request.peer.common_name, request.peer.organizations) == ("kubernetes-admin", ("system:masters",))
    masters.answer = Response(body=LARGE)
    assert len(str(await masters.hear())) == 300_000


@pytest.mark.parametrize("answer", [Response(413, body=b"{}"), Response(body=b"half of")])
async def test_a_refusal_or_an_answer_of_another_form_means_the_long_way(masters: Masters, answer: Response) -> None:
    masters.answer = answer
    assert await masters.hear() is None


async def test_a_kubeconfig_that_somebody_has_changed_means_the_long_way(masters: Masters) -> None:
    later_ns = masters.data_dir.socket.stat().st_mtime_ns + 1
    os.utime(masters.data_dir.kubeconfig, ns=(later_ns, later_ns))
    assert await masters.hear() is None
    assert masters.asked == []


def test_masters_that_are_gone_mean_the_long_way(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert ask_masters(data_dir, "/ui/v1/status.json") is None
    data_dir.kubeconfig.touch()
    data_dir.socket.touch()
    assert ask_masters(data_dir, "/ui/v1/status.json") is None
