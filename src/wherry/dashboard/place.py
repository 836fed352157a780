"""Where the dashboard stands: below /ui, beside the API."""

from __future__ import annotations

PREFIX = "/ui"
FACTS = f"{PREFIX}/v1/"
"""Below it are the facts of the pages, for programs."""


def is_dashboards(path: str) -> bool:
    """Whether a path is the dashboard's to answer."""
    return path.startswith(PREFIX) and (len(path) == len(PREFIX) or path[len(PREFIX)] == "/")
