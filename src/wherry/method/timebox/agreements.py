"""Who has agreed to a service's contracts: only signatures that prove themselves count, of people who may sign."""

from __future__ import annotations

from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.method.contracts.catalogue import NoCatalogue, client_authorities, read_catalogue
from wherry.method.contracts.standing import read_entries, standing


async def agreed_teams(client: Client, service: str) -> tuple[str, ...]:
    """The teams of both sides of every contract of the service that is agreed now."""
    try:
        catalogue = await read_catalogue(client)
        authorities = await client_authorities(client, b"")
        entries = await read_entries(client, catalogue, authorities)
    except (NoCatalogue, StatusError):
        return ()
    teams: set[str] = set()
    for one in entries:
        parties = (one.facts.provider, one.facts.consumer)
        if service in {party.service for party in parties} and standing(one).state.condition("Agreed").holds:
            teams.update(party.team for party in parties)
    return tuple(sorted(teams))
