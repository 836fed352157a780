"""Reads the dashboard's pages as a browser without a script reads them."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urlencode, urlsplit

import orjson

from suites.api_harness import ADMIN
from wherry.dashboard.app import Dashboard
from wherry.kit.http.types import Peer, Request, read_body

HOST = "127.0.0.1:6443"
VOID = {"meta", "link", "input", "br", "rect", "path", "circle", "polyline"}


class Read(HTMLParser):
    """A page's text and ids; asserts that every element is closed where it should be."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.words: list[str] = []
        self.attributes: list[str] = []
        self._open: list[str] = []
        self.feed(page)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value or "" for name, value in attrs if name == "id"]
        self.attributes += [name for name, _ in attrs]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


@dataclass
class Answer:
    status: int
    body: str
    headers: dict[str, str]


class Browser:
    """Asks as a browser does, and keeps its cookie."""

    def __init__(self, dashboard: Dashboard, peer: Peer = ADMIN) -> None:
        self.dashboard = dashboard
        self.peer = peer
        self.cookie = ""

    async def ask(self, method: str, address: str, body: str = "", **headers: str) -> Answer:
        parts = urlsplit(address)
        given = {"host": HOST, "cookie": self.cookie, **{k.replace("_", "-"): v for k, v in headers.items()}}
        peer = self.peer if parts.path == "/ui/login-links" and "authorization" not in given else None
        request = Request(method, parts.path, parts.query, given, body.encode(), peer)
        response = await self.dashboard.app(request)
        return Answer(response.status, (await read_body(response)).decode(), dict(response.headers))

    async def sign_in(self, **headers: str) -> None:
        made = await self.ask("POST", "/ui/login-links", **headers)
        assert made.status == 201, made.body
        parts = urlsplit(orjson.loads(made.body)["url"])
        answer = await self.ask("GET", f"{parts.path}?{parts.query}")
        assert answer.status == 200
        self.cookie = answer.headers["Set-Cookie"].partition(";")[0]

    async def read(self, address: str) -> Read:
        answer = await self.ask("GET", address)
        assert answer.status == 200, answer.body
        page = Read(answer.body)
        assert len(page.ids) == len(set(page.ids))
        # The policy forbids both, and would silently ignore them.
        assert not [name for name in page.attributes if name == "style" or name.startswith("on")]
        return page

    async def send(self, action: str, **form: str) -> Answer:
        return await self.ask("POST", f"/ui/actions/{action}", urlencode(form), origin=f"https://{HOST}")
