"""What a browser may do here: which names the server answers to, who may send forms, what pages may load. Pure.

A page of a stranger can make a browser ask any address. So requests must name this server (else a stranger's name that
points to 127.0.0.1 would be let in), forms must come from our own pages, and our pages run no script but our own and
stand in nobody's frame.
"""

from __future__ import annotations

from collections.abc import Collection

from wherry.kit.http.types import Request, Response

POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'; "
    "img-src 'self'; connect-src 'self'; script-src 'self'; style-src 'self'"
)
HEADERS = (
    ("Content-Security-Policy", POLICY),
    ("Cache-Control", "no-store"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    # With no-referrer a browser would send our own forms with "Origin: null".
    ("Referrer-Policy", "same-origin"),
)


def host_of(request: Request) -> str:
    """The name under which the browser has asked, without the port."""
    host = request.headers.get("host", "").lower()
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0]


def is_known_host(request: Request, hosts: Collection[str]) -> bool:
    """Whether the request names this server."""
    return host_of(request) in hosts


def is_own_form(request: Request) -> bool:
    """Whether a POST comes from one of our pages, as the browser itself says."""
    origin = request.headers.get("origin")
    if origin is not None:
        return origin.lower() == f"https://{request.headers.get('host', '').lower()}"
    return request.headers.get("sec-fetch-site") == "same-origin"


def guarded(response: Response) -> Response:
    """The same response with the headers that every answer has."""
    response.headers.extend(HEADERS)
    return response
