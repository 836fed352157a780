"""The timeline of a trial as a picture: requests and failures above, ready copies below, and what was done when.

Drawn here, as SVG without a script. The same is said in a sentence and stands in a table.
"""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.method.proof import ProofSpec, ProofTimeline
from wherry.dashboard.markup import text, with_terms
from wherry.narrate.templates import count

WIDTH, HEIGHT = 640, 214
LEFT, RIGHT = 44, 632
TOP, MIDDLE = 26, 118
COPIES_TOP, COPIES_BOTTOM = 142, 186
# Closer than this, two numbers would stand on each other.
NUMBER_WIDTH = 18


def trial_graph(proof: ProofSpec) -> str:
    """The figure with its caption and its table; "" where nothing came in and nobody counted copies."""
    found = proof.timeline
    if not found.requests:
        return ""
    said = sentence(found)
    return (
        f'<figure class="trial"><div class="scroll" tabindex="0" role="group" aria-label="The picture of the trial">'
        f"{_drawing(found, said)}</div><figcaption>{with_terms(said)}</figcaption>"
        f'<details class="explain"><summary>The same as a table</summary>{_table(found)}</details></figure>'
    )


def sentence(found: ProofTimeline) -> str:
    """What the picture shows."""
    sent, failed = sum(found.requests), sum(found.failures)
    requests = f"In {_seconds(len(found.requests) * found.step_seconds)} {count(sent, 'request')} came in"
    lost = f"{failed} of them failed" if failed else "none failed"
    if not found.ready:
        return f"{requests}; {lost}."
    least, most = min(found.ready), max(found.ready)
    copies = count(most, "copy", "copies") if least == most else f"{least} to {most} copies"
    return f"{requests}; {lost}. Meanwhile {copies} {'was' if least == most == 1 else 'were'} ready."


def _drawing(found: ProofTimeline, said: str) -> str:
    highest = max(1, *found.requests)
    marks = "".join(
        f'<path class="mark-line" d="M{x:.1f} {TOP - 8}V{COPIES_BOTTOM}"/>'
        f'<text class="mark-number" x="{x:.1f}" y="{TOP - 12}">{label}</text>'
        for x, label in _marks(found)
    )
    answered = [whole - failed for whole, failed in zip(found.requests, found.failures, strict=True)]
    end_s = len(found.requests) * found.step_seconds
    per_s = highest / found.step_seconds
    return (
        f'<svg class="chart" role="img" aria-label="{text(said)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path class="axis" d="M{LEFT} {TOP}V{MIDDLE}H{RIGHT}M{LEFT} {COPIES_TOP}V{COPIES_BOTTOM}H{RIGHT}"/>'
        f'<path class="answered" d="{_bars(answered, [0] * len(answered), highest)}"/>'
        f'<path class="failed" d="{_bars(found.failures, answered, highest)}"/>'
        f"{_copies(found.ready)}{marks}"
        f'<text class="tick end" x="{LEFT - 5}" y="{TOP + 8}">{per_s:.0f}/s</text>'
        f'<text class="tick end" x="{LEFT - 5}" y="{MIDDLE}">0</text>'
        f'<text class="tick" x="{LEFT + 4}" y="{MIDDLE + 14}">requests a second</text>'
        f'<text class="tick" x="{LEFT}" y="{HEIGHT - 12}">ready copies</text>'
        f'<text class="tick end" x="{RIGHT}" y="{HEIGHT - 12}">{_seconds(end_s)}</text></svg>'
    )


def _x(step: float, steps: int) -> float:
    return LEFT + (RIGHT - LEFT) * step / steps


def _bars(heights: Sequence[int], below: Sequence[int], highest: int) -> str:
    """One path for all bars, each standing on what is below it."""
    scale = (MIDDLE - TOP) / highest
    parts = []
    for at, (height, under) in enumerate(zip(heights, below, strict=True)):
        if height:
            left, right = _x(at, len(heights)) + 0.5, _x(at + 1, len(heights)) - 0.5
            bottom = MIDDLE - under * scale
            parts.append(f"M{left:.1f} {bottom:.1f}V{bottom - height * scale:.1f}H{right:.1f}V{bottom:.1f}Z")
    return "".join(parts)


def _copies(ready: Sequence[int]) -> str:
    if not ready:
        return ""
    most = max(1, *ready)
    scale = (COPIES_BOTTOM - COPIES_TOP - 4) / most
    steps = [f"V{COPIES_BOTTOM - one * scale:.1f}H{_x(at + 1, len(ready)):.1f}" for at, one in enumerate(ready)]
    return (
        f'<path class="ready" d="M{LEFT} {COPIES_BOTTOM - ready[0] * scale:.1f}{"".join(steps)}"/>'
        f'<text class="tick end" x="{LEFT - 5}" y="{COPIES_TOP + 8}">{most}</text>'
    )


def _marks(found: ProofTimeline) -> list[tuple[float, str]]:
    """Where what was done is marked, with its number in the list; neighbours share a mark."""
    end_s = len(found.requests) * found.step_seconds
    groups: list[tuple[float, list[int]]] = []
    for number, at_s in enumerate(found.marks, start=1):
        x = LEFT + (RIGHT - LEFT) * min(max(at_s, 0.0), end_s) / end_s
        if groups and x - groups[-1][0] < NUMBER_WIDTH:
            groups[-1][1].append(number)
        else:
            groups.append((x, [number]))
    return [(x, str(them[0]) if len(them) == 1 else f"{them[0]}-{them[-1]}") for x, them in groups]


def _table(found: ProofTimeline) -> str:
    """Steps in which nothing changes are one row."""
    rows: list[tuple[int, int, int, int, str]] = []
    for at, (sent, failed) in enumerate(zip(found.requests, found.failures, strict=True)):
        ready = str(found.ready[at]) if found.ready else "?"
        if rows and rows[-1][2:] == (sent, failed, ready):
            rows[-1] = (rows[-1][0], at + 1, sent, failed, ready)
        else:
            rows.append((at, at + 1, sent, failed, ready))
    body = "".join(
        f'<tr><th scope="row">{_seconds(start * found.step_seconds)} to {_seconds(end * found.step_seconds)}</th>'
        f"<td>{sent}</td><td>{failed}</td><td>{ready}</td></tr>"
        for start, end, sent, failed, ready in rows
    )
    return (
        f"<table><caption>In each {_seconds(found.step_seconds)}</caption><thead><tr>"
        '<th scope="col">When</th><th scope="col">Requests</th><th scope="col">Failed</th>'
        f'<th scope="col">Ready copies</th></tr></thead><tbody>{body}</tbody></table>'
    )


def _seconds(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") + " s"
