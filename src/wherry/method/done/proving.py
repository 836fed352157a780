"""`wherry prove`: one twin, the experiments one after another, each with its time, each a proof."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from wherry.api.method.proof import ProofSpec
from wherry.apimachinery.errors import StatusError
from wherry.kit.clock import Clock
from wherry.method.done.proofs import make_proof
from wherry.method.evidence.observation import Observation
from wherry.method.evidence.verdict import Verdict, judge
from wherry.method.experiments.experiment import Experiment, failed
from wherry.method.experiments.twin import CannotTry, Twin

Tell = Callable[[Verdict, float], None]
"""Told each verdict, with how long it took in seconds."""


async def prove(
    twin: Twin, experiments: Sequence[Experiment], clock: Clock, version: str, tell: Tell
) -> list[ProofSpec]:
    """Make the experiments; one that fails spoils no other. Gives a proof for each."""
    proofs = []
    for experiment in experiments:
        started_s, began_s = clock.now_s(), clock.monotonic_s()
        verdict = judge(experiment.criterion, await observe(twin, experiment), digest=twin.release.spec.digest)
        duration_s = clock.monotonic_s() - began_s
        tell(verdict, duration_s)
        proofs.append(make_proof(verdict, twin.release, started_s=started_s, duration_s=duration_s, version=version))
    return proofs


async def observe(twin: Twin, experiment: Experiment) -> list[Observation]:
    """What an experiment sees; what goes wrong with it is an observation about it, not about the service."""
    try:
        async with asyncio.timeout(experiment.budget_s):
            return await experiment.run(twin)
    except CannotTry as error:
        return [failed(f"It could not be tried: {error}.")]
    except StatusError as error:
        return [failed(f"It could not be tried: the cluster refuses ({error.message}).")]
    except TimeoutError:
        return [failed(f"It could not be tried within {experiment.budget_s:.0f} s.")]
