"""The files that pages load: our script and styles, and what others have made, unchanged (static/vendor).

Every style sheet directly in the folder, and each of SCRIPTS, is part of every page; others are of the page that asks.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from wherry.kit.http.types import Response

FOLDER = Path(__file__).with_name("static")
TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
SCRIPTS = ("dashboard.js", "keys.js")
STYLES = ("dashboard.css", *sorted(file.name for file in FOLDER.glob("*.css") if file.name != "dashboard.css"))
_NAMES = frozenset(
    file.relative_to(FOLDER).as_posix() for file in FOLDER.rglob("*") if file.is_file() and file.suffix in TYPES
)


def static_file(name: str) -> Response | None:
    """A file by its path below static; None when there is none."""
    return Response(200, TYPES[Path(name).suffix], _read(name)) if name in _NAMES else None


@cache
def _read(name: str) -> bytes:
    return (FOLDER / name).read_bytes()
