"""What a cluster must know before it can hold releases: their kind, and who may read and write them.

The same roles are about what belongs to a release: its proofs and its board. Kubernetes' own roles take the rights up
(view reads, edit and admin write), so a team that has a namespace has its releases too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from wherry.api.method.board import BOARDS
from wherry.api.method.proof import PROOFS
from wherry.api.method.release import RELEASES
from wherry.api.rbac.clusterrole import CLUSTER_ROLES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.client.client import Client
from wherry.method.crds import ensure_kinds
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.served_kinds import ServedKinds

READ = ("get", "list", "watch")
WRITE = ("create", "delete", "patch", "update")


async def ensure_ledger(client: Client) -> None:
    """Make sure that a cluster can hold releases. Raises CannotDeliver when it cannot and we may not change that."""
    try:
        await ensure_kinds(client, RELEASES.plural)
        await asyncio.gather(*(client.apply(CLUSTER_ROLES, name, role) for name, role in _roles()))
    except Forbidden as error:
        try:
            _ = await ServedKinds(client).find(RELEASES.api_version, RELEASES.kind)
        except CannotDeliver:
            raise CannotDeliver(
                "this cluster cannot hold releases yet, and you may not teach it",
                "somebody who administers it runs, once: wherry contract setup",
                4,
            ) from error


def _roles() -> Iterator[tuple[str, Document]]:
    for name, verbs, takers in (
        ("wherry-releases-view", READ, ("view", "edit", "admin")),
        ("wherry-releases-edit", (*READ, *WRITE), ("edit", "admin")),
    ):
        labels: Document = {f"rbac.authorization.k8s.io/aggregate-to-{taker}": "true" for taker in takers}
        rule: Document = {
            "apiGroups": [RELEASES.group],
            "resources": [RELEASES.plural, f"{RELEASES.plural}/status", PROOFS.plural, BOARDS.plural],
            "verbs": list(verbs),
        }
        yield name, {"metadata": {"name": name, "labels": labels}, "rules": [rule]}
