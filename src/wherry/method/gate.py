"""The gate in front of an environment: reasons why a release may not go there yet."""

from __future__ import annotations

from wherry.api.method.release import Release
from wherry.client.client import Client
from wherry.method.project import Project


async def gate(project: Project, release: Release, environment: str, *, client: Client) -> tuple[str, ...]:
    """Why `release` may not be promoted to `environment`, each reason a sentence; none: it may.

    `client` reaches the cluster where the release runs now. No criteria are asked for yet, so nothing is held back.
    """
    del project, release, environment, client
    return ()
