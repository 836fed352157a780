"""Where an image comes from, as its labels say: the commit, its time, the repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from wherry.method.delivery.source import Source

SOURCE = "org.opencontainers.image.source"
REVISION = "org.opencontainers.image.revision"
CREATED = "org.opencontainers.image.created"
VERSION = "org.opencontainers.image.version"
UNCOMMITTED = "dev.wherry.uncommitted"
SHORT_CHARS = 12
SHOWN_MAX = 3
# What the builder leaves out itself, so that it does not matter who ignores it.
_NEVER_COPIED = frozenset({"__pycache__", ".venv", ".git", ".mypy_cache", ".pytest_cache", ".ruff_cache"})


@dataclass(frozen=True, slots=True)
class Provenance:
    """What an image says about its origin."""

    repository: str = ""
    revision: str = ""
    created: str = ""
    version: str = ""
    uncommitted: bool = False


def labels_of(source: Source, *, uncommitted: bool) -> dict[str, str]:
    """The labels for an image made from `source`."""
    labels = {
        SOURCE: source.repository,
        REVISION: source.revision,
        CREATED: source.committed_at,
        VERSION: source.version,
    }
    if uncommitted:
        labels[UNCOMMITTED] = "true"
    return {key: value for key, value in labels.items() if value}


def provenance(labels: Mapping[str, str]) -> Provenance:
    """Read the labels of an image."""
    return Provenance(
        repository=labels.get(SOURCE, ""),
        revision=labels.get(REVISION, ""),
        created=labels.get(CREATED, ""),
        version=labels.get(VERSION, ""),
        uncommitted=labels.get(UNCOMMITTED, "") == "true",
    )


def build_tag(source: Source, *, uncommitted: bool) -> str:
    """The tag of the image of a commit."""
    return source.revision[:SHORT_CHARS] + ("-uncommitted" if uncommitted else "")


def not_in_commit(source: Source, image_paths: Iterable[str]) -> tuple[str, ...]:
    """Files that differ from the commit: changed ones, and ignored ones that would go into the image."""
    tops = [PurePosixPath(path) for path in image_paths]

    def goes_in(name: str) -> bool:
        path = PurePosixPath(name)
        if _NEVER_COPIED & set(path.parts) or path.suffix == ".pyc":
            return False
        return any(path == top or top in path.parents or path in top.parents for top in tops)

    return (*source.changed, *(name for name in source.ignored if goes_in(name)))


def named(files: tuple[str, ...]) -> str:
    """A few of the files, for a sentence."""
    more = len(files) - SHOWN_MAX
    shown = ", ".join(files[:SHOWN_MAX])
    return f"{shown} and {more} more" if more > 0 else shown
