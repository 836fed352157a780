"""`wherry prove`: an experiment is made on a twin, with a time limit, and a proof comes of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

from wherry.api.core.node import NODES, is_without_machine
from wherry.api.core.pod import Pod
from wherry.api.method.proof import ProofSpec
from wherry.api.method.release import Release
from wherry.apimachinery.errors import StatusError
from wherry.kit.clock import Clock
from wherry.method.done.proofs import make_proof
from wherry.method.done.repeating import prove_command, repeatable
from wherry.method.evidence.observation import Observation
from wherry.method.evidence.verdict import Verdict, judge
from wherry.method.experiments.experiment import Experiment, failed
from wherry.method.journey.play import CannotCall
from wherry.method.twins.counting import counting_copies
from wherry.method.twins.recording import Recording
from wherry.method.twins.start import restore
from wherry.method.twins.twin import CannotTry, Twin

Keep = Callable[[Verdict, ProofSpec], Awaitable[None]]
"""Told each verdict at once, with its proof: what comes later can go wrong."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One experiment that was made: what was seen and done, what came of it, when it began, how long it took."""

    experiment: Experiment
    release: Release
    seen: tuple[Observation, ...]
    journal: tuple[tuple[float, str], ...]
    recording: Recording
    started_s: float
    duration_s: float

    def after(self, first: Trial, seen: Sequence[Observation]) -> Trial:
        """This one as the second of two, with what both say together."""
        return replace(
            self,
            seen=tuple(seen),
            journal=(*first.journal, *self.journal),
            recording=self.recording.after(first.recording),
            started_s=first.started_s,
            duration_s=self.recording.began_s - first.recording.began_s + self.duration_s,
        )


@dataclass(frozen=True, slots=True)
class Bench:
    """Where experiments are made: what they are timed by, and who is told what comes of them.

    `is_named`: people have asked for this very release, so whoever repeats it has to name it.
    """

    clock: Clock
    version: str
    keep: Keep
    is_named: bool = False

    async def make(self, twin: Twin, experiment: Experiment) -> Trial:
        """Make one experiment on a twin that nothing else uses meanwhile."""
        twin.journal.clear()
        started_s, began_s = self.clock.now_s(), self.clock.monotonic_s()
        recording = twin.recording = Recording(began_s)
        async with counting_copies(twin):
            seen = await observe(twin, experiment)
        duration_s = self.clock.monotonic_s() - began_s
        return Trial(experiment, twin.release, tuple(seen), tuple(twin.journal), recording, started_s, duration_s)

    async def tell(self, trial: Trial) -> None:
        """Judge it, and have its proof kept."""
        criterion, release = trial.experiment.criterion, trial.release
        command = prove_command(criterion, release, is_named=self.is_named)
        verdict = judge(criterion, repeatable(trial.seen, criterion, command), digest=release.spec.digest)
        proof = make_proof(
            verdict,
            release,
            started_s=trial.started_s,
            duration_s=trial.duration_s,
            version=self.version,
            repeat=command,
            journal=trial.journal,
            recording=trial.recording,
        )
        await self.keep(verdict, proof)


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
