"""`what if`: branch the state, make the change, let the real masters work until nothing more happens, and compare.

    seed = await read_seed(client)                  what somebody may see, by the public API
    answer = play(seed, Change(nodes_down=("n2",))) a Forecast; nothing is asked or changed outside of this process

Time is virtual: five minutes until pods leave a dead node take milliseconds.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence

from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.apiserver.wire import prefix_of
from wherry.client.client import Client
from wherry.cluster.branch.change import apply_change, check_names
from wherry.cluster.branch.masters import BranchMasters
from wherry.cluster.branch.seed import Seed, plant
from wherry.cluster.branch.silences import SliceEvent, find_silences
from wherry.kit.log import silenced
from wherry.kit.tasks import TaskScope
from wherry.kit.virtual_time import VirtualClock, run_in_virtual_time
from wherry.narrate.facts import Snapshot
from wherry.narrate.forecast import Forecast, Played, Silence, forecast
from wherry.narrate.intent import COPIES_MAX, Change, NeverSettles, TooManyCopies
from wherry.narrate.model import read
from wherry.narrate.placement import NodeVerdict, judge_nodes
from wherry.store.memory import MemoryStore

# Nothing in the masters waits longer than this without a reason of its own: pods bear a dead node for 300 s.
QUIET_S = 310.0
HORIZON_S = 3600.0
LOOK_EVERY_S = 5.0
# Real seconds: ten thousand new pods take 25.
PLAY_MAX_S = 60.0
# Of the pods that wait, so many are asked why.
ASKED_MAX = 10


def play(seed: Seed, change: Change, *, this_host: str = "") -> Forecast:
    """What would happen. Blocks; needs a thread without a running loop.

    Raises NotThere, Ambiguous, TooManyCopies (before anything is done) and NeverSettles.
    """
    if change.copies > COPIES_MAX:
        raise TooManyCopies(change.copies)
    clock = VirtualClock(seed.now_s)
    # Nearly all that is made stays until the end: looking for garbage in between costs a fifth of the time.
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        with silenced():
            return run_in_virtual_time(lambda: _play_in_time(seed, change, clock, this_host), clock)
    finally:
        if was_enabled:
            gc.enable()


async def _play_in_time(seed: Seed, change: Change, clock: VirtualClock, this_host: str) -> Forecast:
    try:
        async with asyncio.timeout(PLAY_MAX_S):
            return await _play(seed, change, clock, this_host)
    except TimeoutError as error:
        raise NeverSettles from error


async def _play(seed: Seed, change: Change, clock: VirtualClock, this_host: str) -> Forecast:
    store = MemoryStore(clock)
    await plant(seed, store)
    down = frozenset(change.nodes_down)
    masters = BranchMasters(store, clock, down=down, sees_all=not seed.hidden)
    masters.server.ready.set()
    before = (await read(masters.client, this_host=this_host)).snapshot()
    check_names(change, before)
    slices = [SliceEvent(clock.now_s(), one.key, one.value) for one in await _slices(store)]
    async with TaskScope("branch") as scope:
        await masters.start(scope)
        start_s, revision = clock.now_s(), store.revision
        refusals = await apply_change(masters.client, masters.server.catalog, change, before)
        await _until_quiet(store, clock)
        after = (await read(masters.client, this_host=this_host)).snapshot()
        reasons, verdicts = await _why(masters.client, after)
    played = Played(
        before=before,
        after=after,
        down=down,
        refusals=tuple(refusals),
        silences=tuple(_silences(store, slices, revision, down, start_s=start_s, end_s=clock.now_s())),
        reasons=reasons,
        verdicts=verdicts,
        lasted_s=max(0.0, store.time_of(store.revision) - start_s),
        hidden=seed.hidden,
    )
    return forecast(played)


async def _until_quiet(store: MemoryStore, clock: VirtualClock) -> None:
    """Let time pass until nothing has changed for a while."""
    start_s = last_s = clock.now_s()
    revision = -1
    while clock.now_s() - last_s < QUIET_S and clock.now_s() - start_s < HORIZON_S:
        if store.revision != revision:
            revision, last_s = store.revision, clock.now_s()
        await clock.sleep(LOOK_EVERY_S)


async def _slices(store: MemoryStore) -> Sequence[SliceEvent]:
    page = await store.list(prefix_of(ENDPOINT_SLICES))
    return [SliceEvent(0.0, item.key, item.value) for item in page.items]


def _silences(
    store: MemoryStore,
    slices: Sequence[SliceEvent],
    revision: int,
    down: frozenset[str],
    *,
    start_s: float,
    end_s: float,
) -> list[Silence]:
    prefix = prefix_of(ENDPOINT_SLICES)
    happened = [
        SliceEvent(store.time_of(event.revision), event.key, event.value)
        for event in store.events_after(revision)
        if event.key.startswith(prefix)
    ]
    return find_silences(slices, happened, down, start_s=start_s, end_s=end_s)


async def _why(client: Client, after: Snapshot) -> tuple[dict[str, str], dict[str, tuple[NodeVerdict, ...]]]:
    """Why pods have no node, and why workloads have fewer pods than they want, in the masters' own words."""
    reasons: dict[str, str] = {}
    verdicts: dict[str, tuple[NodeVerdict, ...]] = {}
    for one in (await client.list(REPLICA_SETS)).items:
        owner = one.metadata.controller
        failed = [entry for entry in one.status.conditions if entry.type == "ReplicaFailure" and entry.status == "True"]
        if failed:
            reasons[f"{one.metadata.namespace}/{owner.name if owner else one.metadata.name}"] = failed[0].message
    if not after.waiting:
        return reasons, verdicts
    nodes, pods = (await client.list(NODES)).items, (await client.list(PODS)).items
    asked: set[tuple[str, str]] = set()
    for pod in pods:
        condition = next((entry for entry in pod.status.conditions if entry.type == "PodScheduled"), None)
        if pod.spec.node_name or condition is None or condition.status != "False":
            continue
        key = str(pod.metadata.key)
        reasons[key] = condition.message
        owner = pod.metadata.controller
        group = (pod.metadata.namespace, owner.uid if owner else pod.metadata.uid)
        if len(asked) < ASKED_MAX and group not in asked:
            asked.add(group)
            verdicts[key] = tuple(judge_nodes(pod, nodes, pods))
    return reasons, verdicts
