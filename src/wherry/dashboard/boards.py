"""The boards of all releases that a person may see, judged by the same functions as on the command line."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from wherry.api.method.api import APIS
from wherry.api.method.proof import PROOFS, ProofSpec
from wherry.api.method.release import RELEASES, RUNNING, Release
from wherry.dashboard.live import Live
from wherry.dashboard.puzzle.reading import CATALOGUE, authorities
from wherry.method.contracts.overview import Puzzle, read_puzzle
from wherry.method.done.board import Board
from wherry.method.done.contract_evidence import noted_evidence
from wherry.method.done.judgement import judge_release
from wherry.method.done.proofs import proofs_of
from wherry.method.done.standard import Standard, find_standard
from wherry.method.done.waivers import with_waivers
from wherry.method.evidence.verdict import Verdict


@dataclass(frozen=True, slots=True)
class ReleaseBoard:
    """One release with its board, the standard that it is judged by, and all proofs of its service, newest first."""

    release: Release
    board: Board
    standard: Standard
    has_standard: bool
    proofs: tuple[ProofSpec, ...]

    @property
    def name(self) -> str:
        """What it is called: orders-r4."""
        return self.release.name

    def proof(self, criterion: str) -> ProofSpec | None:
        """The last trial of a criterion on this very image, else on an earlier one."""
        mine = [one for one in self.proofs if one.criterion == criterion]
        return next((one for one in mine if one.digest == self.board.digest), next(iter(mine), None))

    def seen_at(self, verdict: Verdict) -> str:
        """When what the verdict rests on was seen."""
        proof = self.proof(verdict.criterion)
        return proof.started_at if proof is not None else self.standard.read_at

    def proofs_of(self, criterion: str) -> list[ProofSpec]:
        """All trials of a criterion, newest first."""
        return [one for one in self.proofs if one.criterion == criterion]


async def read_boards(
    live: Live, *, service: str = "", environment: str = "", namespace: str = ""
) -> list[ReleaseBoard]:
    """A board for the release of each service in each environment: the one that runs, else the newest."""
    for resource in CATALOGUE:
        await live.all(resource)
    releases = [
        one
        for one in await live.all(RELEASES)
        if service in ("", one.spec.service) and namespace in ("", one.metadata.namespace)
    ]
    chosen = [one for one in current(releases) if environment in ("", one.spec.environment)]
    proofs = [proof.spec for proof in await live.all(PROOFS)]
    puzzle = await read_puzzle(live.client, await authorities(live)) if chosen else Puzzle()
    today = datetime.datetime.fromtimestamp(live.now_s(), datetime.UTC).date()
    return [await _board(live, one, proofs, puzzle, today) for one in chosen]


async def read_board(live: Live, namespace: str, name: str) -> ReleaseBoard | None:
    """The board of one release; None when it is not there (any more)."""
    for one in await live.all(RELEASES):
        if (one.metadata.namespace, one.name) == (namespace, name):
            proofs = [proof.spec for proof in await live.all(PROOFS)]
            today = datetime.datetime.fromtimestamp(live.now_s(), datetime.UTC).date()
            return await _board(live, one, proofs, await read_puzzle(live.client, await authorities(live)), today)
    return None


def current(releases: Iterable[Release]) -> list[Release]:
    """Of each service in each environment the release that runs, else the newest; by service, newest first."""
    best: dict[tuple[str, str, str], Release] = {}
    for one in releases:
        key = (one.spec.service, one.metadata.namespace, one.spec.environment)
        known = best.get(key)
        if known is None or _weight(one) > _weight(known):
            best[key] = one
    return sorted(best.values(), key=lambda one: (one.spec.service, -one.spec.number))


def _weight(release: Release) -> tuple[bool, int]:
    return release.status.state == RUNNING, release.spec.number


async def _board(
    live: Live, release: Release, proofs: Iterable[ProofSpec], puzzle: Puzzle, today: datetime.date
) -> ReleaseBoard:
    service, namespace = release.spec.service, release.metadata.namespace
    mine = proofs_of(service, proofs)
    found = await find_standard(live.client, namespace, service)
    standard = found or Standard()
    board = judge_release(
        service,
        None,
        mine,
        with_waivers(standard.agreement, standard.waived_here),
        digest=release.spec.digest,
        today=today,
        seen_now=await noted_evidence(live.client, release, await live.all(APIS), puzzle.contracts),
        read=standard.read,
    )
    return ReleaseBoard(release, board, standard, found is not None, tuple(mine))
