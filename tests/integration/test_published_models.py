"""A model.yaml in the cluster: the file is the source, the object the record, and nobody takes an old one for new."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from suites.custom_resources import serving
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.method.model import MODELS
from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.model.form import BrokenModel
from wherry.method.model.landscape import Landscape
from wherry.method.model.plan import plan_steps
from wherry.method.model.published import documents_of, published_models, released_since
from wherry.method.model.publishing import name_from, note_gap, publish, read_model_file

SPACE = "shop-dev"
MODEL = """
name: shop
now:
  services:
    - {name: bazaar, parts: [orders, web], database: {kind: postgresql, version: 15}}
next:
  services:
    - {name: orders, from: bazaar, team: , database: {kind: postgresql, version: 18}, provides: [orders.v1]}
    - {name: web, from: bazaar, database: none, needs: [orders.v1]}
"""
PROMISE = """
openapi: 3.1.0
info: {title: Orders, version: "1"}
paths: {/orders: {get: {responses: {"200": {description: All.}}}}}
"""


@pytest.fixture
async def clients() -> AsyncIterator[tuple[Client, Client]]:
    """An administrator, and somebody who may only sign in."""
    async with serving() as api:
        for name in (SPACE, "elsewhere"):
            await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": name}})
        admin = Client(InProcess(api.server.app, user="root", groups=("system:masters", "system:authenticated")))
        yield admin, Client(InProcess(api.server.app, user="ben", groups=("system:authenticated",)))


def written(folder: Path, text: str = MODEL) -> Path:
    path = folder / "model.yaml"
    path.write_text(text)
    return path


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=ana", "-c", "user.email=ana@example.com")
    return subprocess.run(
        ["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True, text=True
    ).stdout.strip()


def committed(folder: Path, text: str = MODEL) -> Path:
    path = written(folder, text)
    git(folder, "init", "-q")
    git(folder, "add", "--all")
    git(folder, "commit", "-qm", "Plan")
    return path


async def test_what_is_published_says_what_the_file_says_and_from_which_commit(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    admin, ben = clients
    path = committed(tmp_path)
    record, is_new = await publish(admin, read_model_file(path), SPACE, by="root")
    assert (record.id, is_new, record.spec.by) == (f"{SPACE}/shop", True, "root")
    assert record.spec.source.revision == git(tmp_path, "rev-parse", "HEAD")
    assert not record.spec.source.uncommitted
    assert record.is_as_published
    (seen,) = await published_models(ben)
    assert seen.model == read_model_file(path).model
    assert seen.origin == f"model.yaml at commit {record.spec.source.revision[:12]}"


async def test_the_same_is_not_written_twice_and_a_change_is_known_as_one(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    admin, _ = clients
    path = committed(tmp_path)
    await publish(admin, read_model_file(path), SPACE, by="root")
    before = await admin.get(MODELS, "shop", SPACE)
    _, is_new = await publish(admin, read_model_file(path), SPACE, by="root")
    assert not is_new
    assert (await admin.get(MODELS, "shop", SPACE)).metadata.resource_version == before.metadata.resource_version
    written(tmp_path, MODEL.replace("18", "17"))
    record, is_new = await publish(admin, read_model_file(path), "elsewhere", by="root")
    assert (is_new, record.namespace, record.spec.source.uncommitted) == (True, SPACE, True)
    assert record.origin.endswith(", changed since")
    assert len(await published_models(admin)) == 1


async def test_a_namesake_of_another_repository_is_another_model(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    admin, _ = clients
    await publish(admin, read_model_file(committed(tmp_path)), SPACE, by="root")
    other = tmp_path / "other"
    other.mkdir()
    namesake = read_model_file(committed(other, MODEL.replace("18", "17")))
    with pytest.raises(BrokenModel, match="of another repository") as caught:
        await publish(admin, namesake, SPACE, by="root")
    assert "name: NAME" in caught.value.remedy
    await publish(admin, namesake, "elsewhere", by="root")
    assert [one.id for one in await published_models(admin)] == ["elsewhere/shop", f"{SPACE}/shop"]


async def test_a_repository_that_gets_a_remote_keeps_its_record(clients: tuple[Client, Client], tmp_path: Path) -> None:
    admin, _ = clients
    await publish(admin, read_model_file(written(tmp_path)), SPACE, by="root")
    path = committed(tmp_path)
    await publish(admin, read_model_file(path), "elsewhere", by="root")
    git(tmp_path, "remote", "add", "origin", "https://ana:secret@git.example/shop")
    record, is_new = await publish(admin, read_model_file(path), "elsewhere", by="root")
    assert (is_new, record.id) == (True, f"{SPACE}/shop")
    assert record.origin.endswith("of https://git.example/shop")
    assert len(await published_models(admin)) == 1


async def test_an_edit_in_the_cluster_is_noticed_and_a_broken_one_is_explained(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    admin, _ = clients
    path = written(tmp_path)
    await publish(admin, read_model_file(path), SPACE, by="root")
    await admin.patch(MODELS, "shop", {"spec": {"next": {"services": [{"name": "orders"}]}}}, SPACE)
    (edited,) = await published_models(admin)
    assert not edited.is_as_published
    assert edited.model is not None
    await admin.patch(MODELS, "shop", {"spec": {"next": {"services": [{"name": "web", "needs": ["b.v1"]}]}}}, SPACE)
    (broken,) = await published_models(admin)
    assert broken.model is None
    assert "nobody provides b.v1 in next" in broken.problem
    _, is_new = await publish(admin, read_model_file(path), SPACE, by="root")
    assert is_new
    with pytest.raises(StatusError, match="digest"):
        await admin.patch(MODELS, "shop", {"spec": {"digest": "none"}}, SPACE)


async def test_documents_of_contracts_come_along_and_large_ones_have_an_object_of_their_own(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    admin, _ = clients
    folder = tmp_path / "contracts" / "provides"
    folder.mkdir(parents=True)
    (folder / "orders.v1.openapi.yaml").write_text(PROMISE)
    path = written(tmp_path)
    record, _ = await publish(admin, read_model_file(path), SPACE, by="root")
    assert [*(await documents_of(admin, record))] == ["orders.v1"]
    (folder / "orders.v1.openapi.yaml").write_text(PROMISE.replace("All.", "All. " * 60_000))
    record, is_new = await publish(admin, read_model_file(path), SPACE, by="root")
    assert (is_new, record.spec.documents, record.spec.documents_from) == (True, {}, "shop-model")
    assert len((await documents_of(admin, record))["orders.v1"]) > 200_000
    _, is_new = await publish(admin, read_model_file(path), SPACE, by="root")
    assert not is_new
    await admin.delete(CONFIG_MAPS, "shop-model", SPACE)
    assert await documents_of(admin, record) == {}
    (folder / "orders.v1.openapi.yaml").write_text("openapi: none")
    with pytest.raises(BrokenModel, match=r"orders\.v1"):
        await publish(admin, read_model_file(path), SPACE, by="root")


async def test_only_who_may_edit_a_namespace_publishes_there(clients: tuple[Client, Client], tmp_path: Path) -> None:
    admin, ben = clients
    file = read_model_file(written(tmp_path))
    with pytest.raises(Forbidden):
        await publish(ben, file, SPACE, by="ben")
    with pytest.raises(NotFound):
        await publish(admin, file, "nowhere", by="root")
    assert await published_models(ben) == []
    record, _ = await publish(admin, file, SPACE, by="root")
    with pytest.raises(Forbidden):
        await publish(ben, read_model_file(written(tmp_path, MODEL.replace("18", "17"))), SPACE, by="ben")
    # Who may not write is not told that it did; kubectl shows what the last one saw who might.
    await note_gap(ben, record, plan_steps(file.model, Landscape()))
    assert (await admin.get(MODELS, "shop", SPACE)).status.steps == 0
    await note_gap(admin, record, plan_steps(file.model, Landscape()))
    status = (await admin.get(MODELS, "shop", SPACE)).status
    assert status.says.startswith(f"{status.done} of {status.steps} steps")


async def test_a_release_of_the_same_repository_without_the_model_makes_it_suspect(
    clients: tuple[Client, Client], tmp_path: Path
) -> None:
    admin, _ = clients
    record, _ = await publish(admin, read_model_file(committed(tmp_path)), SPACE, by="root")
    source = record.spec.source

    def release(**fields: str) -> Release:
        given = {"source": source.repository, "revision": "newer", "created_at": "2999-01-01T00:00:00Z"} | fields
        return Release(
            spec=ReleaseSpec(service="orders", number=1, environment="dev", image="", digest="", **given)  # type: ignore[arg-type]  # texts all
        )

    assert released_since(record, [release()]) is not None
    assert released_since(record, [release(config_revision=source.revision)]) is None
    assert released_since(record, [release(source="another")]) is None
    assert released_since(record, [release(created_at="1999-01-01T00:00:00Z")]) is None


def test_a_system_without_a_name_is_called_after_its_folder() -> None:
    assert (name_from("My Shop!"), name_from("§"), name_from("9")) == ("my-shop", "system", "9")
