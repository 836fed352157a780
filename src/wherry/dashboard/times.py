"""Moments as people read them in a table: how long ago."""

from __future__ import annotations

from datetime import datetime

from wherry.apimachinery.timestamps import age_since
from wherry.dashboard.markup import text


def ago(stamp: str, now_s: float) -> str:
    """A moment of the API as "3 h ago", with the moment itself for machines; "" for one that nobody knows."""
    if not stamp:
        return ""
    return f'<time datetime="{text(stamp)}">{text(age_since(stamp, now_s))} ago</time>'


def seconds_of(stamp: str) -> float:
    """A moment of the API in seconds since 1970; 0 for one that nobody knows."""
    try:
        return datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
