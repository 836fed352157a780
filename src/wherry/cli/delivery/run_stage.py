"""The stage `run`: which release is meant, running it, and saying how it went."""

from __future__ import annotations

import getpass
import time
from collections.abc import Sequence
from dataclasses import dataclass

from wherry.api.method.release import Release
from wherry.apimachinery.errors import StatusError
from wherry.cli.output import note, progress, say
from wherry.client.client import Client
from wherry.kit.clock import SystemClock
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.composing import release_name
from wherry.method.delivery.ledger import list_in, list_releases, short
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.requester import requester
from wherry.method.delivery.running import Runner
from wherry.method.delivery.served_kinds import ServedKinds
from wherry.method.project import Environment, Project

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Place:
    """An environment on its cluster, and the releases that there are for it; lowest number first."""

    client: Client
    environment: str
    releases: tuple[Release, ...]

    def named(self, name: str) -> Release:
        """The release of this name here. Raises CannotDeliver."""
        found = next((one for one in self.releases if one.name == name), None)
        if found is None:
            known = ", ".join(one.name for one in self.releases[-5:]) or "none"
            raise CannotDeliver(
                f"{self.environment} has no release {name} (there are: {known})", "wherry releases shows all", 2
            )
        return found


async def place_of(clusters: Clusters, project: Project, environment: str) -> Place:
    """An environment of a project."""
    wanted = project.environment(environment)
    client = clusters.client(project, wanted)
    releases = await list_in(client, wanted.namespace, project.name)
    return Place(client, environment, tuple(one for one in releases if one.spec.environment == environment))


async def releases_elsewhere(
    clusters: Clusters, project: Project, environment: str, missing: str
) -> tuple[list[Release], tuple[Client, ...]]:
    """The project's releases on other clusters than this environment's, and those clusters.

    A cluster that does not answer now holds nobody up; it is said, with what `missing` means for the answer.
    """
    found: list[Release] = []
    clients = []
    for name in clusters.others(project, project.environment(environment)):
        try:
            client = clusters.client(project, project.environment(name))
            found += await list_releases(client, project.name, project.namespaces)
        except (OSError, StatusError, CannotDeliver) as error:
            note(f"   The cluster of {name} does not answer ({error}); {missing}.")
            continue
        clients.append(client)
    return found, tuple(clients)


async def find_release(
    clusters: Clusters, project: Project | None, name: str | None, environment: str | None
) -> tuple[Client, Release]:
    """The release that is meant: by its name (or number), or the newest one of an environment."""
    if project is None:
        return await _find_anywhere(clusters, name, environment)
    full = full_name(project, name) if name else ""
    if not environment:
        environment = await _environment_of(clusters, project, full) if full else project.first_environment
    place = await place_of(clusters, project, environment)
    if full:
        other = await _other_environment(clusters, project, full, place)
        if other:
            raise CannotDeliver(
                f"{full} is a release for {other}, with the configuration of {other}",
                f"wherry promote {other} {environment}",
                2,
            )
        return place.client, place.named(full)
    if not place.releases:
        raise CannotDeliver(
            f"{project.name} has no release for {environment} yet", f"wherry release --env {environment}", 2
        )
    return place.client, place.releases[-1]


def full_name(project: Project, name: str) -> str:
    """orders-r7, also for what people type: r7, 7."""
    number = name.removeprefix("r")
    return release_name(project.name, int(number)) if number.isdecimal() else name


async def _environment_of(clusters: Clusters, project: Project, name: str) -> str:
    for environment in project.environments:
        place = await place_of(clusters, project, environment)
        if any(one.name == name for one in place.releases):
            return environment
    raise CannotDeliver(f"{project.name} has no release {name}", "wherry releases shows all", 2)


async def _other_environment(clusters: Clusters, project: Project, name: str, place: Place) -> str:
    if any(one.name == name for one in place.releases):
        return ""
    known = await list_releases(place.client, project.name, project.namespaces)
    return next((one.spec.environment for one in known if one.name == name), "")


async def _find_anywhere(clusters: Clusters, name: str | None, environment: str | None) -> tuple[Client, Release]:
    """Outside a project a release is known by its whole name."""
    if not name:
        raise CannotDeliver("which release?", "cd into the service, or name one: wherry releases shows all", 2)
    client = clusters.client()
    known = [one for one in await list_releases(client) if one.name == name]
    found = [one for one in known if environment in (None, one.spec.environment)]
    if len(found) != 1:
        where = ", ".join(one.spec.environment for one in known)
        what = f"{name} is a release for {where}" if known else f"there is no release {name}"
        raise CannotDeliver(what, "wherry releases shows all", 2)
    return client, found[0]


async def run_release(
    client: Client, release: Release, *, timeout_s: float, migrate: bool = True, says_interruption: bool = True
) -> Release:
    """Run a release, telling how it goes. Raises CannotDeliver."""
    started_s = time.monotonic()

    def tell(words: str) -> None:
        progress(words, (time.monotonic() - started_s) * 1000)

    by = await requester(client, getpass.getuser())
    runner = Runner(
        client=client,
        kinds=ServedKinds(client),
        release=release,
        by=by,
        clock=SystemClock(),
        say=tell,
        timeout_s=timeout_s,
    )
    try:
        return await runner.run(migrate=migrate)
    except BaseException as error:
        if says_interruption and not isinstance(error, Exception):
            note(f"Interrupted: what was applied of {release.name} stays and goes on by itself; the release says so.")
            note(f"Next: wherry run {release.name}   or   wherry rollback --in {release.spec.environment}")
        raise


def say_running(release: Release, started_s: float) -> None:
    """The answer."""
    spec = release.spec
    took = time.monotonic() - started_s
    say(f"{release.name} runs in {spec.environment} (image {short(spec.digest)}). It took {took:.1f} s.")
    if spec.uncommitted:
        note("   It is from uncommitted code: nobody else can build it.")


def environment_of(project: Project | None, release: Release) -> Environment | None:
    """The environment of a release, as wherry.toml places it; None outside of its project."""
    known = project is not None and release.spec.environment in project.environments
    return project.environment(release.spec.environment) if known and project is not None else None


def next_environment(environments: Sequence[str], environment: str) -> str:
    """Where a release goes after this one; "" after the last."""
    later = list(environments)[list(environments).index(environment) + 1 :] if environment in environments else []
    return later[0] if later else ""
