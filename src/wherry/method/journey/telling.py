"""A play in plain words: what was done, by whom, and where what it wrote is now."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.method.journey.places import Place
from wherry.method.journey.play import Play

SHORT_CHARS = 12


def headline(play: Play, service: str, environment: str) -> str:
    """The answer in a sentence."""
    total, done = len(play.journey.steps), sum(not result.why_not for result in play.results)
    title = play.journey.title
    if play.went_as_told:
        return f"{title}: yes, in {environment} all {total} steps of {service} went as told."
    return f"{title}: no, in {environment} {done} of {total} steps of {service} went as told."


def step_rows(play: Play) -> list[tuple[str, str, str, str]]:
    """A line for each step: what, the call, how it answered, how long it took."""
    rows = []
    for result in play.results:
        status = str(result.status) if result.status else "-"
        rows.append((result.step.say, result.call, status, f"{result.took_ms:.0f} ms"))
    return rows


def why_not(play: Play) -> str:
    """What went otherwise than told; "" when nothing did."""
    return next((f"{result.step.say}: {result.why_not}" for result in play.results if result.why_not), "")


def hops(play: Play, service: str, api: Sequence[Place], database: Sequence[Place]) -> list[str]:
    """Where it happened, hop by hop: from the call to the row in the database."""
    if not play.writes or not api:
        return []
    lines = [f"The call reached the service {service}, which has {_count(len(api), 'pod')} that can answer."]
    writer = next((place for place in api if place.pod == play.known.get("writer")), None)
    if writer is not None or len(api) == 1:
        place = writer or api[0]
        lines.append(f"The container {place.container} did it, in the pod {place.pod}, on the node {place.node}.")
        lines += _release_line(place)
    else:
        lines.append(f"One of them did it: {', '.join(place.pod for place in api)}.")
    row = play.known.get("row")
    what = "What it wrote" if row is None else f"Row {row}"
    for place in database:
        where = f"the container {place.container}, in the pod {place.pod}, on the node {place.node}"
        kept = f"; it is kept on the volume {', '.join(place.claims)}" if place.claims else ""
        lines.append(f"{what} is in the database of {service}: in {where}{kept}.")
    return lines


def _release_line(place: Place) -> list[str]:
    if not place.release:
        return ["It is of no release: it was applied by hand."]
    commit = f", from the commit {place.commit[:SHORT_CHARS]}" if place.commit else ""
    return [f"It is the release {place.release}{commit}."]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
