"""Boards in the cluster: kept by whoever judges, read by whoever looks.

for kept in await boards_in(client, "orders-dev"):
kept.board.sentence, kept.record.reviews
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import msgspec

from wherry.api.method.api import Api
from wherry.api.method.board import BOARDS, BoardSpec
from wherry.api.method.board import Board as BoardObject
from wherry.api.method.proof import PROOFS, ProofSpec
from wherry.api.method.release import RELEASES, RUNNING, Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import AlreadyExists, Conflict, Forbidden, NotFound
from wherry.apimachinery.resource_type import ResourceType
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.method.contracts.catalogue import NoCatalogue, client_authorities, read_catalogue
from wherry.method.contracts.standing import Standing, read_entries, standing
from wherry.method.crds import ensure_kinds
from wherry.method.delivery.stamping import SERVICE
from wherry.method.done.board import Board
from wherry.method.done.contract_evidence import noted_evidence
from wherry.method.done.history import board_of
from wherry.method.done.judgement import judge_release
from wherry.method.done.proofs import proofs_of
from wherry.method.done.standard import Standard, find_standard
from wherry.method.done.waivers import with_waivers
from wherry.method.evidence.verdict import for_release

ATTEMPTS = 5
T = TypeVar("T", bound=Struct)


@dataclass(frozen=True, slots=True)
class KeptBoard:
    """One service's board in one namespace, which is an environment of it.

    `record` is None where nobody has judged it yet (`wherry done`).
    """

    namespace: str
    board: Board
    record: BoardSpec | None = None
    environment: str = ""


async def keep_board(
    client: Client, namespace: str, service: str, change: Callable[[BoardSpec | None], BoardSpec]
) -> BoardSpec | None:
    """Change what is kept of a service's board; None when the user may not. `change` may be called several times."""
    try:
        await ensure_kinds(client, "boards")
        for _ in range(ATTEMPTS):
            found = await read_board(client, namespace, service)
            spec = change(found.spec if found is not None else None)
            metadata: Document = {"name": service, "labels": {SERVICE: service}}
            document: Document = {"metadata": metadata, "spec": msgspec.to_builtins(spec)}
            try:
                if found is None:
                    await client.create(BOARDS, document, namespace)
                else:
                    metadata["resourceVersion"] = found.metadata.resource_version
                    await client.update_document(BOARDS, document, namespace)
                return spec
            except (AlreadyExists, Conflict):
                # Somebody else was faster: what they have written is read, and changed.
                continue
    except Forbidden:
        return None
    return None


async def read_board(client: Client, namespace: str, service: str) -> BoardObject | None:
    """What is kept of a service's board; None when there is nothing yet."""
    try:
        return await client.get(BOARDS, service, namespace)
    except NotFound:
        return None


async def boards_in(client: Client, namespace: str = "") -> list[KeptBoard]:
    """The boards of all services in a namespace, or in all of them, by service.

    A verdict about another release than the one that runs is Stale; what was tried since it was kept counts. A service
    that was released and never judged has what its proofs show, and what was read of its repository when it was
    promoted there. Where the reader may not list a kind, nothing of it is known.
    """
    kept = {(one.metadata.namespace, one.spec.service): one.spec for one in await _list(client, BOARDS, namespace)}
    released: dict[tuple[str, str], Release] = {}
    for release in sorted(await _list(client, RELEASES, namespace), key=lambda one: one.spec.number):
        key = (release.metadata.namespace, release.spec.service)
        running = released.get(key)
        if running is None or running.status.state != RUNNING or release.status.state == RUNNING:
            released[key] = release
    # An image may have been tried in another namespace than the one where it runs.
    proofs = [one.spec for one in await _list(client, PROOFS, "") or await _list(client, PROOFS, namespace)]
    judging = _Judging(client, proofs)
    found = []
    for space, service in sorted({*kept, *released}, key=lambda key: (key[1], key[0])):
        spec, runs = kept.get((space, service)), released.get((space, service))
        if runs is None:
            assert spec is not None
            board = board_of(spec)
        elif spec is None:
            board = await judging.board(runs)
        else:
            board = _for_release(board_of(spec), runs.spec.digest)
            since = {
                one.criterion
                for one in proofs_of(service, proofs)
                if one.digest == board.digest and one.started_at > spec.at
            }
            if since:
                board = _with(board, since, await judging.board(runs))
        environment = runs.spec.environment if runs is not None else (spec.environment if spec is not None else "")
        found.append(KeptBoard(space, board, spec, environment))
    return found


@dataclass
class _Judging:
    """Judges releases by their proofs, by what was read and waived where they run, and by the catalogue of contracts.

    The catalogue is read once, and only when a release is judged.
    """

    client: Client
    proofs: list[ProofSpec]
    _noted: tuple[Sequence[Api], Sequence[Standing]] | None = None

    async def board(self, runs: Release) -> Board:
        spec = runs.spec
        standard = await find_standard(self.client, runs.metadata.namespace, spec.service) or Standard()
        if self._noted is None:
            self._noted = await _catalogue(self.client)
        return judge_release(
            spec.service,
            None,
            proofs_of(spec.service, self.proofs),
            with_waivers(standard.agreement, standard.waived_here),
            digest=spec.digest,
            today=datetime.datetime.now(tz=datetime.UTC).date(),
            seen_now=await noted_evidence(self.client, runs, *self._noted),
            read=standard.read,
        )


async def _catalogue(client: Client) -> tuple[Sequence[Api], Sequence[Standing]]:
    """All promises and contracts of a cluster; none where nobody has published any, or one may not look."""
    try:
        catalogue = await read_catalogue(client)
    except (NoCatalogue, Forbidden):
        return (), ()
    found = await read_entries(client, catalogue, await client_authorities(client, b""))
    return catalogue.apis, [standing(entry) for entry in found]


def _with(board: Board, criteria: set[str], newer: Board) -> Board:
    """The board with the newer verdicts of some criteria. Pure."""
    found = {entry.criterion: entry for entry in newer.verdicts if entry.criterion in criteria}
    return replace(board, verdicts=tuple(found.get(entry.criterion, entry) for entry in board.verdicts))


def _for_release(board: Board, digest: str) -> Board:
    return Board(board.service, tuple(for_release(verdict, digest) for verdict in board.verdicts), digest)


async def _list(client: Client, resource: ResourceType[T], namespace: str) -> list[T]:
    try:
        return list((await client.list(resource, namespace)).items)
    except (NotFound, Forbidden):
        return []
