"""What a change would break: promises (the document no longer says it) and partners (whose need no longer fits).

A broken promise that nobody uses needs a new version or a new agreement; a broken partner stops the change.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from wherry.method.contracts.api import Api
from wherry.method.contracts.changes import compare
from wherry.method.contracts.fit import Reason, fit
from wherry.method.contracts.need import Need
from wherry.method.contracts.rule import Finding
from wherry.method.contracts.words import listed


@dataclass(frozen=True, slots=True)
class Partner:
    """A consumer, and why its need no longer fits; no reasons: it still does. `was_broken`: it did not before."""

    name: str
    reasons: tuple[Reason, ...]
    was_broken: bool = False


@dataclass(frozen=True, slots=True)
class Breaks:
    """All that a change does."""

    findings: tuple[Finding, ...]
    partners: tuple[Partner, ...]

    @property
    def promises(self) -> tuple[Finding, ...]:
        """The promises that it breaks."""
        return tuple(one for one in self.findings if one.level == "breaking")

    @property
    def broken(self) -> tuple[Partner, ...]:
        """The partners that it breaks."""
        return tuple(one for one in self.partners if one.reasons)


def judge_change(before: Api, after: Api, needs: Iterable[Need]) -> Breaks:
    """What it means for everybody that `before` becomes `after`. What did not fit before is not this change's doing."""
    return Breaks(compare(before, after), tuple(_partner(before, after, need) for need in needs))


def _partner(before: Api, after: Api, need: Need) -> Partner:
    known = {_key(reason) for reason in fit(need, before) if reason.certain}
    now = tuple(reason for reason in fit(need, after) if reason.certain)
    return Partner(need.consumer, tuple(one for one in now if _key(one) not in known), bool(known))


def _key(reason: Reason) -> tuple[str, str, str]:
    return reason.operation, reason.field, reason.sentence


def sentences(breaks: Breaks) -> list[str]:
    """What it means, a line for each promise that breaks, and for whatever else breaks a partner."""
    told = [_promise(finding, breaks.partners) for finding in breaks.promises]
    covered = {(partner.name, _key(one)) for partner in breaks.broken for finding in breaks.promises
               for one in partner.reasons if _is_about(one, finding)}  # fmt: skip
    for partner in breaks.broken:
        rest = (one for one in partner.reasons if (partner.name, _key(one)) not in covered)
        told.extend(f"{one.sentence} {partner.name} breaks." for one in rest)
    return told


def _promise(finding: Finding, partners: tuple[Partner, ...]) -> str:
    """This removes price from GET /orders. The promise changes, and web uses that: web breaks. mobile does not."""
    hurt = [one.name for one in partners if any(_is_about(reason, finding) for reason in one.reasons)]
    safe = [one.name for one in partners if one.name not in hurt]
    parts = [finding.sentence]
    if hurt:
        uses, breaks = ("uses", "breaks") if len(hurt) == 1 else ("use", "break")
        parts.append(f"The promise changes, and {listed(hurt)} {uses} it: {listed(hurt)} {breaks}.")
    else:
        parts.append("The promise changes.")
    if safe:
        parts.append(f"{listed(safe)} {'does' if len(safe) == 1 else 'do'} not depend on it.")
    elif not partners:
        parts.append("No need of a partner is known.")
    return " ".join(parts)


def _is_about(reason: Reason, finding: Finding) -> bool:
    place = finding.place
    if place.side == "request" and finding.rule.startswith("operation-"):
        return reason.operation.split(" ")[0] == place.operation.split(" ")[0] and not reason.field
    return reason.operation == place.operation and (
        reason.field == place.field or reason.field.endswith(f".{place.field}") or not place.field
    )
