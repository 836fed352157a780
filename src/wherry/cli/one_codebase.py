"""I, live: what runs in the environments comes from one repository, as the releases themselves say."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import combinations

from wherry.api.method.release import Release
from wherry.method.delivery.source import are_two_repositories, has_commit
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import refuted, remark
from wherry.method.project import Project


async def compare_sources(project: Project, running: Mapping[str, Release]) -> list[Observation]:
    """Hold the repositories of the releases by environment against each other.

    A repository that has moved, or has a mirror, has two names: it is one when the commits of both are here.
    """
    commits = {one.spec.revision for pair in two_sources(running) for one in pair if one.spec.revision}
    here = [commit for commit in commits if await has_commit(project.root, commit)]
    return judge_sources(running, here)


def two_sources(running: Mapping[str, Release]) -> list[tuple[Release, Release]]:
    """The pairs of releases that name different repositories. Pure."""
    pairs = combinations(running.values(), 2)
    return [(one, other) for one, other in pairs if are_two_repositories(one.spec.source, other.spec.source)]


def judge_sources(running: Mapping[str, Release], here: Collection[str]) -> list[Observation]:
    """What the names of the repositories say. Pure.

    Args:
        running: the releases, by environment.
        here: those of their commits that the repository of this folder knows.
    """
    pairs = two_sources(running)
    strangers = [pair for pair in pairs if not all(release.spec.revision in here for release in pair)]
    if strangers:
        one, other = (release.spec.environment for release in strangers[0])
        fix = f"build both from one repository, then: wherry promote {one} {other}"
        return [refuted(f"What runs comes from more than one repository: {_named(strangers[0])}.", "codebase", fix=fix)]
    return [remark(f"One repository under two names: {_named(pair)}.") for pair in pairs]


def _named(pair: tuple[Release, Release]) -> str:
    return ", ".join(f"{release.spec.environment} from {release.spec.source}" for release in pair)
