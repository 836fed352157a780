"""Every technical word on every page can be asked about in place, and every page explains itself."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from suites.page_reader import Browser
from suites.shop_window import Shop
from unit.dashboard.test_app import api, browser
from wherry.dashboard.views.registry import VIEWS
from wherry.narrate.glossary import words_in

__all__ = ["api", "browser"]
PAGES = (
    *(f"/ui/{view.path}" for view in VIEWS if not view.segments and view.path != "glossary"),
    "/ui/pods/default/web-1",
    *(f"/ui/{path}/Deployment/default/web" for path in ("workloads", "log", "shell", "settings", "rollout", "yaml")),
)
# Names, commands and controls are no sentences; the explanations themselves stand in their own places.
NO_SENTENCE = {
    "a",
    "button",
    "code",
    "pre",
    "option",
    "label",
    "summary",
    "title",
    "nav",
    "header",
    "textarea",
    "small",
}
NAMES = {"name", "kind", "state", "technical", "container", "word", "hidden", "badge", "who", "skip"}


class Words(HTMLParser):
    """The technical words of a page: those said in sentences, and those that can be asked about."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: dict[str, str] = {}
        self.linked: set[str] = set()
        self._around: list[tuple[str, bool]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "popovertarget" in given:
            self.linked.add(given["popovertarget"].removeprefix("word-").replace("-", " "))
        if tag not in {"meta", "link", "input", "br", "rect", "path", "circle", "polyline"}:
            self._around.append((tag, tag in NO_SENTENCE or bool(NAMES & set(given.get("class", "").split()))))

    def handle_endtag(self, tag: str) -> None:
        if self._around and self._around[-1][0] == tag:
            self._around.pop()

    def handle_data(self, data: str) -> None:
        if not any(skipped for _, skipped in self._around):
            self.said |= {
                word.term.replace("-", " "): data
                for start, end, word in words_in(data)
                # kubernetes-admin is somebody's name.
                if data[end : end + 1] != "-"
            }


@pytest.mark.parametrize("address", PAGES)
async def test_every_technical_word_can_be_asked_about(browser: Browser, address: str) -> None:
    await browser.sign_in()
    found = Words((await browser.ask("GET", address)).body)
    assert {word: said for word, said in found.said.items() if word not in found.linked} == {}


METHOD_PAGES = (
    *(f"/ui/{path}" for path in ("done", "puzzle", "releases", "report")),
    *(f"/ui/ceremonies?for={name}" for name in ("planning", "daily", "review", "retrospective")),
    *(f"/ui/done/{criterion}/shop-dev/orders-r4" for criterion in ("logs", "config", "parity")),
    "/ui/services/shop-dev/orders",
)


@pytest.mark.parametrize("address", METHOD_PAGES)
async def test_every_technical_word_of_the_method_can_be_asked_about(full_shop: Shop, address: str) -> None:
    found = Words((await full_shop.browser.ask("GET", address)).body)
    assert {word: said for word, said in found.said.items() if word not in found.linked} == {}


def test_every_view_explains_itself() -> None:
    assert [view.path for view in VIEWS if len(view.explains) < 40] == []
