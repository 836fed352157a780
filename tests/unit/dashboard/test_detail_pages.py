"""The tabs about one thing, read as a browser without a script reads them."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from suites.api_harness import Api
from suites.page_reader import HOST, Browser
from unit.dashboard.test_app import TEMPLATE, api, browser
from wherry.apimachinery.document import Document
from wherry.dashboard.views.log import LOG
from wherry.dashboard.views.registry import VIEWS
from wherry.dashboard.views.rollout import ROLLOUT
from wherry.dashboard.views.settings import SETTINGS
from wherry.dashboard.views.shell import SHELL
from wherry.dashboard.views.yaml import YAML

__all__ = ["api", "browser"]
DETAIL = (LOG, SHELL, SETTINGS, ROLLOUT, YAML)
WEB = "/apis/apps/v1/namespaces/default/deployments/web"


def test_the_tabs_are_views() -> None:
    assert set(DETAIL) <= set(VIEWS)


@pytest.mark.parametrize("view", DETAIL, ids=lambda view: view.path)
async def test_a_tab_says_what_is_not_there(browser: Browser, view: object) -> None:
    await browser.sign_in()
    for address in ("Deployment/default/nothing", "Deployment/default/web"):
        await browser.read(f"/ui/{view.path}/{address}")  # type: ignore[attr-defined]
    assert (await browser.ask("GET", f"/ui/{view.path}/Nonsense/default/web")).status == 404  # type: ignore[attr-defined]


async def test_a_log_that_cannot_be_read_says_why(browser: Browser) -> None:
    await browser.sign_in()
    page = await browser.read("/ui/log/Pod/default/web-1?search=x&previous=1")
    assert "kubectl logs web-1 -c c -n default --previous" in page.text
    assert "c" in page.text


async def test_a_secret_is_on_no_page(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    await api.must(
        "POST", "/api/v1/namespaces/default/secrets", {"metadata": {"name": "s"}, "stringData": {"k": "t0p"}}
    )
    env = [
        {"name": "A", "value": "shown"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "C", "valueFrom": {"configMapKeyRef": {"name": "nothing", "key": "k"}}},
    ]
    spec = {"containers": [{"name": "c", "image": "i:1", "env": env}]}
    await api.must("POST", "/api/v1/namespaces/default/pods", {"metadata": {"name": "p"}, "spec": spec})
    answer = await browser.ask("GET", "/ui/settings/Pod/default/p")
    assert "shown" in answer.body
    assert "t0p" not in answer.body
    assert "dDBw" not in answer.body
    page = await browser.read("/ui/settings/Pod/default/p")
    assert "p has 3 settings, 1 of them hidden; 1 setting cannot be found." in page.text
    assert (await browser.ask("GET", "/ui/yaml/Secret/default/s")).status == 404


async def test_a_change_is_shown_first_and_made_when_it_is_agreed(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    content = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {tier: front}}\n"
    form = urlencode({"kind": "Deployment", "namespace": "default", "name": "web", "yaml": content})
    tried = await browser.ask("POST", "/ui/trials/change", form, origin=f"https://{HOST}")
    assert tried.status == 200
    assert "This is what would change." in tried.body
    assert "tier: front" in tried.body
    assert "You have taken these out, but they stay" in tried.body
    assert (await api.ask("GET", WEB)).at("metadata.labels") is None
    made = await browser.ask("POST", "/ui/actions/change", form, origin=f"https://{HOST}")
    assert made.status == 303
    assert (await api.ask("GET", WEB)).at("metadata.labels") == {"tier": "front"}
    again = await browser.ask("POST", "/ui/trials/change", form, origin=f"https://{HOST}")
    assert "Nothing would change." in again.body


async def test_a_field_of_somebody_else_is_taken_over_only_when_the_person_says_so(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    content = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 9}\n"
    fields = {"kind": "Deployment", "namespace": "default", "name": "web", "yaml": content}
    await api.must("PATCH", f"{WEB}", {"spec": {"replicas": 3}}, content_type="application/merge-patch+json")
    tried = await browser.ask("POST", "/ui/trials/change", urlencode(fields), origin=f"https://{HOST}")
    assert "Take these fields over" in tried.body
    refused = await browser.send("change", **fields)
    assert refused.status == 409
    assert (await api.ask("GET", WEB)).at("spec.replicas") == 3
    assert (await browser.send("change", **fields, force="1")).status == 303
    assert (await api.ask("GET", WEB)).at("spec.replicas") == 9


@pytest.mark.parametrize("content", ["", "{", "kind: Pod", "a: &a [*a]", "[1]"])
async def test_what_is_no_good_yaml_is_refused_with_a_reason(browser: Browser, content: str) -> None:
    await browser.sign_in()
    form = urlencode({"kind": "Deployment", "namespace": "default", "name": "web", "yaml": content})
    tried = await browser.ask("POST", "/ui/trials/change", form, origin=f"https://{HOST}")
    assert 400 <= tried.status < 500


async def test_a_version_comes_back(browser: Browser, api: Api) -> None:
    await browser.sign_in()
    uid = str((await api.ask("GET", WEB)).at("metadata.uid"))
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": uid, "controller": True}
    for number, image in ((1, "i:0"), (2, "i:1")):
        labels = {"app": "web", "pod-template-hash": str(number)}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}]}}
        meta: Document = {"name": f"web-{number}", "ownerReferences": [owner]}
        meta |= {"annotations": {"deployment.kubernetes.io/revision": str(number)}}
        spec = {"selector": {"matchLabels": labels}, "template": template}
        await api.must("POST", "/apis/apps/v1/namespaces/default/replicasets", {"metadata": meta, "spec": spec})
    page = await browser.read("/ui/rollout/Deployment/default/web")
    assert "Go back to version 1" in page.text
    assert "kubectl rollout undo deployment/web -n default --to-revision=1" in page.text
    target = {"kind": "Deployment", "namespace": "default", "name": "web"}
    assert (await browser.send("rollback", **target, revision="7")).status == 400
    assert (await browser.send("rollback", **target, revision="1")).status == 303
    template_now = (await api.ask("GET", WEB)).at("spec.template")
    assert isinstance(template_now, dict)
    assert template_now["spec"]["containers"][0]["image"] == "i:0"
    assert template_now["metadata"]["labels"] == TEMPLATE["metadata"]["labels"]  # type: ignore[index]


async def test_a_shell_is_for_our_own_pages_only(browser: Browser) -> None:
    await browser.sign_in()
    address = "/ui/exec/default/web-1?container=c"
    assert (await browser.ask("GET", address)).status == 403
    assert (await browser.ask("GET", address, origin="https://evil.example")).status == 403
    own = await browser.ask("GET", address, origin=f"https://{HOST}")
    assert own.status in (400, 503)
    assert (await browser.ask("GET", "/ui/exec/default/web-1", origin=f"https://{HOST}")).status == 400
