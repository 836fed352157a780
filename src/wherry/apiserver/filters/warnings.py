"""Tells people what was odd about their request, in headers that kubectl prints."""

from __future__ import annotations

from wherry.apiserver.request import ApiRequest
from wherry.kit.http.types import Response

# As upstream: a client's terminal is not for novels.
WARNINGS_BYTES_MAX = 4096
_UNPRINTABLE = dict.fromkeys((*range(32), 127), " ")


def add_warnings(request: ApiRequest, response: Response) -> None:
    """Add one Warning header for each distinct warning."""
    size_bytes = 0
    for text in dict.fromkeys(request.warnings):
        quoted = text.translate(_UNPRINTABLE).replace("\\", "\\\\").replace('"', '\\"')
        value = f'299 - "{quoted.encode("ascii", "replace").decode()}"'
        size_bytes += len(value)
        if size_bytes > WARNINGS_BYTES_MAX:
            return
        response.headers.append(("Warning", value))
