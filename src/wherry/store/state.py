"""The newest value of every key, in memory and in key order.

One exact copy of what the disk holds: reads and lists never touch the disk, and a write is judged
against it. It changes only after a commit has succeeded, so it can never be ahead of the disk.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable

from wherry.store.interface import KeyValue, StoreEvent

LAST_CHARACTER = "\U0010ffff"


class CurrentState:
    """Keys, sorted, with their values, as of one revision."""

    def __init__(self, items: dict[str, KeyValue], revision: int) -> None:
        """Takes `items` over; `revision` is the newest that they show."""
        self.items = items
        self.revision = revision
        self._keys = sorted(items)

    def keys(self, prefix: str, after_key: str = "") -> list[str]:
        """The keys that start with `prefix` and come after `after_key`, in order."""
        keys = self._keys
        start = bisect_left(keys, prefix)
        if after_key >= prefix and after_key:
            start = bisect_right(keys, after_key, lo=start)
        end = prefix_end(prefix)
        return keys[start : bisect_left(keys, end, lo=start) if end else None]

    def count(self, prefix: str) -> int:
        """How many keys start with `prefix`."""
        end = prefix_end(prefix)
        return (bisect_left(self._keys, end) if end else len(self._keys)) - bisect_left(self._keys, prefix)

    def apply(self, events: Iterable[StoreEvent]) -> None:
        """Take over what has been committed, in revision order."""
        items, keys = self.items, self._keys
        for event in events:
            key = event.key
            if event.value is None:
                del items[key]
                del keys[bisect_left(keys, key)]
            else:
                if event.previous is None:
                    insort(keys, key)
                items[key] = KeyValue(key, event.value, event.revision, event.created_revision)
            self.revision = event.revision


def prefix_end(prefix: str) -> str:
    """The first text that sorts behind everything that starts with `prefix`; "" when there is none."""
    stem = prefix.rstrip(LAST_CHARACTER)
    return stem[:-1] + chr(ord(stem[-1]) + 1) if stem else ""
