"""Everything that a cluster has to learn before teams can work on it: once, by somebody who administers it.

Commands install what they need by themselves, where their user may. A team that has only its namespaces needs this.
"""

from __future__ import annotations

from wherry.client.client import Client
from wherry.method.contracts.catalogue import set_up_catalogue
from wherry.method.crds import ensure_kinds
from wherry.method.delivery.ledger_kind import ensure_ledger

BESIDE = ("proofs", "boards", "timeboxes")


async def set_up(client: Client) -> None:
    """Install all kinds and their roles, or bring them up to date. Raises NoCatalogue, CannotDeliver and Forbidden."""
    await set_up_catalogue(client)
    await ensure_kinds(client, *BESIDE)
    await ensure_ledger(client)
