"""What git says about a folder: which commit it is, of which repository, and whether anything is not committed."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

from wherry.apimachinery.timestamps import format_time
from wherry.kit.process import Completed, run
from wherry.method.delivery.refusal import CannotDeliver

GIT_TIMEOUT_S = 30.0
# Through sudo the repository belongs to somebody else than root, who asks; a monitor would be a program of that user.
_GIT = ("git", "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "--no-optional-locks")
_SSH_LIKE = re.compile(r"(?:[^@/:]+@)?[^/:]{2,}:(?!\\)")
_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://", re.IGNORECASE)
_PORT = re.compile(r":\d+$")
FIRST_COMMIT = "git:"
"""Before the first commit of a repository that has no name."""
_URL_LOGIN = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/@]*@")


@dataclass(frozen=True, slots=True)
class Source:
    """A commit and what is different from it in the folder. Paths are relative to the folder."""

    revision: str
    committed_at: str
    repository: str
    version: str
    changed: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


async def read_source(folder: Path) -> Source:
    """Ask git about a folder. Raises CannotDeliver when it is in no repository, or in one without a commit."""
    status, last, describe, remote, roots = await asyncio.gather(
        _git(folder, "status", "--porcelain", "-z", "--untracked-files=all", "--ignored=matching", "--", "."),
        _git(folder, "log", "-1", "--format=%H %ct"),
        _git(folder, "describe", "--tags", "--always"),
        _git(folder, "remote", "get-url", "origin"),
        _git(folder, "rev-list", "--max-parents=0", "HEAD"),
    )
    if status.exit_code:
        raise CannotDeliver(
            f"{folder} is in no git repository, so nobody could say what an image of it is made from",
            f"cd {folder} && git init && git add --all && git commit",
        )
    if last.exit_code:
        raise CannotDeliver(f"the repository of {folder} has no commit yet", "git add --all && git commit")
    revision, _, seconds = _line(last).partition(" ")
    prefix = await _git(folder, "rev-parse", "--show-prefix")
    changed, ignored = parse_status(status.stdout, _line(prefix))
    origin = "" if remote.exit_code else _line(remote)
    return Source(
        revision=revision,
        committed_at=format_time(int(seconds)),
        repository=repository_name(origin, _line(roots)),
        version=_line(describe),
        changed=changed,
        ignored=ignored,
    )


async def changed_between(folder: Path, old: str, new: str, paths: tuple[str, ...]) -> bool:
    """Whether two commits differ in these paths; True when git cannot say."""
    return (await _git(folder, "diff", "--quiet", old, new, "--", *paths)).exit_code != 0


def parse_status(output: bytes, prefix: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Changed and ignored paths out of `git status --porcelain -z --ignored`, below `prefix` ("" or "a/b/")."""
    changed: list[str] = []
    ignored: list[str] = []
    fields = iter(os.fsdecode(output).split("\0"))
    for entry in fields:
        if not entry:
            continue
        state, path = entry[:2], entry[3:].removeprefix(prefix)
        (ignored if state == "!!" else changed).append(path)
        if "R" in state or "C" in state:
            # The name before the move comes as a field of its own.
            _ = next(fields, "")
    return tuple(changed), tuple(ignored)


def repository_name(origin: str, roots: str) -> str:
    """A name of the repository that is the same in every clone, without anybody's password.

    Without a remote of its own it is the first commit, which no other repository has.
    """
    if "://" in origin and not origin.startswith("file:"):
        return _URL_LOGIN.sub(r"\1", origin)
    if _SSH_LIKE.match(origin) and not origin.startswith("file:"):
        return origin
    return f"{FIRST_COMMIT}{roots.split()[-1]}" if roots else ""


def repository_key(name: str) -> str:
    """What is equal when two names mean the same repository: git@host:shop/orders.git and https://host/shop/orders.

    A first commit ("git:...") stays as it is: it can only be compared with another one.
    """
    if name.startswith(FIRST_COMMIT):
        return name
    rest = _SCHEME.sub("", name.strip())
    host, _, path = (rest if "://" in name else rest.replace(":", "/", 1)).partition("/")
    host = _PORT.sub("", host.rpartition("@")[2])
    # Hosts of repositories do not tell SHOP from shop, and one that does would hardly have both.
    return f"{host}/{path.strip('/').removesuffix('.git')}".lower()


def are_two_repositories(one: str, other: str) -> bool:
    """Whether two releases name different repositories; of a name and a first commit nobody can say."""
    if not one or not other or one.startswith(FIRST_COMMIT) != other.startswith(FIRST_COMMIT):
        return False
    return repository_key(one) != repository_key(other)


async def has_commit(folder: Path, revision: str) -> bool:
    """Whether the repository of a folder knows a commit."""
    return (await _git(folder, "cat-file", "-e", f"{revision}^{{commit}}")).exit_code == 0


async def _git(folder: Path, *arguments: str) -> Completed:
    try:
        return await run([*_GIT, *arguments], timeout_s=GIT_TIMEOUT_S, cwd=folder)
    except FileNotFoundError as error:
        raise CannotDeliver("git is not on this machine", "install git (apt-get install git)") from error
    except TimeoutError as error:
        raise CannotDeliver(f"git does not answer about {folder}", f"cd {folder} && git status") from error


def _line(done: Completed) -> str:
    return os.fsdecode(done.stdout).strip()
