"""What was proved of a project's images, in all of its environments and beside the code.

An image is tried in one environment and promoted to the next: whoever asks about it there, from whichever clone, has
to know what came of the trial.

known = await known_proofs(clusters, project)
known.proofs, known.silent, known.unread.get("dev")
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from wherry.api.method.proof import ProofSpec
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.client.client import Client
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.done.proofs import list_proofs, proofs_of, read_files
from wherry.method.project import Project

ANSWER_S = 5.0
"""How long one list may keep the others waiting."""

Unread = Mapping[str, Exception]
"""The environments of which nobody said what was proved there, with what came instead."""


@dataclass(frozen=True, slots=True)
class KnownProofs:
    """The proofs, newest first; and of which environments they may lack some."""

    proofs: tuple[ProofSpec, ...] = ()
    unread: Unread = field(default_factory=dict)

    @property
    def silent(self) -> tuple[str, ...]:
        """A sentence about each environment that could not be read."""
        return tuple(_says(name, error) for name, error in self.unread.items())


async def known_proofs(clusters: Clusters, project: Project) -> KnownProofs:
    """Ask each cluster of the project, as far as one may. One that does not answer holds nobody up."""
    found, unread = read_files(project.root), dict[str, Exception]()
    places: dict[Client, list[str]] = {}
    for name in project.environments:
        try:
            places.setdefault(clusters.client(project, project.environment(name)), []).append(name)
        except CannotDeliver as error:
            unread[name] = error
    for client, names in places.items():
        proofs, lacking = await _proved_on(client, project, names)
        found += proofs
        unread.update(lacking)
    in_order = {name: unread[name] for name in project.environments if name in unread}
    return KnownProofs(tuple(proofs_of(project.name, found)), in_order)


async def _proved_on(client: Client, project: Project, names: Sequence[str]) -> tuple[list[ProofSpec], Unread]:
    """What a cluster has; who may not look at the whole of it gets what the namespaces of its environments have."""
    try:
        return await _listed(client, project.name), {}
    except Forbidden:
        pass
    except (StatusError, OSError) as error:
        return [], dict.fromkeys(names, error)
    found, unread = list[ProofSpec](), dict[str, Exception]()
    for name in names:
        try:
            found += await _listed(client, project.name, project.environment(name).namespace)
        except (StatusError, OSError) as error:
            unread[name] = error
    return found, unread


async def _listed(client: Client, service: str, namespace: str = "") -> list[ProofSpec]:
    async with asyncio.timeout(ANSWER_S):
        return await list_proofs(client, service, namespace)


def _says(environment: str, error: Exception) -> str:
    if isinstance(error, Forbidden):
        return f"You may not read what was proved in {environment}."
    why = f" ({error})" if str(error) else ""
    return f"The cluster of {environment} does not answer{why}; what was proved there is not known."
