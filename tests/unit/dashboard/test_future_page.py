"""The page of a whole system: without a model it says how to begin, and nothing of an old one is taken for new."""

from __future__ import annotations

from pathlib import Path

from suites.bazaar import write_files
from suites.shop import SPACE
from suites.shop_window import Shop
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.core.service import SERVICES
from wherry.api.method.model import MODELS
from wherry.api.method.release import RELEASES
from wherry.dashboard.views.future import FUTURE
from wherry.kit.clock import settle
from wherry.method.model.publishing import publish, read_model_file

ADDRESS = f"/ui/{FUTURE.path}"


async def published(shop: Shop, folder: Path, namespace: str = SPACE) -> None:
    await publish(shop.client, read_model_file(write_files(folder)), namespace, by="root")


async def test_without_a_model_the_page_gives_one_to_begin_with(empty_shop: Shop) -> None:
    page = await empty_shop.browser.read(ADDRESS)
    assert "Nobody has told the cluster yet how the system shall be." in page.text
    assert "wherry model model.yaml --publish" in page.text
    saved = await empty_shop.browser.ask("GET", "/ui/files/model.yaml")
    assert saved.headers["Content-Disposition"] == 'attachment; filename="model.yaml"'
    assert "next:" in saved.body


async def test_a_release_without_the_model_and_an_edited_model_are_warned_of(full_shop: Shop, tmp_path: Path) -> None:
    folder = tmp_path / "plan"
    folder.mkdir()
    await published(full_shop, folder)
    assert "▲" not in (await full_shop.browser.read(ADDRESS)).text
    source = {"repository": "r", "revision": "old"}
    edited: dict[str, object] = {"spec": {"source": source, "at": "2000-01-01T00:00:00Z"}}
    await full_shop.client.patch(MODELS, "plan", edited, SPACE)
    spec: dict[str, object] = {
        "service": "web",
        "number": 1,
        "environment": "dev",
        "image": "i",
        "digest": f"sha256:{0:064}",
    }
    spec |= {"source": "r", "revision": "new", "createdAt": "2001-01-01T00:00:00Z"}
    await full_shop.client.create(RELEASES, {"metadata": {"name": "web-r9"}, "spec": spec}, SPACE)
    await settle(1000)
    later = await full_shop.browser.read(f"{ADDRESS}?model={SPACE}/plan")
    assert "web-r9 was released later, from another commit of the repository, without the model." in later.text
    await full_shop.client.patch(MODELS, "plan", {"spec": {"next": {"services": [{"name": "one"}]}}}, SPACE)
    await settle(1000)
    changed = await full_shop.browser.read(f"{ADDRESS}?model={SPACE}/plan&again=1")
    assert "Somebody has changed this model in the cluster since it was published" in changed.text
    await full_shop.client.patch(MODELS, "plan", {"spec": {"next": {"services": [{"nmae": "one"}]}}}, SPACE)
    await settle(1000)
    broken = await full_shop.browser.read(f"{ADDRESS}?model={SPACE}/plan&again=2")
    assert "The model in the cluster cannot be used." in broken.text
    assert "did you mean name?" in broken.text


async def test_the_model_of_the_whole_system_comes_first(full_shop: Shop, tmp_path: Path) -> None:
    for name in ("abc", "system"):
        (tmp_path / name).mkdir()
    (tmp_path / "abc" / "model.yaml").write_text("next: {services: [{name: till}]}")
    await publish(full_shop.client, read_model_file(tmp_path / "abc" / "model.yaml"), SPACE, by="root")
    await published(full_shop, tmp_path / "system")
    assert "The model system comes from" in (await full_shop.browser.read(ADDRESS)).text


async def test_one_of_several_models_is_chosen_and_one_that_is_gone_is_said(full_shop: Shop, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        await published(full_shop, tmp_path / name)
    page = await full_shop.browser.read(f"{ADDRESS}?model={SPACE}/two")
    assert "The model two comes from model.yaml" in page.text
    gone = await full_shop.browser.read(f"{ADDRESS}?model={SPACE}/three")
    assert f"There is no model {SPACE}/three (any more)." in gone.text


async def test_a_stand_in_is_given_as_a_file_and_never_takes_the_place_of_the_real_one(
    full_shop: Shop, tmp_path: Path
) -> None:
    await published(full_shop, tmp_path)
    file = await full_shop.browser.ask("GET", "/ui/files/stand-in/till.yaml")
    assert file.status == 200
    assert "kind: Deployment" in file.body
    assert (await full_shop.browser.ask("GET", "/ui/files/stand-in/window.yaml")).status == 404
    service = {"metadata": {"name": "till"}, "spec": {"ports": [{"port": 80}]}}
    await full_shop.client.create(SERVICES, service, SPACE)
    refused = await full_shop.browser.send("stand-in", service="till", namespace=SPACE)
    assert refused.status == 409
    assert "a stand-in would take its place" in refused.body
    nowhere = await full_shop.browser.send("stand-in", service="till", namespace="nowhere")
    assert "kubectl create namespace nowhere" in nowhere.body
    silent = await full_shop.browser.send("stand-in", service="window", namespace=SPACE)
    assert "window has no contract yet" in silent.body
    assert (await full_shop.browser.send("no-stand-in", service="till", namespace=SPACE)).status == 404
    assert (await full_shop.client.list(DEPLOYMENTS, SPACE)).items == []


async def test_whoever_comes_back_from_a_form_stays_in_the_dashboard(full_shop: Shop, tmp_path: Path) -> None:
    await published(full_shop, tmp_path)
    for back, led in (("https://evil.example/", "/ui/future"), ("/ui/puzzle", "/ui/puzzle"), ("//evil", "/ui/future")):
        answer = await full_shop.browser.send("stand-in", service="till", namespace=SPACE, back=back)
        assert (answer.status, answer.headers["Location"]) == (303, led)
