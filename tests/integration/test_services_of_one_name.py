"""Two services of one name, of two teams in one cluster: each is judged by its own releases."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.custom_resources import serving
from wherry.api.method.release import RELEASES
from wherry.apimachinery.document import Document
from wherry.cli.judging import newest_release
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.crds import ensure_kinds
from wherry.method.project import Project, read_project

RELEASED = {"shop-orders": f"sha256:{'a' * 64}", "market-orders": f"sha256:{'b' * 64}"}
ADMINS = ("system:masters", "system:authenticated")


def project(root: Path, namespace: str) -> Project:
    folder = root / namespace
    folder.mkdir()
    environment = f'[environments.dev]\noverlay = "deploy/overlays/dev"\nnamespace = "{namespace}"\n'
    (folder / "wherry.toml").write_text(f'name = "orders"\n{environment}')
    return read_project(folder)


def release(number: int, namespace: str, digest: str) -> Document:
    labels: Document = {"wherry.dev/service": "orders"}
    spec: Document = {
        "service": "orders", "number": number, "environment": "dev", "image": "orders:1", "digest": digest,
        "createdAt": "2026-01-05T12:00:00Z",
    }  # fmt: skip
    return {"metadata": {"name": f"orders-r{number}", "namespace": namespace, "labels": labels}, "spec": spec}


@pytest.mark.parametrize(("namespace", "digest"), RELEASED.items())
async def test_a_board_is_about_the_release_of_its_own_team(namespace: str, digest: str, tmp_path: Path) -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="root", groups=ADMINS))
        await ensure_kinds(client, "releases")
        for number, (space, image) in enumerate(RELEASED.items(), 1):
            await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": space}})
            await client.create(RELEASES, release(number, space, image), space)
        found = await newest_release(client, project(tmp_path, namespace), "dev")
        assert found is not None
        assert found.spec.digest == digest
