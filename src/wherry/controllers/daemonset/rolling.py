"""From one template to the next, node by node: never more nodes without their pod than is allowed.

Without a surge an old pod goes first and the next look starts the new one; with a surge the new pod comes first
and the old one goes when the new one is available.

Source: kubernetes pkg/controller/daemon/update.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from wherry.api.apps.daemonset import DaemonSet, RollingUpdateDaemonSet
from wherry.api.core.pod import Pod
from wherry.apimachinery.int_or_string import scaled_value


@dataclass(frozen=True, slots=True)
class Replacement:
    """What an update does next: pods that go, nodes that get a pod beside the old one."""

    delete: tuple[Pod, ...] = ()
    create_on: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """How many nodes may be without an available pod, and how many may have two, at a time."""

    unavailable: int
    surge: int


def compute_limits(daemon_set: DaemonSet, desired: int) -> Limits:
    """The counts and shares of the strategy, in nodes; shares are rounded up."""
    strategy = daemon_set.spec.update_strategy
    rolling = (strategy.rolling_update if strategy else None) or RollingUpdateDaemonSet(max_unavailable=1)
    unavailable = scaled_value(rolling.max_unavailable or 0, desired, round_up=True)
    surge = scaled_value(rolling.max_surge or 0, desired, round_up=True)
    if desired and not unavailable and not surge:
        unavailable = 1
    return Limits(unavailable, surge)


def plan_rolling(
    nodes: Mapping[str, Sequence[Pod]],
    limits: Limits,
    is_updated: Callable[[Pod], bool],
    is_available: Callable[[Pod], bool],
) -> Replacement:
    """The next step of an update.

    Args:
        nodes: for every node that shall have a pod, the pods that are on it.
    """
    pairs = {name: _old_and_new(pods, is_updated) for name, pods in sorted(nodes.items())}
    return _surge(pairs, limits, is_available) if limits.surge else _swap(pairs, limits, is_available)


_Pair = tuple[Pod | None, Pod | None]


def _old_and_new(pods: Sequence[Pod], is_updated: Callable[[Pod], bool]) -> _Pair | None:
    """The old and the new pod of a node; None where there are more, which is cleaned up first."""
    kept = [pod for pod in pods if not pod.metadata.is_being_deleted]
    old = [pod for pod in kept if not is_updated(pod)]
    new = [pod for pod in kept if is_updated(pod)]
    if len(old) > 1 or len(new) > 1:
        return None
    return (old[0] if old else None), (new[0] if new else None)


def _swap(pairs: Mapping[str, _Pair | None], limits: Limits, is_available: Callable[[Pod], bool]) -> Replacement:
    missing = 0
    must: list[Pod] = []
    may: list[Pod] = []
    for pair in pairs.values():
        old, new = pair if pair is not None else (None, None)
        if (old is None) == (new is None):
            missing += 1
        elif old is None:
            assert new is not None
            missing += not is_available(new)
        elif is_available(old):
            may.append(old)
        else:
            # It serves nobody: replacing it takes nothing away.
            must.append(old)
            missing += 1
    return Replacement(delete=(*must, *may[: max(limits.unavailable - missing, 0)]))


def _surge(pairs: Mapping[str, _Pair | None], limits: Limits, is_available: Callable[[Pod], bool]) -> Replacement:
    doubled = 0
    must: list[str] = []
    may: list[str] = []
    done: list[Pod] = []
    for name, pair in pairs.items():
        if pair is None:
            doubled += 1
            continue
        old, new = pair
        if old is None:
            continue
        if new is None:
            (may if is_available(old) else must).append(name)
        elif is_available(new):
            done.append(old)
        else:
            doubled += 1
    return Replacement(delete=tuple(done), create_on=(*must, *may[: max(limits.surge - doubled, 0)]))
