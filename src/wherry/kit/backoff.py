"""Waiting longer after each failure, with a little randomness so that not all retry together."""

from __future__ import annotations

from random import Random


class Backoff:
    """The next delay to wait; grows until `reset`.

    Jitter only lengthens a delay (by up to `jitter` of it): a stated minimum is kept.
    """

    def __init__(
        self, random: Random, *, initial_s: float, maximum_s: float, factor: float = 2.0, jitter: float = 0.1
    ) -> None:
        """Delays run initial_s, initial_s*factor, ... up to maximum_s (before jitter)."""
        assert 0 < initial_s <= maximum_s
        assert factor >= 1
        self._random = random
        self._initial_s = initial_s
        self._maximum_s = maximum_s
        self._factor = factor
        self._jitter = jitter
        self._delay_s = initial_s

    def next_s(self) -> float:
        """How long to wait now, in seconds; the following one will be longer."""
        delay_s = self._delay_s
        self._delay_s = min(self._maximum_s, delay_s * self._factor)
        return delay_s * (1 + self._random.random() * self._jitter)

    def reset(self) -> None:
        """Begin again with the shortest delay (after a success)."""
        self._delay_s = self._initial_s
