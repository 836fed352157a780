"""Why the scheduler chose one node and not another: how the best compared, and which were left out. Pure.

Read from what Wherry's scheduler notes on its Event; of another scheduler's nothing is known, and nothing is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.core.event_parts import Event
from wherry.apimachinery.document import Document
from wherry.apimachinery.struct import Struct
from wherry.narrate.cause_templates import CHAIN, LEFT_OUT, SCORES
from wherry.narrate.placement import decision_of
from wherry.narrate.templates import count

OTHERS_SHOWN = 2
NAMES_SHOWN = 3
REASONS_SHOWN = 4
# The scheduler names so many nodes for a reason, and no more.
NAMED_MAX = 10


class Part(Struct):
    """What one rule of the scheduler gave to a node, and in words for what."""

    rule: str
    points: float
    words: str


class Score(Struct):
    """One node's points."""

    node: str
    points: float
    parts: tuple[Part, ...]


class LeftOut(Struct):
    """The nodes that did not come into question, for one reason: the scheduler's own, and in words."""

    reason: str
    words: str
    nodes: tuple[str, ...]


class Choice(Struct):
    """How a node was chosen: of `total` nodes `fitting` would have done, and the best were these."""

    total: int
    fitting: int
    scores: tuple[Score, ...]
    left_out: tuple[LeftOut, ...]


def choice_of(event: Event) -> Choice | None:
    """What the scheduler noted on the Event of its choice; None when it noted nothing."""
    note = decision_of(event) if event.reason == "Scheduled" else {}
    if not note:
        return None
    rejected = note.get("rejected")
    return Choice(
        total=_whole(note.get("total")),
        fitting=_whole(note.get("fitting")),
        scores=tuple(_score(one) for one in _entries(note.get("scores")) if "node" in one),
        left_out=tuple(_left_out(rejected) if isinstance(rejected, dict) else ()),
    )


def choice_lines(choice: Choice) -> list[str]:
    """The choice in sentences: who came first, what each one's points are for, and who was left out."""
    lines = []
    if len(choice.scores) > 1:
        first, others = choice.scores[0], choice.scores[1 : 1 + OTHERS_SHOWN]
        rest = ", ".join(f"{one.node} with {one.points:g}" for one in others)
        lines.append(
            CHAIN["scored"].text.format_map({"node": first.node, "total": f"{first.points:g}", "others": rest})
        )
        lines += [line for one in (first, *others) if (line := _points(one))]
    if choice.left_out:
        lines.append(_left_out_line(choice.left_out))
    return lines


def _points(score: Score) -> str:
    """What a node's points are for; "" when it is not known."""
    parts = [f"{one.points:g} for {one.words}" for one in score.parts if one.points]
    return CHAIN["points"].text.format_map({"node": score.node, "points": ", ".join(parts)}) if parts else ""


def _left_out_line(left_out: Sequence[LeftOut]) -> str:
    names = {name for one in left_out for name in one.nodes}
    more = "at least " if any(len(one.nodes) >= NAMED_MAX for one in left_out) else ""
    # Reasons of the same words are one: two taints, two volumes elsewhere.
    grouped: dict[str, list[str]] = {}
    for one in left_out:
        grouped.setdefault(one.words, []).extend(one.nodes)
    reasons = [f"{words} ({_some(nodes)})" for words, nodes in grouped.items()]
    if len(reasons) > REASONS_SHOWN:
        reasons[REASONS_SHOWN:] = [count(len(reasons) - REASONS_SHOWN, "more reason")]
    said = {"nodes": f"{more}{count(len(names), 'node')}", "reasons": ", ".join(reasons)}
    line = CHAIN["left-out"].text.format_map(said)
    return line[0].upper() + line[1:]


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:NAMES_SHOWN])
    return f"{shown} and {len(names) - NAMES_SHOWN} more" if len(names) > NAMES_SHOWN else shown


def _score(entry: Document) -> Score:
    parts = entry.get("parts")
    given = parts.items() if isinstance(parts, dict) else ()
    return Score(
        node=str(entry["node"]),
        points=_number(entry.get("total")),
        parts=tuple(Part(rule=str(rule), points=_number(points), words=_words_of(str(rule))) for rule, points in given),
    )


def _words_of(rule: str) -> str:
    """What a rule gives points for; a rule that is not known here goes by its own name."""
    return SCORES[rule].text if rule in SCORES else rule


def _left_out(rejected: Document) -> Iterable[LeftOut]:
    for reason, names in rejected.items():
        if isinstance(names, list):
            yield LeftOut(reason=reason, words=_reason_words(reason), nodes=tuple(map(str, names)))


def _reason_words(reason: str) -> str:
    begin = next((one for one in LEFT_OUT if reason.startswith(one)), "")
    return LEFT_OUT[begin].text.format_map({"rest": reason[len(begin) :]}) if begin else reason


def _entries(value: object) -> list[Document]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
