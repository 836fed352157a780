"""The command that repeats a trial: the same criterion, on a release of the same environment.

Without the environment it would try the newest release of the first one, with other settings. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from wherry.api.method.release import Release
from wherry.method.evidence.observation import Observation


def prove_command(criterion: str, release: Release, *, is_named: bool = False) -> str:
    """The whole command: wherry prove logs --in staging.

    `is_named`: people have asked for this very release, not for the newest one.
    """
    parts = ["wherry prove", criterion]
    if release.spec.environment:
        parts.append(f"--in {release.spec.environment}")
    if is_named:
        parts.append(f"--release {release.name}")
    return " ".join(parts)


def repeatable(seen: Iterable[Observation], criterion: str, command: str) -> tuple[Observation, ...]:
    """What was seen, with the whole command where an experiment names only its criterion."""
    bare = f"wherry prove {criterion}"
    return tuple(replace(one, repeat=command) if one.repeat == bare else one for one in seen)
