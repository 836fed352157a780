"""What was proved of a project's images, in all of its environments and beside the code.

An image is tried in one environment and promoted to the next: whoever asks about it there, from whichever clone, has
to know what came of the trial.

known = await known_proofs(clusters, project)
known.proofs, known.silent
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from wherry.api.method.proof import ProofSpec
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.client.client import Client
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.done.proofs import list_proofs, proofs_of, read_files
from wherry.method.project import Project

ANSWER_S = 5.0
"""How long one cluster may keep the others waiting."""


@dataclass(frozen=True, slots=True)
class KnownProofs:
    """The proofs, newest first; `silent` are sentences about clusters that did not say what was proved there."""

    proofs: tuple[ProofSpec, ...] = ()
    silent: tuple[str, ...] = ()


async def known_proofs(clusters: Clusters, project: Project) -> KnownProofs:
    """Ask each cluster of the project once, as far as one may. One that does not answer holds nobody up."""
    found, silent = read_files(project.root), list[str]()
    asked: list[Client] = []
    for name in project.environments:
        try:
            client = clusters.client(project, project.environment(name))
            if client not in asked:
                asked.append(client)
                async with asyncio.timeout(ANSWER_S):
                    found += await list_proofs(client, project.name, project.namespaces)
        except Forbidden:
            silent.append(f"You may not read what was proved in {name}.")
        except (CannotDeliver, StatusError, OSError) as error:
            why = f" ({error})" if str(error) else ""
            silent.append(f"The cluster of {name} does not answer{why}; what was proved there is not known.")
    return KnownProofs(tuple(proofs_of(project.name, found)), tuple(silent))
