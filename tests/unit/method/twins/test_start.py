"""How a twin goes when the cluster is lost: what is left behind is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.fake_api import FakeApi
from suites.played_twin import played_twin
from wherry.api.core.namespace import NAMESPACES
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response
from wherry.method.project import Project, ProjectFile
from wherry.method.twins.start import twin_of

PROJECT = Project(Path(), ProjectFile("orders", {}))


class Lost:
    """A cluster that is lost at the first request of a method, after it was carried out or before."""

    def __init__(self, method: str, *, is_done: bool) -> None:
        self.api, self.method, self.is_done, self.is_lost = FakeApi(), method, is_done, False

    async def __call__(self, request: Request) -> Response:
        self.is_lost = self.is_lost or request.method == self.method
        answer = None if self.is_lost and not self.is_done else await self.api(request)
        if self.is_lost or answer is None:
            raise ConnectionResetError("lost")
        return answer


@pytest.mark.parametrize("is_done", [True, False])
async def test_a_twin_whose_cluster_is_lost_is_named_as_left_there(is_done: bool) -> None:
    lost, left = Lost("POST", is_done=is_done), list[str]()
    client = Client(InProcess(lost, user="ana"))
    with pytest.raises(ConnectionError):
        async with twin_of(client, played_twin().release, PROJECT, None, (), lambda _: None, left.append):
            raise AssertionError("it cannot start")
    made = [str(one["metadata"]["name"]) for one in lost.api.all(NAMESPACES)]  # type: ignore[index]
    assert len(left) == 1
    assert made == (left if is_done else [])
