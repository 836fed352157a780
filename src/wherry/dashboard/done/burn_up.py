"""The burn-up: how many criteria were done when, with the reviews that people have marked, as a picture and a table."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.method.board import BoardSpec
from wherry.dashboard.markup import definitions, element_id, text, with_terms
from wherry.dashboard.times import ago, seconds_of
from wherry.method.done.history import DONE_WORDS, Point, burn_up, changes_since

WIDTH, HEIGHT = 640, 190
LEFT, RIGHT, TOP, BOTTOM = 44, 632, 34, 158
NAME_WIDTH = 70
NAME_CHARS_MAX = 12
ROWS_MAX = 40


def progress_of(spec: BoardSpec, namespace: str, now_s: float) -> str:
    """The section of one service."""
    points = burn_up(spec)
    own = element_id("progress", namespace, spec.service)
    title = f"{spec.service}{f' in {spec.environment}' if spec.environment else ''}"
    said = sentence(spec, points)
    table = _table(points[-ROWS_MAX:], now_s)
    return (
        f'<section id="{text(own)}"><h3>{text(title)}</h3><figure class="trial"><div class="scroll" tabindex="0" '
        f'role="group" aria-label="How far {text(title)} is">{_drawing(points, said)}</div>'
        f"<figcaption>{with_terms(said)}</figcaption>"
        f'<details class="explain"><summary>The same as a table</summary>{table}</details></figure>'
        f"{_since_review(spec)}</section>"
    )


def sentence(spec: BoardSpec, points: Sequence[Point]) -> str:
    """What the picture shows."""
    first, now = points[0], points[-1]
    more = now.done - first.done
    way = f"{more} more than" if more > 0 else f"{-more} fewer than" if more < 0 else "as many as"
    marked = f" {len(spec.reviews)} reviews are marked." if len(spec.reviews) > 1 else ""
    return f"{now.done} of {now.total} criteria are done or waived, {way} at the beginning ({first.done}).{marked}"


def _drawing(points: Sequence[Point], said: str) -> str:
    begin, end = seconds_of(points[0].at), seconds_of(points[-1].at)
    most = max(1, *(one.total for one in points))

    def x(at: str) -> float:
        share = (seconds_of(at) - begin) / (end - begin) if end > begin else 0.0
        return LEFT + (RIGHT - LEFT) * min(max(share, 0.0), 1.0)

    def line(heights: Sequence[int]) -> str:
        parts = [f"M{LEFT} {_y(heights[0], most):.1f}"]
        parts += [f"H{x(one.at):.1f}V{_y(high, most):.1f}" for one, high in zip(points, heights, strict=True)]
        return "".join([*parts, f"H{RIGHT}"])

    done = line([one.done for one in points])
    return (
        f'<svg class="chart" role="img" aria-label="{text(said)}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<path class="axis" d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}"/>'
        f'<path class="area" d="{done}V{BOTTOM}H{LEFT}Z"/><path class="ready" d="{done}"/>'
        f'<path class="mark-line" d="{line([one.total for one in points])}"/>{_reviews(points, x)}'
        f'<text class="tick end" x="{LEFT - 5}" y="{_y(most, most) + 4:.1f}">{most}</text>'
        f'<text class="tick end" x="{LEFT - 5}" y="{BOTTOM}">0</text>'
        f'<text class="tick" x="{LEFT}" y="{HEIGHT - 12}">{text(points[0].at[:10])}</text>'
        f'<text class="tick end" x="{RIGHT}" y="{HEIGHT - 12}">{text(points[-1].at[:10])}</text></svg>'
    )


def _y(number: int, most: int) -> float:
    return BOTTOM - (BOTTOM - TOP) * number / most


def _reviews(points: Sequence[Point], x: object) -> str:
    assert callable(x)
    marks, last = "", float("-inf")
    for one in points:
        if not one.name:
            continue
        at = x(one.at)
        marks += f'<path class="mark-line" d="M{at:.1f} {TOP - 10}V{BOTTOM}"/>'
        if at - last >= NAME_WIDTH:
            name = one.name if len(one.name) <= NAME_CHARS_MAX else f"{one.name[: NAME_CHARS_MAX - 1]}…"
            side = " end" if at > (LEFT + RIGHT) / 2 else ""
            marks += f'<text class="tick{side}" x="{at:.1f}" y="{TOP - 14}">{text(name)}</text>'
            last = at
    return marks


def _table(points: Sequence[Point], now_s: float) -> str:
    rows = "".join(
        f'<tr><th scope="row">{ago(one.at, now_s)}</th><td>{text(one.name)}</td><td>{one.done}</td>'
        f"<td>{one.total}</td></tr>"
        for one in reversed(points)
    )
    return (
        '<table><thead><tr><th scope="col">When</th><th scope="col">Review</th><th scope="col">Done or waived</th>'
        f'<th scope="col">Asked for</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _since_review(spec: BoardSpec) -> str:
    """What has changed since the last review."""
    if not spec.reviews:
        return '<p class="next">Mark a review: <code>wherry done --review NAME</code></p>'
    last = spec.reviews[-1]
    found = changes_since(spec, last.at)
    if not found:
        return f"<p>Nothing has changed since {text(last.name)}.</p>"
    rows = [
        (
            one.criterion,
            f"{text(one.before or 'not asked')} became {text(one.after or 'not asked')}"
            + (" ✓" if one.after in DONE_WORDS else ""),
        )
        for one in found
    ]
    return f"<h4>Since {text(last.name)}</h4>{definitions(rows)}"
