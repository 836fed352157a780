"""For how long something has been as it is, by this process's own watch and not by anybody's timestamps.

Wall clocks jump and machines differ; what counts for "has not answered for 40 seconds" is how long we
ourselves have seen no change, on the monotonic clock (which stands still while a laptop sleeps).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)


class Unchanged(Generic[K]):
    """Remembers when the value of each key was last seen to change."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._seen: dict[K, tuple[object, float]] = {}

    def for_s(self, key: K, value: object, monotonic_s: float) -> float:
        """For how many seconds `value` has been what it is; 0 when it is new or has just changed."""
        known = self._seen.get(key)
        if known is None or known[0] != value:
            self._seen[key] = (value, monotonic_s)
            return 0.0
        return monotonic_s - known[1]

    def forget(self, key: K) -> None:
        """The key is gone, or its value does not matter any more."""
        self._seen.pop(key, None)
