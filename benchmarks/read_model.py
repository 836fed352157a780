"""The read-model at 1,000 nodes and 10,000 pods: filling it, one snapshot after a change, all of it anew, JSON."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import msgspec

from suites.told_cluster import HandFed, deployment, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS

NODES_COUNT, PODS_COUNT, APPS = 1000, 10_000, 100
SNAPSHOT_MS_MAX = 100.0


def timed(what: str, do: Callable[[], object]) -> float:
    best = min(_once(do) for _ in range(3))
    print(f"{what:<58}{best:9.1f} ms")
    return best


def _once(do: Callable[[], object]) -> float:
    start = time.perf_counter()
    do()
    return (time.perf_counter() - start) * 1000


def main() -> int:
    told = HandFed()
    nodes = [node(f"node-{n}") for n in range(NODES_COUNT)]
    pods = [
        pod(f"app-{n % APPS}-rs-{n}", f"node-{n % NODES_COUNT}", owner=("ReplicaSet", f"app-{n % APPS}-rs"))
        for n in range(PODS_COUNT)
    ]

    def fill() -> None:
        for n in range(APPS):
            told.put(DEPLOYMENTS, deployment(f"app-{n}", PODS_COUNT // APPS))
            told.put(REPLICA_SETS, replica_set(f"app-{n}-rs", f"app-{n}"))
        for document in nodes:
            told.put(NODES, document)
        for document in pods:
            told.put(PODS, document)

    print(f"filled with {NODES_COUNT} nodes and {PODS_COUNT} pods in {_once(fill):.0f} ms")
    first = _once(told.model.snapshot)
    print(f"{'the first snapshot: every node and workload described':<58}{first:9.1f} ms")

    def one_change() -> None:
        told.put(PODS, pods[0])
        told.model.snapshot()

    later = timed("a snapshot after one pod has changed", one_change)
    snapshot = told.model.snapshot()
    timed("the snapshot as JSON", lambda: msgspec.json.encode(snapshot))
    assert len(snapshot.pods) == PODS_COUNT
    is_fast = max(first, later) <= SNAPSHOT_MS_MAX
    print(f"at most {SNAPSHOT_MS_MAX:.0f} ms each: {'yes' if is_fast else 'NO'}")
    return 0 if is_fast else 1


if __name__ == "__main__":
    sys.exit(main())
