"""Sets of completion indexes as Kubernetes writes them: `0,2-5,7`."""

from __future__ import annotations

from collections.abc import Iterable


def parse_indexes(text: str) -> set[int]:
    """The numbers in `0,2-5,7`."""
    numbers: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit():
            numbers.update(range(int(first), int(last if last.isdigit() else first) + 1))
    return numbers


def format_indexes(numbers: Iterable[int]) -> str:
    """Numbers as `0,2-5,7`; two neighbours are written with a comma, more with a dash."""
    parts: list[str] = []
    run: list[int] = []
    for number in sorted(numbers):
        if run and number != run[-1] + 1:
            parts.append(_format_run(run))
            run = []
        run.append(number)
    return ",".join([*parts, _format_run(run)] if run else parts)


def _format_run(run: list[int]) -> str:
    if len(run) == 1:
        return str(run[0])
    return f"{run[0]}{'-' if len(run) > 2 else ','}{run[-1]}"
