"""What the commands of the method answer to programs: the same facts as the sentences, under names that stay.

Every field is always there; what is not known is "", 0, null or empty. The fields are named in each command's --help.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from wherry.apimachinery.document import Document

if TYPE_CHECKING:
    from wherry.cli.proving import ProvingRun
    from wherry.method.contracts.breaks import Breaks, Partner
    from wherry.method.done.meanings import Meaning
    from wherry.method.evidence.criterion import Criterion
    from wherry.method.timebox.clock import Timebox
    from wherry.method.timebox.ticks import Tick


def breaks_document(service: str, breaks: Breaks) -> Document:
    """What a change of a contract breaks."""
    from wherry.method.contracts.breaks import sentences

    return {
        "service": service,
        "broken": [one.name for one in breaks.broken],
        "sentences": sentences(breaks),
        "findings": [
            {
                "rule": one.rule,
                "level": one.level,
                "operation": one.place.operation,
                "side": one.place.side,
                "field": one.place.field,
                "sentence": one.sentence,
            }
            for one in breaks.findings
        ],
        "partners": [_partner(one) for one in breaks.partners],
    }


def _partner(partner: Partner) -> Document:
    reasons = [{"operation": one.operation, "field": one.field, "sentence": one.sentence} for one in partner.reasons]
    return {"name": partner.name, "breaks": bool(reasons), "wasBroken": partner.was_broken, "reasons": reasons}


def proving_document(run: ProvingRun) -> Document:
    """What came of the trials."""
    from wherry.method.done.report.structured import verdict_document

    return {
        "service": run.project.name,
        "sentence": run.sentence,
        "refuted": run.refuted,
        "verdicts": [verdict_document(one) for one in run.verdicts],
    }


def meaning_document(criterion: Criterion, mine: Meaning | None) -> Document:
    """What a criterion says, and what it means to a team; `mine` None: no team, or one that does not ask for it."""
    return {
        "criterion": criterion.id,
        "title": criterion.title,
        "plain": criterion.plain,
        "quote": criterion.quote,
        "asked": mine is not None,
        "words": mine.words if mine else "",
        "standing": mine.standing if mine else "",
        "agreed": [{"who": who, "day": day.isoformat()} for who, day in mine.agreed] if mine else [],
        "missing": [*mine.missing] if mine else [],
        "outdated": [*mine.outdated] if mine else [],
    }


def timebox_document(service: str, timebox: Timebox | None, ticks: Sequence[Tick], now_s: float) -> Document:
    """How far a walking skeleton is, and how much time is left; without a clock its times are null."""
    from wherry.method.timebox.words import next_words, timebox_words

    return {
        "service": service,
        "sentence": " ".join(timebox_words(service, timebox, ticks, now_s)),
        "startedAt": timebox.started_at if timebox else None,
        "lengthSeconds": timebox.length_s if timebox else None,
        "leftSeconds": round(timebox.left_s(now_s)) if timebox else None,
        "done": sum(one.is_done for one in ticks),
        "total": len(ticks),
        "items": [
            {
                "name": one.item.name,
                "title": one.item.title,
                "isDone": one.is_done,
                "evidence": one.evidence,
                "how": one.how,
                "idea": one.item.idea,
            }
            for one in ticks
        ],
        "next": next_words(timebox, ticks, now_s),
    }
