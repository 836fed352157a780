"""The whole puzzle, to be looked at: each service with what it offers and needs, each contract with its state.

Nothing is written, and no service is asked: what runs serves was noted by whoever looked last (`wherry contract list`).
A reader needs to list the kinds of the catalogue; who may see pods and Services as well knows which release runs.

    puzzle = await read_puzzle(client, authorities)
    [(one.name, one.state.word) for one in puzzle.contracts]
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wherry.api.method.agreement import Agreement
from wherry.api.method.api import Api as ApiObject
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.client.client import Client
from wherry.method.contracts.api import Operation
from wherry.method.contracts.catalogue import (
    Catalogue,
    Entry,
    NoCatalogue,
    gather,
    read_catalogue,
    read_published_api,
)
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.running_service import RunningService
from wherry.method.contracts.seal import Signed
from wherry.method.contracts.state import Party, State, compute_state, is_signed_otherwise, last_result, unsigned


@dataclass(frozen=True, slots=True)
class Standing:
    """One contract: between whom, how it stands and why, who has signed the documents of today, and who has not.

    `signed_before`: both parties had signed other documents. `last_result` is what the last trial said ("": none).

    `requests` is what the consumer sends, as people say it: "GET /orders/42".
    """

    name: str
    consumer: str
    consumer_namespace: str
    provider: str
    provider_namespace: str
    state: State
    signed: tuple[Signed, ...] = ()
    unsigned: tuple[Party, ...] = ()
    requests: tuple[str, ...] = ()
    signed_before: bool = False
    last_result: str = ""


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
    found = [await _standing(client, catalogue, agreement, ca_pems) for agreement in catalogue.agreements]
    standings = sorted((one for one in found if one is not None), key=lambda one: (one.name, one.consumer_namespace))
    return Puzzle(await _pieces(client, catalogue, standings), tuple(standings))


def standing(entry: Entry) -> Standing:
    """What a contract's facts say, for people. Pure."""
    facts, spec, metadata = entry.facts, entry.agreement.spec, entry.agreement.metadata
    pair = (facts.api.digest if facts.api else "", facts.need.digest)
    return Standing(
        name=metadata.name,
        consumer=spec.consumer,
        consumer_namespace=metadata.namespace,
        provider=spec.provider,
        provider_namespace=spec.provider_namespace,
        state=compute_state(facts),
        signed=tuple(one for one in facts.signatures if (one.statement.api_digest, one.statement.need_digest) == pair),
        unsigned=unsigned(facts),
        signed_before=is_signed_otherwise(facts),
        last_result=last_result(facts),
        requests=tuple(dict.fromkeys(wish.request for wish in facts.need.wishes)),
    )


async def _standing(
    client: Client, catalogue: Catalogue, agreement: Agreement, ca_pems: tuple[bytes, ...]
) -> Standing | None:
    spec = agreement.spec
    api = catalogue.api(spec.provider_namespace, spec.provider)
    running = RunningService(client, spec.provider_namespace, spec.provider, api.spec.port if api else 80)
    try:
        entry = await gather(client, catalogue, agreement, ca_pems, served="", release=await running.release())
    except (BrokenDocument, NotFound, Forbidden):
        return None
    return standing(entry) if entry is not None else None


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
