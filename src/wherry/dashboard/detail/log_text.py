"""A container's log as a page shows it: without the codes for terminals, and only the lines that somebody looks for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.kit.http.types import read_body

LINES = 500
LINES_MAX = 5000
BYTES_MAX = 2 << 20
# Colours and cursor movements (ECMA-48), titles of windows, and other characters that no page shows.
_CODES = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[@-Z\\-_]|[\x00-\x08\x0b-\x1f\x7f]"
)


@dataclass(frozen=True, slots=True)
class LogText:
    """What was read; `trouble` says why nothing could be."""

    lines: tuple[str, ...] = ()
    trouble: str = ""

    def with_text(self, wanted: str) -> tuple[str, ...]:
        """The lines that have a text in them, small and capital letters alike."""
        return tuple(line for line in self.lines if wanted.lower() in line.lower())


def plain(content: str) -> str:
    """Text without what is meant for terminals only."""
    return _CODES.sub("", content)


def log_query(container: str, *, previous: bool, follow: bool = False, lines: int = LINES) -> str:
    """What the API is asked for."""
    wanted = {"container": container, "tailLines": str(lines), "limitBytes": "" if follow else str(BYTES_MAX)}
    flags = {"previous": "true" if previous else "", "follow": "true" if follow else ""}
    return urlencode({name: value for name, value in (wanted | flags).items() if value})


async def read_log(client: Client, namespace: str, pod: str, container: str, *, previous: bool, lines: int) -> LogText:
    """The last lines of a container's log, or of the one that ran before it."""
    query = log_query(container, previous=previous, lines=min(lines, LINES_MAX))
    try:
        response = await client.request("GET", PODS.url(namespace, pod, "log"), query)
        content = (await read_body(response)).decode(errors="replace")
    except StatusError as error:
        return LogText(trouble=error.message)
    return LogText(tuple(plain(content).splitlines()))
