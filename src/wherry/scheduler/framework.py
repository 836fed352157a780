"""How a place is found for a pod: filters rule nodes out, scores compare the rest. Pure.

A plugin is one file with one `Plugin`. Up to three functions, all pure:

    check(pod, facts)          a reason why no node at all will do, or ""
    filter(pod, node, facts)   the reasons why this node will not do; none: it will
    score(pod, nodes, facts)   0 (worst) to 100 (best) for each of the nodes that are left

`woken_by` names what may change the plugin's mind: a pod that it has refused is not looked at again
before one of these has happened.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeVar

from wherry.api.core.persistent_volume import PersistentVolume
from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.api.storage.storageclass import StorageClass
from wherry.scheduler.pod_info import PodInfo
from wherry.scheduler.snapshot import NodeInfo

T_co = TypeVar("T_co", covariant=True)

Happening = Literal["node-added", "node-changed", "pod-gone", "claim-changed", "volume-changed", "class-changed"]

SCORE_MAX = 100

SCORES_KEPT = 3
"""The chosen node and the two that came next: enough to say why it was this one."""

NAMED_MAX = 10
"""Nodes named for a reason; of thousands that are all too small, ten names say as much."""
ENOUGH_NODES = 100
"""So many fitting nodes are choice enough; of more, the next pods look at the others.

Source: kubernetes, minFeasibleNodesToFind (a real scheduler looks at more of them in clusters above 200 nodes).
"""


class Named(Protocol[T_co]):
    """Objects that can be looked up by name, such as an informer's lister."""

    def get(self, namespace: str, name: str) -> T_co | None:
        """The object, or None."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What plugins may know besides the pod and the nodes."""

    claims: Named[PersistentVolumeClaim]
    volumes: Named[PersistentVolume]
    classes: Named[StorageClass]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """One rule."""

    name: str
    check: Callable[[PodInfo, Facts], str] | None = None
    filter: Callable[[PodInfo, NodeInfo, Facts], Sequence[str]] | None = None
    score: Callable[[PodInfo, Sequence[NodeInfo], Facts], Sequence[float]] | None = None
    weight: int = 1
    woken_by: frozenset[Happening] = frozenset()


@dataclass(frozen=True, slots=True)
class NodeScore:
    """How good a node was for a pod: the sum, and what each plugin gave (its weight times 0 to 100)."""

    node: str
    total: float
    parts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A node has been found. `fitting` is how many of the nodes looked at would have done.

    `scores` are those of the best few, the chosen one first (none when there was no choice); `rejected` names for
    each reason the first NAMED_MAX nodes that it ruled out.
    """

    node: NodeInfo
    fitting: int
    total: int
    looked_at: int
    scores: tuple[NodeScore, ...] = ()
    rejected: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    """No node will do.

    `reasons` counts, for each reason, the nodes that it rules out; `general` is one that holds
    whatever the node. `plugins` are those that said so, `rejected` is as in Chosen.
    """

    total: int
    general: str
    reasons: dict[str, int]
    plugins: frozenset[str]
    rejected: Mapping[str, Sequence[str]] = field(default_factory=dict)


def choose_node(
    pod: PodInfo, nodes: Sequence[NodeInfo], plugins: Sequence[Plugin], facts: Facts, *, start: int = 0
) -> Chosen | Refused:
    """Find the best node for `pod`, or all the reasons why there is none.

    Pure and deterministic: of equally good nodes the one with fewer pods wins, then the first looked at. The look
    goes round from the node at `start`, and ends when ENOUGH_NODES fit.
    """
    if nodes:
        for plugin in plugins:
            if plugin.check is not None and (general := plugin.check(pod, facts)):
                return Refused(len(nodes), general, {}, frozenset({plugin.name}))
    fitting: list[NodeInfo] = []
    reasons: dict[str, int] = {}
    rejected: dict[str, list[str]] = {}
    refusing: set[str] = set()
    looked_at = 0
    for node in (*nodes[start:], *nodes[:start]) if start else nodes:
        looked_at += 1
        found = _first_refusal(pod, node, plugins, facts)
        if found is None:
            fitting.append(node)
            if len(fitting) == ENOUGH_NODES:
                break
            continue
        refusing.add(found[0])
        for reason in found[1]:
            reasons[reason] = reasons.get(reason, 0) + 1
            if len(named := rejected.setdefault(reason, [])) < NAMED_MAX:
                named.append(node.name)
    if not fitting:
        return Refused(len(nodes), "", reasons, frozenset(refusing), rejected)
    if len(fitting) == 1:
        return Chosen(fitting[0], 1, len(nodes), looked_at, (), rejected)
    parts = _score_parts(pod, fitting, plugins, facts)
    scores = _sums(parts.values(), len(fitting))
    best = heapq.nlargest(SCORES_KEPT, range(len(fitting)), lambda n: (scores[n], -len(fitting[n].pods), -n))
    kept = tuple(NodeScore(fitting[n].name, scores[n], {name: given[n] for name, given in parts.items()}) for n in best)
    return Chosen(fitting[best[0]], len(fitting), len(nodes), looked_at, kept, rejected)


def score_nodes(pod: PodInfo, nodes: Sequence[NodeInfo], plugins: Sequence[Plugin], facts: Facts) -> list[float]:
    """How good each of `nodes` is: the weighted sum of what the plugins say."""
    return _sums(_score_parts(pod, nodes, plugins, facts).values(), len(nodes))


def _score_parts(
    pod: PodInfo, nodes: Sequence[NodeInfo], plugins: Sequence[Plugin], facts: Facts
) -> dict[str, list[float]]:
    """What each plugin gives to each of `nodes`, weighted."""
    return {
        plugin.name: [plugin.weight * score for score in plugin.score(pod, nodes, facts)]
        for plugin in plugins
        if plugin.score is not None
    }


def _sums(parts: Iterable[Sequence[float]], size: int) -> list[float]:
    totals = [0.0] * size
    for given in parts:
        for n, score in enumerate(given):
            totals[n] += score
    return totals


def scale_scores(raw: Sequence[float], *, reverse: bool = False) -> list[float]:
    """Stretch raw numbers so that the largest is 100; `reverse`: so that the largest is 0 and none is 100."""
    largest = max(raw, default=0)
    if largest == 0:
        return [SCORE_MAX if reverse else 0.0] * len(raw)
    scaled = [SCORE_MAX * value / largest for value in raw]
    return [SCORE_MAX - value for value in scaled] if reverse else scaled


def _first_refusal(
    pod: PodInfo, node: NodeInfo, plugins: Sequence[Plugin], facts: Facts
) -> tuple[str, Sequence[str]] | None:
    # As in Kubernetes, only the first plugin that refuses a node is heard: a node with a foreign taint
    # and too little memory counts as tainted.
    for plugin in plugins:
        if plugin.filter is not None and (reasons := plugin.filter(pod, node, facts)):
            return plugin.name, reasons
    return None
