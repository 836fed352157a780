"""The field that finds things, and the keys."""

from __future__ import annotations

import pytest

from suites.api_harness import Api
from suites.page_reader import HOST, Browser
from unit.dashboard.test_app import api, browser
from wherry.dashboard.keys import KEYS
from wherry.dashboard.views.find import FIND, SHOWN_MAX
from wherry.dashboard.views.registry import NAVIGATION, VIEWS

__all__ = ["api", "browser"]


def test_finding_is_on_every_page_and_so_not_in_the_navigation() -> None:
    assert FIND in VIEWS
    assert FIND not in [view for _, views in NAVIGATION for view in views]


@pytest.mark.parametrize(
    ("said", "answer", "addresses"),
    [
        (
            "web",
            '"web" fits 2 things.',
            ["/ui/workloads/Deployment/default/web", "/ui/pods/default/web-1"],
        ),
        ("LAP", '"LAP" fits 1 thing.', ["/ui/?node=laptop"]),
        ("wbe-1", 'Nothing here is called "wbe-1". Do you mean one of these?', ["/ui/pods/default/web-1"]),
        ("xyzzy", 'Nothing here is called "xyzzy".', []),
        ("", "Type the name of a thing, or a part of it.", []),
        ("<b>", 'Nothing here is called "<b>".', []),
    ],
)
async def test_what_fits_is_one_click_away(browser: Browser, said: str, answer: str, addresses: list[str]) -> None:
    await browser.sign_in()
    body = (await browser.ask("GET", f"/ui/find?q={said}")).body
    page = await browser.read(f"/ui/find?q={said}")
    assert answer in page.text
    found = body.partition('<ul id="found"')[2].partition("</ul>")[0]
    assert [one.partition('"')[0] for one in found.split('href="')[1:]] == addresses
    for address in addresses:
        assert (await browser.ask("GET", address)).status == 200


async def test_a_word_of_the_glossary_is_explained_too(browser: Browser) -> None:
    await browser.sign_in()
    body = (await browser.ask("GET", "/ui/find?q=pods")).body
    assert 'A word: <button type="button" class="term" popovertarget="word-pod">' in body


async def test_of_very_many_the_first_are_shown(browser: Browser, api: Api) -> None:
    for number in range(SHOWN_MAX + 1):
        document = {"metadata": {"name": f"many-{number}"}, "spec": {}}
        await api.must("POST", "/api/v1/namespaces/default/services", {**document, "spec": {"ports": [{"port": 80}]}})
    await browser.sign_in()
    body = (await browser.ask("GET", "/ui/find?q=many")).body
    assert body.count("/ui/services/default/many-") == SHOWN_MAX
    assert "and 1 more: type more of the name" in body


async def test_whoever_may_see_nothing_finds_nothing(browser: Browser) -> None:
    await browser.sign_in(authorization="Bearer secret-token")
    assert "/ui/pods/default/web-1" not in (await browser.ask("GET", "/ui/find?q=web")).body


async def test_single_keys_are_told_and_can_be_turned_off(browser: Browser) -> None:
    await browser.sign_in()
    page = (await browser.ask("GET", "/ui/next")).body
    assert ' data-keys="on"' in page
    assert all(f"<kbd>{key}</kbd>" in page for key, *_ in KEYS)
    changed = await browser.ask("POST", "/ui/keys", "back=%2Fui%2Fnext", origin=f"https://{HOST}")
    assert (changed.status, changed.headers["Location"]) == (303, "/ui/next")
    page = (await browser.ask("GET", "/ui/next")).body
    assert "data-keys" not in page
    assert page.count(" (off)") == sum(is_single for *_, is_single in KEYS) == 2
    await browser.ask("POST", "/ui/keys", "back=%2Fui%2Fnext", origin=f"https://{HOST}")
    assert ' data-keys="on"' in (await browser.ask("GET", "/ui/next")).body
