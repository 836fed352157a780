"""Who has agreed to a service's contracts: only signatures that prove themselves count, of people who may sign."""

from __future__ import annotations

from wherry.apimachinery.errors import StatusError
from wherry.client.client import Client
from wherry.method.contracts.catalogue import NoCatalogue, client_authorities, gather, read_catalogue
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.state import compute_state


async def agreed_teams(client: Client, service: str) -> tuple[str, ...]:
    """The teams of both sides of every contract of the service that is agreed now."""
    try:
        catalogue = await read_catalogue(client)
        authorities = await client_authorities(client, b"")
        teams: set[str] = set()
        for agreement in catalogue.agreements:
            if service not in (agreement.spec.consumer, agreement.spec.provider):
                continue
            entry = await gather(client, catalogue, agreement, authorities, served="", release="")
            if entry is not None and compute_state(entry.facts).condition("Agreed").holds:
                teams |= {entry.facts.provider.team, entry.facts.consumer.team}
    except (NoCatalogue, BrokenDocument, StatusError):
        return ()
    return tuple(sorted(teams))
