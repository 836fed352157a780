"""Who may see one namespace is told so first, and never that there is nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

import orjson
import pytest

from suites import shop
from suites.page_reader import Browser
from suites.shop_window import Shop
from wherry.api.rbac.clusterrole import CLUSTER_ROLES
from wherry.api.rbac.rolebinding import ROLE_BINDINGS
from wherry.apimachinery.document import Document
from wherry.dashboard.views.registry import NAVIGATION, VIEWS
from wherry.kit.http.types import Peer

SAID = "You may not see the pods of the whole cluster. Type a namespace that is open to you."
OF_NAMESPACES = [view.path for view in VIEWS if view.tells_of is not None]
EMPTY = ("No pods", "There is no", "Nothing ", "No service", "Nobody has", "Choose what to show")


async def bind(window: Shop, user: str = "ben", resources: Sequence[str] = ("*",)) -> None:
    """May change what is in the shop's namespace, and see nothing else."""
    rules: list[Document] = [{"apiGroups": ["*"], "resources": [*resources], "verbs": ["get", "list", "watch"]}]
    _ = await window.client.create(CLUSTER_ROLES, {"metadata": {"name": "looks"}, "rules": rules})
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "looks"}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    binding: Document = {"metadata": {"name": user}, "roleRef": role, "subjects": [subject]}
    _ = await window.client.create(ROLE_BINDINGS, binding, shop.SPACE)


@pytest.fixture
async def ben(full_shop: Shop) -> Browser:
    await bind(full_shop)
    return await full_shop.browser_of("ben")


@pytest.mark.parametrize("path", OF_NAMESPACES)
async def test_without_a_namespace_each_page_says_what_is_hidden_and_asks_for_one(ben: Browser, path: str) -> None:
    answer = await ben.ask("GET", f"/ui/{path}")
    assert answer.status == 200
    main = answer.body.partition("<h1>")[2].partition('id="say"')[0]
    view = main.partition('id="view"')[2]
    assert SAID in (await ben.read(f"/ui/{path}")).text
    assert not [said for said in EMPTY if said in view]
    assert '<input name="ns" value="" required>' in view
    assert f'action="/ui/{path}"' in view


async def test_with_a_namespace_all_that_is_in_it_is_shown_and_the_navigation_keeps_it(ben: Browser) -> None:
    answer = await ben.ask("GET", f"/ui/?ns={shop.SPACE}")
    assert "orders-db-0" in answer.body
    assert SAID not in answer.body
    assert f'<input name="ns" value="{shop.SPACE}" required>' in answer.body
    for view in (view for _, views in NAVIGATION for view in views):
        assert f'href="/ui/{view.path}?ns={shop.SPACE}"' in answer.body
    next_ = await ben.ask("GET", f"/ui/next?ns={shop.SPACE}")
    assert SAID not in next_.body
    assert f'<input name="ns" value="{shop.SPACE}" required>' in next_.body


async def test_the_rest_of_what_was_asked_is_kept_and_harmless(ben: Browser) -> None:
    body = (await ben.ask("GET", "/ui/story?path=1&live=2&%22%3E%3Cb%3E=3")).body
    assert '<input type="hidden" name="path" value="1">' in body
    assert "&quot;&gt;&lt;b&gt;" in body
    assert '"><b>' not in body


async def test_a_namespace_that_is_closed_is_said_to_be(ben: Browser) -> None:
    page = await ben.read("/ui/?ns=kube-system")
    assert "You may not see the pods in the namespace kube-system." in page.text
    assert "No pods" not in page.text


async def test_a_link_without_a_namespace_goes_on_where_something_was_seen_last(ben: Browser) -> None:
    assert (await ben.ask("GET", f"/ui/pods/{shop.SPACE}/orders-db-0")).status == 200
    led = await ben.ask("GET", "/ui/story?trouble=1")
    assert (led.status, led.headers["Location"]) == (303, f"/ui/story?trouble=1&ns={shop.SPACE}")
    # A closed one is not kept.
    assert (await ben.ask("GET", "/ui/?ns=kube-system")).status == 200
    assert (await ben.ask("GET", "/ui/next")).headers["Location"] == f"/ui/next?ns={shop.SPACE}"


async def test_the_link_to_sign_in_leads_to_the_namespace_of_the_kubeconfig(full_shop: Shop) -> None:
    await bind(full_shop)
    # A namespace in which eva sees nothing is nobody's home: she is asked for one.
    for user, place in (("ben", f"/ui/?ns={shop.SPACE}"), ("root", ""), ("eva", "")):
        groups = ("system:masters",) if user == "root" else ()
        browser = Browser(full_shop.browser.dashboard, Peer(user, groups))
        made = await browser.ask("POST", f"/ui/login-links?ns={shop.SPACE}")
        link = urlsplit(orjson.loads(made.body)["url"])
        signed_in = await browser.ask("GET", f"{link.path}?{link.query}")
        browser.cookie = signed_in.headers["Set-Cookie"].partition(";")[0]
        assert (await browser.ask("GET", "/ui/")).headers.get("Location", "") == place


async def test_who_sees_the_whole_cluster_may_look_at_a_part_and_keeps_it(full_shop: Shop) -> None:
    answer = await full_shop.browser.ask("GET", f"/ui/next?ns={shop.SPACE}")
    assert f'href="/ui/story?ns={shop.SPACE}"' in answer.body
    assert f'<option value="{shop.SPACE}" selected>' in answer.body
    assert (await full_shop.browser.ask("GET", "/ui/story")).status == 200


async def test_a_report_says_nothing_to_who_may_see_nothing(ben: Browser) -> None:
    refused = await ben.ask("GET", "/ui/files/report/report.html")
    assert refused.status == 403
    assert "You may not see the pods of the whole cluster." in refused.body
    assert "orders-db-0" in (await ben.ask("GET", f"/ui/files/report/{shop.SPACE}/report.html")).body
    page = (await ben.ask("GET", f"/ui/report?ns={shop.SPACE}")).body
    assert 'href="/ui/files/report/report.html"' not in page
    assert f'href="/ui/files/report/{shop.SPACE}/report.html"' in page


async def test_who_sees_pods_and_no_releases_is_not_told_that_there_are_none(full_shop: Shop) -> None:
    await bind(full_shop, "cho", resources=["pods"])
    cho = await full_shop.browser_of("cho")
    for path in ("releases", "done"):
        page = await cho.read(f"/ui/{path}?ns={shop.SPACE}")
        assert "You may not see releases here." in page.text
        assert "There is no release" not in page.text


CLAIMS = {
    "": "no pods",
    "next": "There is no workload yet.",
    "story": "Nothing has happened in the last hour.",
    "ceremonies": "No things to talk about.",
    "puzzle": "There is no service yet.",
    "releases": "There is no release yet.",
    "demo": "No service here has a journey yet.",
}


@pytest.mark.parametrize("path", CLAIMS)
async def test_who_looks_at_one_namespace_is_told_so_and_may_choose_another(full_shop: Shop, path: str) -> None:
    answer = await full_shop.browser.ask("GET", f"/ui/{path}?ns=empty")
    said = (await full_shop.browser.read(f"/ui/{path}?ns=empty")).text
    assert "In the namespace empty: " in said
    assert CLAIMS[path] in said
    assert re.search(r'<(select|input)[^>]* name="ns"', answer.body)
    whole = (await full_shop.browser.read(f"/ui/{path}")).text
    assert "In the namespace " not in whole.partition("Explain this screen")[2]
