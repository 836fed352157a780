"""HTML of a page made fit for a file: no form, no link into the dashboard, ids of its own. Pure."""

from __future__ import annotations

import re
from html.parser import HTMLParser

_ID = re.compile(r'(\sid=")')
_HREF = re.compile(r'\s(?:href|tabindex|data-log)="[^"]*"')
LEFT_OUT = frozenset({"action", "over", "only-here"})
"""The classes of what only works on the page; forms go as well."""


def offline(html: str, prefix: str) -> str:
    """The same words without what needs the dashboard. Ids begin with `prefix`, so that pages can stand in one file."""
    reader = _Reader(prefix)
    reader.feed(html)
    reader.close()
    return "".join(reader.kept)


class _Reader(HTMLParser):
    def __init__(self, prefix: str) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self._prefix = prefix
        self._skipping = ""
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self._skipping:
            self._depth += tag == self._skipping
            return
        classes = (dict(attrs).get("class") or "").split()
        if tag == "form" or LEFT_OUT.intersection(classes):
            self._skipping, self._depth = tag, 1
            return
        self.kept.append(self._changed(tag))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._skipping:
            self.kept.append(self._changed(tag))

    def handle_endtag(self, tag: str) -> None:
        if self._skipping:
            self._depth -= tag == self._skipping
            if self._depth == 0:
                self._skipping = ""
            return
        self.kept.append("</span>" if tag == "a" else f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")

    def _changed(self, tag: str) -> str:
        raw = _ID.sub(rf"\g<1>{self._prefix}-", self.get_starttag_text() or "")
        if tag != "a":
            return raw
        return _HREF.sub("", f"<span{raw[2:]}")
