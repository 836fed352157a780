"""How much the rules of one request may cost."""

from __future__ import annotations

# Upstream allows five times as much, in another thread; here the loop stands still meanwhile, half a second at most.
REQUEST_COST_MAX = 2_000_000


class Budget:
    """What the rules of one request may still cost."""

    def __init__(self, cost_max: int = REQUEST_COST_MAX) -> None:
        """Everything is still there."""
        self.remaining = cost_max

    def is_spent(self) -> bool:
        """Whether nothing more may be evaluated."""
        return self.remaining < 0
