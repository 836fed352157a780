"""What is measured, as lines: medians and 95th percentiles beside the bar and the floor of the same run."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median, quantiles


def p95(values: Sequence[float]) -> float:
    """What 95 of 100 stay below."""
    return quantiles(values, n=20)[18] if len(values) > 1 else values[0]


def show(name: str, said: str, aim: str = "") -> None:
    """One line: what, how much, and what it should be."""
    print(f"  {name:<66}{said:<52} {aim}".rstrip(), flush=True)


def show_times(name: str, times_s: Sequence[float], aim: str = "", floor_s: Sequence[float] = ()) -> None:
    """How long something took: in the middle, and at worst but for 5 of 100."""
    if not times_s:
        show(name, "nothing came", aim)
        return
    middle_s, slow_s = median(times_s), p95(times_s)
    ratio = f", {slow_s / p95(floor_s):.1f} times the floor" if floor_s else ""
    show(name, f"median {ms(middle_s)}, p95 {ms(slow_s)} of {len(times_s)}{ratio}", aim)


def ms(seconds: float) -> str:
    """A time in milliseconds."""
    return f"{seconds * 1000:,.1f} ms"
