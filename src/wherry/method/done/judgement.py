"""The board of a release: what was read and what was tried, judged together, by the team's own standard."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from wherry.api.method.proof import ProofSpec
from wherry.method.done.agreement import Agreement, apply_waivers
from wherry.method.done.board import Board
from wherry.method.done.criteria import required
from wherry.method.done.proofs import observations_of
from wherry.method.evidence.criterion import Factor
from wherry.method.evidence.observation import Observation, Weight, doubt
from wherry.method.evidence.verdict import Verdict, for_release, judge
from wherry.method.facts.facts import Facts

NOT_READ = doubt("The repository is not here, so nothing could be read.")


def judge_release(
    service: str,
    facts: Facts | None,
    proofs: Iterable[ProofSpec],
    agreement: Agreement,
    *,
    digest: str,
    today: datetime.date,
    seen_now: Mapping[str, Sequence[Observation]] | None = None,
    read: Mapping[str, Sequence[Observation]] | None = None,
) -> Board:
    """Judge every criterion that the team requires, for the release with this digest. Pure.

    Args:
        service: its name.
        facts: what its repository shows; None when it is not here.
        proofs: what was tried, of this release and of earlier ones.
        agreement: done.toml.
        digest: the release's image.
        today: for waivers.
        seen_now: by criterion, what the cluster shows at this moment: who has signed, what fits.
        read: by criterion, what somebody else has read in the repository; counts where it is not here.
    """
    known = list(proofs)
    now = seen_now or {}
    verdicts = [
        _judge(
            entry.id,
            [*_read(entry, facts, read or {}), *now.get(entry.id, ())],
            known,
            digest,
        )
        for entry in required(agreement.requires)
    ]
    return Board(service, tuple(apply_waivers(verdict, agreement, today) for verdict in verdicts), digest)


def _read(entry: Factor, facts: Facts | None, elsewhere: Mapping[str, Sequence[Observation]]) -> Sequence[Observation]:
    return entry.static(facts) if facts is not None else elsewhere.get(entry.id, [NOT_READ])


def _judge(criterion: str, seen: list[Observation], proofs: list[ProofSpec], digest: str) -> Verdict:
    mine = [proof for proof in proofs if proof.criterion == criterion]
    current = [proof for proof in mine if proof.digest == digest]
    if current:
        newest = max(current, key=lambda proof: proof.started_at)
        return judge(criterion, [*seen, *observations_of(newest)], digest=digest)
    verdict = judge(criterion, seen, digest=digest)
    if mine and not any(entry.weight is Weight.AGAINST for entry in seen):
        newest = max(mine, key=lambda proof: proof.started_at)
        return for_release(judge(criterion, observations_of(newest), digest=newest.digest), digest)
    return verdict
