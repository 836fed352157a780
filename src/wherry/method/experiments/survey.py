"""X, live: what runs in each environment, side by side: the image, its age, and the databases' images."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from wherry.api.method.release import RUNNING, Release
from wherry.apimachinery.timestamps import parse_time
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark, shown

DAY_S = 86400


def compare_releases(running: Mapping[str, Release]) -> list[Observation]:
    """Judge the releases that run, by environment. Pure.

    Another image of the service is a gap in time, which promotion closes; another image of a database is a sin.
    """
    if len(running) < 2:
        where = next(iter(running), "no environment")
        return [remark(f"It runs in {where} only, so what runs elsewhere could not be compared.")]
    found: list[Observation] = []
    names = list(running)
    for one, other in pairwise(names):
        here, there = _others(running[one]), _others(running[other])
        found += [
            _other_image(name, one, other) for name in sorted(here.keys() & there.keys()) if here[name] != there[name]
        ]
        if here.keys() != there.keys():
            differ = ", ".join(sorted(here.keys() ^ there.keys()))
            found.append(open_question(f"Only one of {one} and {other} has {differ}."))
    digests = {release.spec.digest for release in running.values()}
    if len(digests) > 1:
        gap = remark("The environments run different builds at the moment: a gap in time, which promotion closes.")
        return [*found, gap]
    if not found:
        found.append(shown(f"{', '.join(names)} run the same image, and the same databases."))
        found += _gaps(running)
    return found


def _gaps(running: Mapping[str, Release]) -> list[Observation]:
    """The manifesto's three gaps between development and operations: time, people, tools."""
    since = {name: release.status.running_since for name, release in running.items() if release.status.running_since}
    found = []
    if len(since) > 1:
        times = sorted(map(parse_time, since.values()))
        found.append(remark(f"Time: {(times[-1] - times[0]) / DAY_S:.1f} days between the first and the last of them."))
    makers = sorted({release.spec.by for release in running.values()} - {""})
    runners = sorted({release.status.by for release in running.values()} - {""})
    who = f"released by {', '.join(makers) or 'somebody'}, run by {', '.join(runners) or 'somebody'}"
    found.append(remark(f"People: {who}."))
    tools = sorted({name for release in running.values() for name in _others(release)})
    found.append(remark(f"Tools: {', '.join(tools) or 'nothing else'}, the same image everywhere."))
    return found


def _other_image(name: str, one: str, other: str) -> Observation:
    return refuted(
        f"{name} is another image in {one} than in {other}: another version of what the service leans on.",
        "parity",
        fix=f"name the same image in both overlays, then: wherry promote {one} {other}",
    )


def _others(release: Release) -> dict[str, str]:
    return {
        image.name.rpartition(":")[0] or image.name: image.digest
        for image in release.spec.images
        if image.digest != release.spec.digest
    }


def running_releases(releases: list[Release], environments: tuple[str, ...]) -> dict[str, Release]:
    """The release that runs in each environment, in the order of promotion."""
    found = {}
    for name in environments:
        for release in releases:
            if release.spec.environment == name and release.status.state == RUNNING:
                found[name] = release
    return found
