"""What git says about a folder: its files, its last commit, and what no commit has."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from wherry.kit.process import Completed, run
from wherry.method.facts.facts import History

GIT_TIMEOUT_S = 20.0
# The repository may belong to another user (sudo), and a monitor would be a program of that user.
GIT = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "--no-optional-locks")
FILES_MAX = 20_000
"""A service has fewer; who stands in `/` or at home by mistake shall not wait for a disk to be read."""
SKIPPED = frozenset({".git", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache", ".ruff_cache"})


class TooManyFiles(Exception):
    """A folder that is under no git holds more than FILES_MAX files."""


async def list_files(root: Path) -> list[str]:
    """The repository's own files, relative to `root`; without git: all files but the usual rubbish.

    Raises TooManyFiles.
    """
    done = await _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", ".")
    if done is not None and done.exit_code == 0:
        return [name for name in os.fsdecode(done.stdout).split("\0") if name]
    return await asyncio.to_thread(_walk, root)


def _walk(root: Path) -> list[str]:
    """The files below a folder; what may not be looked into is passed over."""
    found = list[str]()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        inside = Path(folder).relative_to(root)
        # `Path.is_file` would raise where a link may not be followed.
        found += [(inside / name).as_posix() for name in names if os.path.isfile(f"{folder}/{name}")]  # noqa: PTH113
        if len(found) > FILES_MAX:
            raise TooManyFiles(f"there are more than {FILES_MAX:,} files in {root.absolute()}")
    return sorted(found)


async def read_history(root: Path) -> History:
    """The last commit, and the files that differ from it. Says "no repository" when there is none."""
    last, status, prefix, origin = await asyncio.gather(
        _git(root, "log", "-1", "--format=%H"),
        _git(root, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=traditional", "--", "."),
        _git(root, "rev-parse", "--show-prefix"),
        _git(root, "remote", "get-url", "origin"),
    )
    if status is None or prefix is None or status.exit_code:
        return History()
    changed, ignored = parse_status(status.stdout, os.fsdecode(prefix.stdout).strip())
    return History(
        is_repository=True,
        revision=_line(last),
        source=_line(origin),
        changed=changed,
        ignored=_expand(root, ignored),
    )


def parse_status(output: bytes, prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Changed and ignored paths out of `git status --porcelain -z --ignored`, relative to `prefix`."""
    changed: list[str] = []
    ignored: list[str] = []
    entries = iter(os.fsdecode(output).split("\0"))
    for entry in entries:
        if not entry:
            continue
        state, path = entry[:2], entry[3:].removeprefix(prefix)
        (ignored if state == "!!" else changed).append(path)
        if "R" in state or "C" in state:
            # Where it was before comes as an entry of its own.
            next(entries, "")
    return tuple(changed), tuple(ignored)


def _expand(root: Path, ignored: tuple[str, ...]) -> tuple[str, ...]:
    """Ignored folders, as the Python files in them."""
    found: list[str] = []
    for name in ignored:
        if SKIPPED & set(name.split("/")):
            continue
        if not name.endswith("/"):
            found.append(name)
            continue
        inside = (path.relative_to(root) for path in (root / name).rglob("*.py"))
        found += [path.as_posix() for path in inside if not SKIPPED & set(path.parts)]
    return tuple(found)


async def _git(root: Path, *arguments: str) -> Completed | None:
    try:
        return await run([*GIT, *arguments], timeout_s=GIT_TIMEOUT_S, cwd=root)
    except (FileNotFoundError, TimeoutError):
        return None


def _line(done: Completed | None) -> str:
    return "" if done is None or done.exit_code else os.fsdecode(done.stdout).strip()
