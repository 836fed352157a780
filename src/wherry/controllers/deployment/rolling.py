"""The arithmetic of a rolling update: how many pods of which release there shall be next.

Worked example: 4 wanted, maxSurge 1, maxUnavailable 1, so at most 5 pods and at least 3 available.

    new 0, old 4 (4 available)    new may grow by 5-4=1; old may shrink by 4-3=1     -> new 1, old 3
    new 1 (0 available), old 3    3 are available: nothing may go; 4+1=5 allows 1    -> new 2, old 3
    new 2 (2 available), old 3    5 available, 3 needed                              -> new 2, old 1
    ...                                                                              -> new 4, old 0

Source: kubernetes pkg/controller/deployment/rolling.go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.api.apps.deployment import Deployment
from wherry.apimachinery.int_or_string import scaled_value


@dataclass(frozen=True, slots=True)
class Group:
    """The pods of one ReplicaSet: how many it shall have, and how many can take work (at most `size`)."""

    name: str
    size: int
    available: int


@dataclass(frozen=True, slots=True)
class Limits:
    """How far a rollout may depart from `wanted` pods."""

    wanted: int
    surge: int
    unavailable: int

    @property
    def total_max(self) -> int:
        """Never more pods than this."""
        return self.wanted + self.surge

    @property
    def available_min(self) -> int:
        """Never fewer available pods than this."""
        return self.wanted - self.unavailable


def compute_limits(deployment: Deployment) -> Limits:
    """What the Deployment's strategy allows, in pods. A surge is rounded up, unavailability down."""
    wanted = deployment.spec.replicas or 0
    strategy = deployment.spec.strategy
    if strategy is None or strategy.type == "Recreate" or strategy.rolling_update is None:
        return Limits(wanted, 0, 0)
    rolling = strategy.rolling_update
    surge = scaled_value(rolling.max_surge or 0, wanted, round_up=True)
    unavailable = scaled_value(rolling.max_unavailable or 0, wanted, round_up=False)
    if surge == 0 and unavailable == 0:
        # Both round to nothing: without this a rollout could never begin.
        unavailable = 1
    return Limits(wanted, surge, min(unavailable, wanted))


def compute_growth(limits: Limits, new_size: int, total: int) -> int:
    """The size that the new ReplicaSet may have at once."""
    if new_size >= limits.wanted:
        return limits.wanted
    return new_size + max(min(limits.total_max - total, limits.wanted - new_size), 0)


def compute_sizes(limits: Limits, new: Group, old: Sequence[Group]) -> dict[str, int]:
    """The next size of every group, by name.

    Old pods that are not available go first, since nobody misses them; then available ones, as many as
    the new release has made dispensable.
    """
    sizes = {group.name: group.size for group in old}
    sizes[new.name] = compute_growth(limits, new.size, new.size + sum(group.size for group in old))
    not_yet = sizes[new.name] - min(new.available, sizes[new.name])
    # What may go without leaving too few, even if none of the new pods that are on their way ever comes up.
    budget = sum(sizes.values()) - limits.available_min - not_yet
    for group in old:
        gone = max(min(budget, group.size - group.available), 0)
        sizes[group.name] -= gone
        budget -= gone
    spare = min(budget, new.available + sum(group.available for group in old) - limits.available_min)
    for group in old:
        gone = max(min(spare, sizes[group.name]), 0)
        sizes[group.name] -= gone
        spare -= gone
    return sizes
