"""How much more several copies do than one, when each may use only a little of a processor."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.api.core.pod import Pod
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, remark
from wherry.method.twins.twin import CannotTry, Twin

CPU = "200m"
RATIO_MIN = 1.8
# So clear after the first round that no second one is needed.
RATIO_CLEAR = 2.25
ROUND_S = 1.0
ROUNDS = 2
AT_ONCE = 6


def _name(number: int) -> str:
    return f"small-{number}"


async def start_small_copies(twin: Twin, copies: int) -> None:
    """Start them; with so little of a processor it takes a while, in which other things can be tried."""
    for number in range(copies):
        await twin.start_copy(_name(number), twin.environment(), cpu=CPU)


async def stop_small_copies(twin: Twin, copies: int) -> None:
    """Remove them."""
    for number in range(copies):
        await twin.remove(_name(number))


async def compare_throughput(twin: Twin, copies: int, source: Pod, free: Pod) -> list[Observation]:
    """Put the same load on one copy with a limit and on all that have one; when that is not enough, on one without.

    Args:
        twin: where.
        copies: how many with a limit there are.
        source: the copy from whose container the requests come: nothing else is in between.
        free: a copy without a limit.
    """
    played = await twin.play()
    paths = [path for path in played.reads if path]
    if played.trouble or not paths:
        return [open_question(f"There is nothing to read, so nothing can be asked for often. {played.trouble}".strip())]
    try:
        small = [(await twin.until_ready(_name(number))).status.pod_ip for number in range(copies)]
    except CannotTry as error:
        return [open_question(f"Copies with a limit of {CPU} do not start: {error}.")]
    measured = Rates(twin, source, paths[0])
    one, several = await measured.compare(small)
    # What the machine can show at all matters only where it does not show it.
    alone = 0.0 if _is(RATIO_MIN, one, several) else await measured.of([free.status.pod_ip])
    if not measured.could_ask:
        return [open_question("How much the copies do cannot be seen here (no python3 in the image, or no exec).")]
    twin.note(f"With {CPU} each, one copy answered {one:.0f} requests a second, {copies} copies {several:.0f}.")
    return [judge_throughput(alone, one, several, copies)]


@dataclass
class Rates:
    """How many requests in a second are answered, asked from inside a copy. `could_ask`: it was possible so far."""

    twin: Twin
    source: Pod
    path: str
    could_ask: bool = True

    async def compare(self, small: list[str]) -> tuple[float, float]:
        """Of the first of these, and of all of them: round by round, until it is clear."""
        rounds: list[tuple[float, float]] = []
        while len(rounds) < ROUNDS and not (rounds and _is(RATIO_CLEAR, *rounds[0])):
            rounds.append((await self.of(small[:1]), await self.of(small)))
        one, several = zip(*rounds, strict=True)
        return sum(one) / len(rounds), sum(several) / len(rounds)

    async def of(self, targets: list[str]) -> float:
        """Of these addresses in one round, one after the other in turns."""
        arguments = (str(ROUND_S), str(AT_ONCE), str(self.twin.port), self.path, *targets)
        found = await self.twin.look(self.source.metadata.name, "requests", *arguments) if self.could_ask else None
        self.could_ask = isinstance(found, dict)
        return int(found["answered"]) / ROUND_S if isinstance(found, dict) else 0.0


def _is(ratio: float, one: float, several: float) -> bool:
    return one > 0 and several >= ratio * one


def judge_throughput(alone: float, one: float, several: float, copies: int) -> Observation:
    """Whether more copies do more. Pure.

    Args:
        alone: requests in a second of one copy that may use a whole processor: what this machine can show at all;
            it does not matter when several do enough.
        one: of one copy with a limit.
        several: of all copies with that limit.
        copies: how many.
    """
    ratio = several / max(one, 0.001)
    if ratio >= RATIO_MIN:
        return remark(f"With {CPU} of a processor each, {copies} copies do {ratio:.1f} times the work of one.")
    numbers = f"one copy {one:.0f} requests a second, {copies} copies {several:.0f}, without a limit {alone:.0f}"
    if alone < RATIO_MIN * one:
        return open_question(f"Whether {copies} copies do more cannot be seen: this machine is too small ({numbers}).")
    return open_question(f"{copies} copies do only {ratio:.1f} times the work of one ({numbers}).")
