"""The six words for how a pod is, with their signs; pod_state.py says which one is right.

A file of their own, so that whoever only shows facts need not know what a pod is made of.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Word = Literal["Running", "Starting", "Waiting", "Failed", "Stopping", "Done"]

SYMBOLS: Mapping[Word, str] = {
    "Running": "●",
    "Starting": "◐",
    "Waiting": "◌",
    "Failed": "✕",
    "Stopping": "◔",
    "Done": "✓",
}
WORDS: tuple[Word, ...] = ("Running", "Starting", "Waiting", "Failed", "Stopping", "Done")
