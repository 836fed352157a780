from __future__ import annotations

from collections.abc import AsyncGenerator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from typing_extensions import override

from suites.custom_resources import serving
from wherry.apimachinery.errors import AlreadyExists, InternalError
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method import crds
from wherry.method.crds import DEFINITIONS, Definition, definition, ensure_kinds

ESTABLISHED = b'{"metadata":{},"status":{"conditions":[{"type":"Established","status":"True"}]}}'
TIDES = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: tides.wherry.dev}
spec:
  group: wherry.dev
  scope: Namespaced
  names: {plural: tides, singular: tide, kind: Tide}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object}}
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "tides.yaml").write_text(TIDES)
    monkeypatch.setattr(crds, "FOLDER", tmp_path)
    definition.cache_clear()


async def test_a_kind_is_there_once_it_has_been_asked_for_and_stays_as_it_is() -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="ana", groups=("system:masters", "system:authenticated")))
        await ensure_kinds(client, "tides")
        tide = {"apiVersion": "wherry.dev/v1", "kind": "Tide", "metadata": {"name": "high"}}
        assert (await api.ask("POST", "/apis/wherry.dev/v1/namespaces/default/tides", tide)).status == 201
        before = (await client.get(DEFINITIONS, "tides.wherry.dev")).metadata.resource_version
        await ensure_kinds(client, "tides")
        assert (await client.get(DEFINITIONS, "tides.wherry.dev")).metadata.resource_version == before


class OldServer(Client):
    """A Kubernetes that knows no rules: it cannot apply what has some, and says null of what it has made."""

    def __init__(self, *, has_one: bool) -> None:
        self.has_one = has_one
        self.done: list[str] = []

    @override
    async def apply(self, *_: object, **__: object) -> Any:
        raise InternalError("failed to create typed patch object: field not declared in schema")

    @override
    async def create(self, *_: object, **__: object) -> Any:
        if self.has_one:
            raise AlreadyExists("it is there")
        self.done.append("create")
        return msgspec.json.decode(b'{"metadata":{},"status":{"conditions":null}}', type=Definition)

    @override
    async def patch(self, *_: object, **__: object) -> Any:
        self.done.append("patch")
        return msgspec.json.decode(ESTABLISHED, type=Definition)

    @override
    async def watch(self, *_: object, **__: object) -> AsyncGenerator[Any, None]:
        self.done.append("watch")
        yield SimpleNamespace(object=msgspec.json.decode(ESTABLISHED, type=Definition))


@pytest.mark.parametrize(("has_one", "done"), [(False, ["create", "watch"]), (True, ["patch"])])
async def test_a_cluster_that_knows_no_rules_gets_the_kind_without_them(has_one: bool, done: list[str]) -> None:
    server = OldServer(has_one=has_one)
    await ensure_kinds(server, "tides")
    assert server.done == done
