from __future__ import annotations

from pathlib import Path

import pytest

from suites.custom_resources import serving
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method import crds
from wherry.method.crds import DEFINITIONS, definition, ensure_kinds

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
