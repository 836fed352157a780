"""The whole puzzle, to be looked at: each service with what it offers and needs, each contract with its state.

Nothing is written, and no service is asked: what runs serves was noted by whoever looked last (`wherry contract list`).
A reader needs to list the kinds of the catalogue; who may see pods and Services as well knows which release runs.

    puzzle = await read_puzzle(client, authorities)
    [(one.name, one.state.word) for one in puzzle.contracts]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wherry.api.method.api import Api as ApiObject
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.client.client import Client
from wherry.method.contracts.api import Operation
from wherry.method.contracts.catalogue import Catalogue, NoCatalogue, read_catalogue, read_published_api
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.standing import Standing, read_entries, standing


@dataclass(frozen=True, slots=True)
class Piece:
    """One service of the puzzle: its tabs are the operations that it offers, its sockets the services that it needs.

    `is_published` is False for a service that others need and that has promised nothing: a hole in the puzzle.
    """

    service: str
    namespace: str
    team: str = ""
    offers: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    is_published: bool = True


@dataclass(frozen=True, slots=True)
class Puzzle:
    """All pieces and all contracts of a cluster, each in the order of its names."""

    pieces: tuple[Piece, ...] = ()
    contracts: tuple[Standing, ...] = ()

    def of(self, service: str) -> tuple[Standing, ...]:
        """The contracts in which a service is a party."""
        return tuple(one for one in self.contracts if service in (one.consumer, one.provider))


async def read_puzzle(client: Client, ca_pems: tuple[bytes, ...] = ()) -> Puzzle:
    """The puzzle as the catalogue of a cluster tells it; empty where nobody has published anything, or may not look.

    Args:
        client: whose rights count.
        ca_pems: the cluster's authorities for users (catalogue.client_authorities); without them no signature counts.
    """
    try:
        catalogue = await read_catalogue(client)
    except (NoCatalogue, Forbidden):
        return Puzzle()
    found = map(standing, await read_entries(client, catalogue, ca_pems))
    standings = sorted(found, key=lambda one: (one.name, one.consumer_namespace))
    return Puzzle(await _pieces(client, catalogue, standings), tuple(standings))


async def _pieces(client: Client, catalogue: Catalogue, standings: Iterable[Standing]) -> tuple[Piece, ...]:
    known: dict[tuple[str, str], Piece] = {}
    for need in catalogue.needs:
        key = (need.metadata.namespace, need.spec.consumer)
        piece = known.get(key, Piece(need.spec.consumer, need.metadata.namespace, need.spec.team))
        known[key] = replace(piece, needs=tuple(sorted({*piece.needs, need.spec.provider})))
    for one in standings:
        key = (one.provider_namespace, one.provider)
        known[key] = replace(known.get(key, Piece(one.provider, one.provider_namespace)), is_published=False)
    for api in catalogue.apis:
        key = (api.metadata.namespace, api.spec.service)
        offers = tuple(operation.name for operation in await _operations(client, api))
        piece = known.get(key, Piece(api.spec.service, api.metadata.namespace))
        known[key] = replace(piece, team=api.spec.team, offers=offers, is_published=True)
    return tuple(known[key] for key in sorted(known))


async def _operations(client: Client, api: ApiObject) -> tuple[Operation, ...]:
    try:
        return (await read_published_api(client, api)).operations
    except (BrokenDocument, NotFound, Forbidden):
        return ()
