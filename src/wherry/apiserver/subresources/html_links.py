"""Turns the links of a proxied page, and of a redirect, so that they lead through the proxy again.

A page at /api/v1/.../proxy/ whose links begin with a slash would lead to the API server itself.
Source: kubernetes apimachinery, pkg/util/proxy/transport.go.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

_TAG = re.compile(rb"<[a-zA-Z][^<>]*>")
_LINK = re.compile(
    rb"""(\s(?:href|src|action|formaction|cite|background|data|poster|codebase|longdesc|manifest|usemap|icon|profile"""
    rb"""|classid)\s*=\s*)("[^"]*"|'[^']*')""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LinkTurner:
    """Where the proxied place begins on the API server, and the names under which its backend knows itself."""

    prefix: str
    hosts: frozenset[str]

    def turn(self, url: str) -> str:
        """A URL of the backend as one of the API server; those that lead elsewhere, or are relative, stay."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return url
        if (parts.netloc and parts.netloc not in self.hosts) or not parts.path.startswith("/"):
            return url
        if parts.path.startswith(self.prefix):
            return urlunsplit(("", "", *parts[2:]))
        path = self.prefix + posixpath.normpath(parts.path)
        path = path.rstrip("/") + "/" if parts.path.endswith("/") else path
        return urlunsplit(("", "", path, parts.query, parts.fragment))


def turn_links(page: bytes, turner: LinkTurner) -> bytes:
    """A page of HTML with its links turned."""

    def in_link(match: re.Match[bytes]) -> bytes:
        quote, url = match[2][:1], match[2][1:-1].decode("utf-8", "surrogateescape")
        return match[1] + quote + turner.turn(url).encode("utf-8", "surrogateescape") + quote

    return _TAG.sub(lambda tag: _LINK.sub(in_link, tag[0]), page)
