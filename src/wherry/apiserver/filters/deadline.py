"""How long a request may take: the client's own limit, checked before any work is done."""

from __future__ import annotations

import re

from wherry.apimachinery.errors import BadRequest
from wherry.apiserver.request import ApiRequest

_DURATION = re.compile(r"\+?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+|0")


def check_timeout(request: ApiRequest) -> None:
    """Refuse a `timeout` that is no duration.

    Work on the store ends by itself within milliseconds; what can last (watches, logs, exec) has
    limits of its own, so that there is nothing to cut short.
    """
    if not request.http.query or "timeout" not in request.query or request.subresource == "proxy":
        return
    text = request.query["timeout"]
    if text and not _DURATION.fullmatch(text[:64]):
        raise BadRequest(f'invalid timeout specified in the request URL: time: invalid duration "{text}"')
