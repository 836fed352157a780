"""How much more several copies do than one, when each may use only a little of a processor."""

from __future__ import annotations

from wherry.api.core.pod import Pod
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, remark
from wherry.method.twins.twin import CannotTry, Twin

CPU = "200m"
RATIO_MIN = 1.8
MEASURE_S = 2.0
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
    """Put the same load on a copy without a limit, on one with a limit, and on all that have one.

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
    each_s = [await _ask_for(twin, source, paths[0], targets) for targets in ([free.status.pod_ip], small[:1], small)]
    alone, one, several = (rate or 0.0 for rate in each_s)
    if None in each_s:
        return [open_question("How much the copies do cannot be seen here (no python3 in the image, or no exec).")]
    twin.note(f"With {CPU} each, one copy answered {one:.0f} requests a second, {copies} copies {several:.0f}.")
    return [judge_throughput(alone, one, several, copies)]


async def _ask_for(twin: Twin, source: Pod, path: str, targets: list[str]) -> float | None:
    """Requests in a second that these addresses answer; None where that cannot be tried."""
    arguments = (str(MEASURE_S), str(AT_ONCE), str(twin.port), path, *targets)
    found = await twin.look(source.metadata.name, "requests", *arguments)
    return int(found["answered"]) / MEASURE_S if isinstance(found, dict) else None


def judge_throughput(alone: float, one: float, several: float, copies: int) -> Observation:
    """Whether more copies do more. Pure.

    Args:
        alone: requests in a second of one copy that may use a whole processor: what this machine can show at all.
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
