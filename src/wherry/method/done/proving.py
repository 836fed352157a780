"""`wherry prove`: one twin, the experiments one after another, each with its time, each a proof."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

from wherry.api.core.node import NODES, is_without_machine
from wherry.api.core.pod import Pod
from wherry.api.method.proof import ProofSpec
from wherry.apimachinery.errors import StatusError
from wherry.kit.clock import Clock
from wherry.method.done.proofs import make_proof
from wherry.method.evidence.observation import Observation
from wherry.method.evidence.verdict import Verdict, judge
from wherry.method.experiments.experiment import Experiment, failed
from wherry.method.journey.play import CannotCall
from wherry.method.twins.counting import counting_copies
from wherry.method.twins.start import restore
from wherry.method.twins.twin import CannotTry, Twin

Keep = Callable[[Verdict, ProofSpec], Awaitable[None]]
"""Told each verdict at once, with its proof: what comes later can go wrong."""


async def prove(twin: Twin, experiments: Sequence[Experiment], clock: Clock, version: str, keep: Keep) -> None:
    """Make the experiments; one that fails spoils no other. Each gives a proof."""
    for experiment in experiments:
        twin.journal.clear()
        started_s, began_s = clock.now_s(), clock.monotonic_s()
        twin.recording.begin(began_s)
        async with counting_copies(twin):
            seen = await observe(twin, experiment)
        verdict = judge(experiment.criterion, seen, digest=twin.release.spec.digest)
        proof = make_proof(
            verdict,
            twin.release,
            started_s=started_s,
            duration_s=clock.monotonic_s() - began_s,
            version=version,
            journal=twin.journal,
            recording=twin.recording,
        )
        await keep(verdict, proof)


async def observe(twin: Twin, experiment: Experiment) -> list[Observation]:
    """What an experiment sees; what goes wrong with it is an observation about it, not about the service."""
    try:
        async with asyncio.timeout(experiment.budget_s):
            await check_steady(twin)
            return await experiment.run(twin)
    except (CannotTry, CannotCall) as error:
        seen = failed(f"It could not be tried: {error}.")
    except StatusError as error:
        seen = failed(f"It could not be tried: the cluster refuses ({error.message}).")
    except TimeoutError:
        seen = failed(f"It could not be tried within {experiment.budget_s:.0f} s.")
    # A twin that does not come back is said by the next experiment, before it begins.
    with contextlib.suppress(CannotTry, StatusError):
        await restore(twin)
    return [seen]


async def check_steady(twin: Twin) -> None:
    """Before anything is tried, one copy really runs and the journey passes. Raises CannotTry."""
    for pod in await twin.scale(1):
        await check_machine(twin, pod)
    trouble = (await twin.play()).trouble if twin.journey is not None else ""
    if trouble:
        raise CannotTry(f"before it began, the journey did not pass: {trouble}")


async def check_machine(twin: Twin, pod: Pod) -> None:
    """What a played node says of its pods is no evidence: nothing runs there. Raises CannotTry."""
    name = pod.spec.node_name
    if not name:
        return
    try:
        node = await twin.client.get(NODES, name)
    except StatusError:
        # Who may not look at nodes has to believe the pods.
        return
    if is_without_machine(node):
        raise CannotTry(f"the node {name} is simulated, no container runs there; a cluster with real nodes can show it")
