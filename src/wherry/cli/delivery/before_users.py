"""Care before the environment where users are: it is named, and what is not shown to be right is asked about.

What asks: running a release that the gate would hold back, and every rollback, which goes past the gate. In a terminal
the environment's name has to be typed; a script says --yes. What only says: a promotion, which the gate has let
through, and running what is done, so that pipelines go on without a word.
"""

from __future__ import annotations

from wherry.api.method.release import RUNNING, Release
from wherry.cli.consent import ask_for, warn
from wherry.cli.judging import kubectl_or_none
from wherry.cli.output import note
from wherry.client.client import Client
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.gate import gate
from wherry.method.project import Project

REASONS_SHOWN = 3


def say_users(project: Project, environment: str) -> bool:
    """Name the environment, if it is where users are; whether it is."""
    if environment != project.last_environment:
        return False
    warn(f"   {environment} is where users are.")
    return True


async def check_run(project: Project, clusters: Clusters, client: Client, release: Release, *, yes: bool) -> None:
    """Before a run: ask about a release that the gate would hold back. Raises Trouble and click.Abort."""
    environment = release.spec.environment
    if not say_users(project, environment) or release.status.state == RUNNING:
        return
    passage = await gate(project, release, environment, client=client, clusters=clusters, kubectl=kubectl_or_none())
    for words in passage.silent:
        note(f"   {words}")
    if passage.reasons:
        why = "; ".join(passage.reasons[:REASONS_SHOWN])
        ask_for(environment, f"{release.name} is not done for {environment}: {why}", yes=yes)


def check_rollback(project: Project, release: Release, current: Release | None, *, yes: bool) -> None:
    """Before a rollback: ask, because no gate is asked. Raises Trouble and click.Abort."""
    environment = release.spec.environment
    if say_users(project, environment):
        now = current.name if current is not None else "nothing"
        what = f"Going back from {now} to {release.name} asks no gate, and the database stays as it is"
        ask_for(environment, what, yes=yes)


def refuse_drafts(project: Project, environment: str) -> None:
    """Drafts of what is in no commit are not for users. Raises CannotDeliver."""
    if environment == project.last_environment:
        raise CannotDeliver(
            f"{environment} is where users are, and drafts of what is in no commit are not for them",
            f"wherry dev --in {project.first_environment}, then promote what it has become",
            4,
        )
