"""How long a copy needs until it takes requests, beside a pod that does nothing: five rounds, in the same run."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from statistics import median

from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.twins.twin import CannotTry, Twin

ROUNDS = 5
IDLE = "import signal; signal.pause()"
SERVICE_ONLY = frozenset(
    ("readinessProbe", "livenessProbe", "startupProbe", "lifecycle", "ports", "args", "env", "envFrom")
)


@dataclass(frozen=True, slots=True)
class StartTimes:
    """Seconds from asking for a pod until it was ready; `idle` of pods that do nothing (empty: not possible here)."""

    own: tuple[float, ...]
    idle: tuple[float, ...] = ()

    @property
    def words(self) -> str:
        """The times, in a sentence's part."""
        beside = f", beside {median(self.idle):.2f} s of a pod that does nothing" if self.idle else ""
        return f"{median(self.own):.2f} s (95 of 100 within {p95(self.own):.2f} s{beside})"


def p95(times: tuple[float, ...]) -> float:
    """The time within which 95 of 100 are."""
    return sorted(times)[max(0, math.ceil(0.95 * len(times)) - 1)]


async def measure_starts(twin: Twin) -> StartTimes:
    """Start copies and idle pods in turns. Raises CannotTry when a copy does not start."""
    own, idle = [], []
    for number in range(ROUNDS):
        own.append(await _time(twin, f"round-{number}", lambda name: twin.start_copy(name, twin.environment())))
        try:
            idle.append(await _time(twin, f"idle-{number}", lambda name: _start_idle(twin, name)))
        except CannotTry:
            continue
    times = StartTimes(tuple(own), tuple(idle) if len(idle) == ROUNDS else ())
    twin.note(f"A copy was started {ROUNDS} times: {times.words}.")
    return times


async def _time(twin: Twin, name: str, start: Callable[[str], Awaitable[None]]) -> float:
    began_s = twin.clock.monotonic_s()
    try:
        await start(name)
        _ = await twin.until_ready(name)
        return twin.clock.monotonic_s() - began_s
    finally:
        await twin.remove(name)


async def _start_idle(twin: Twin, name: str) -> None:
    """A pod of the same image that does nothing: what is left is the cluster's own time."""
    container = {key: value for key, value in twin.container.items() if key not in SERVICE_ONLY}
    await twin.start_pod(name, {**container, "command": ["python3", "-S", "-c", IDLE]})


def judge_starts(times: StartTimes, allowed_s: float, *, is_alone: bool = True) -> list[Observation]:
    """Whether copies are there fast enough; a slow machine is not the service's fault. Pure.

    Args:
        times: what was measured.
        allowed_s: what was agreed upon.
        is_alone: whether nothing else was tried meanwhile; otherwise too slow says nothing yet.
    """
    typical = median(times.own)
    if typical <= allowed_s:
        return [remark(f"A copy takes requests after {times.words}.")]
    if not is_alone:
        return [
            open_question(f"A copy needs {times.words} while others are tried beside it; it has to be tried alone.")
        ]
    by_itself = typical - (median(times.idle) if times.idle else 0.0)
    if by_itself <= allowed_s:
        return [open_question(f"A copy needs {times.words}; this machine is slow, so it says little of the service.")]
    return [
        refuted(
            f"A copy needs {times.words} until it takes requests; {allowed_s:.0f} s were agreed upon.",
            "disposability",
            fix="do less when starting: connect later, import less, build in the image",
        )
    ]
