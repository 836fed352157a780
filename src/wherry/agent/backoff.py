"""How long to wait before trying again: at once the first time, then longer and longer.

A worked example with the numbers for crashing containers (10 s, doubling to 300 s): the first crash is
followed by a restart at once, the second by 10 s after the crash, then 20, 40, 80, 160, 300, 300 ...
A container that ran for ten minutes or more after its last restart begins anew.
"""

from __future__ import annotations

from dataclasses import dataclass

# Kubernetes' numbers: MaxContainerBackOff and twice that for forgetting.
INITIAL_S = 10.0
LONGEST_S = 300.0
FORGET_AFTER_S = 600.0


@dataclass(slots=True)
class Backoff:
    """Remembers how often something was tried in a row. Times are monotonic seconds."""

    duration_s: float = 0.0
    tried_at_s: float = 0.0

    def wait_s(self, failed_at_s: float, now_s: float) -> float:
        """Seconds from now until the next try may begin, given when the last one failed."""
        if failed_at_s - self.tried_at_s > FORGET_AFTER_S:
            self.duration_s = 0.0
        return max(0.0, failed_at_s + self.duration_s - now_s)

    def tried(self, now_s: float) -> None:
        """A try begins now."""
        self.duration_s = min(LONGEST_S, self.duration_s * 2 or INITIAL_S)
        self.tried_at_s = now_s
