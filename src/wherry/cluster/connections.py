"""Who talks to whom on this machine, as its kernel knows it: for the page that looks for traffic without a contract."""

from __future__ import annotations

from pathlib import Path

from wherry.kit.threads import run_in_thread

TABLE = Path("/proc/net/nf_conntrack")
# About 25,000 connections; a page needs to know who talks, not how often.
TABLE_BYTES_MAX = 4 * 1024 * 1024


async def read_connection_table(path: Path = TABLE) -> str:
    """The kernel's table of connections; "" where there is none, or where only the administrator may read it."""
    return await run_in_thread(_read, path)


def _read(path: Path) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as table:
            return table.read(TABLE_BYTES_MAX)
    except OSError:
        return ""
