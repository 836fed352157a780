"""What the skeleton asks of git: a repository, blobs by their content, commits, a merge of three texts."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from wherry.kit.process import Completed, run

GIT_TIMEOUT_S = 60.0
AUTHOR = ("-c", "user.name=Wherry", "-c", "user.email=wherry@localhost")
QUIET = ("-c", "commit.gpgsign=false", "-c", "core.hooksPath=/dev/null", "-c", "core.autocrlf=false")
BRANCH = "main"
FILE, PROGRAM = "100644", "100755"
CONFLICTS_MAX = 127
"""`git merge-file` answers with the number of conflicts, up to this one; more is an error."""


class GitFailed(Exception):
    """Git did not do it; the message is git's own, and says what to do where that is known."""

    @property
    def remedy(self) -> str:
        """The way out."""
        said = str(self).lower()
        ways = (
            ("no space left", "make room on that disk; then again"),
            ("read-only file system", "choose a folder that can be written to"),
            ("permission denied", "choose a folder that is yours"),
            ("not on this machine", "apt-get install git"),
        )
        return next((way for words, way in ways if words in said), "git --version; then again")


@dataclass(frozen=True, slots=True)
class Git:
    """One working copy."""

    folder: Path

    async def ask(self, *arguments: str, text: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """What git says. Raises GitFailed."""
        done = await self.try_(*arguments, text=text, env=env)
        if done.exit_code != 0:
            raise GitFailed(f"git {arguments[0]}: {done.message()}")
        return done.stdout

    async def line(self, *arguments: str, env: Mapping[str, str] | None = None) -> str:
        """The same, as one line."""
        return (await self.ask(*arguments, env=env)).decode(errors="replace").strip()

    async def try_(self, *arguments: str, text: bytes = b"", env: Mapping[str, str] | None = None) -> Completed:
        """Run git, whatever comes of it. Raises GitFailed when there is none."""
        whole = None if env is None else {**os.environ, **env}  # noqa: TID251 - handed on to git
        try:
            return await run(["git", *arguments], input=text, timeout_s=GIT_TIMEOUT_S, cwd=self.folder, env=whole)
        except FileNotFoundError as error:
            raise GitFailed("git is not on this machine: apt-get install git") from error

    async def start(self) -> None:
        """A new repository."""
        await self.ask("init", "--quiet", "--object-format=sha1", f"--initial-branch={BRANCH}")

    async def commit_all(self, message: str) -> None:
        """Commit everything that is not ignored, as whoever git knows, else as Wherry."""
        await self.ask("add", "--all")
        await self.ask(*await self.author(), *QUIET, "commit", "--quiet", "-m", message)

    async def author(self) -> Sequence[str]:
        """Nothing when git knows who we are, else the words that say a name for now."""
        name, email = await self.try_("config", "user.name"), await self.try_("config", "user.email")
        return () if name.stdout.strip() and email.stdout.strip() else AUTHOR

    async def keep(self, content: bytes) -> str:
        """Put content into the repository; gives git's name of it."""
        return (await self.ask("hash-object", "-w", "--stdin", text=content)).decode().strip()

    async def blob(self, blob_id: str) -> bytes | None:
        """Content by its name; None when this repository does not have it."""
        done = await self.try_("cat-file", "blob", blob_id)
        return done.stdout if done.exit_code == 0 else None

    async def is_clean(self) -> bool:
        """Whether everything is committed."""
        return not await self.line("status", "--porcelain")

    async def merge_texts(self, yours: bytes, old: bytes, new: bytes, label: str) -> tuple[bytes, int]:
        """Both sides' changes in one text, and how many places have a conflict, which is marked. Raises GitFailed."""
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder, name) for name in ("yours", "old", "new")]
            for path, content in zip(paths, (yours, old, new), strict=True):
                _ = path.write_bytes(content)
            labels = ("-L", "yours", "-L", "the old skeleton", "-L", label)
            done = await self.try_("merge-file", "-p", "--diff3", *labels, *map(str, paths))
        if not 0 <= done.exit_code <= CONFLICTS_MAX:
            raise GitFailed(f"git merge-file: {done.message()}")
        return done.stdout, done.exit_code

    async def commit_tree(self, files: Mapping[str, bytes], message: str, parents: Sequence[str]) -> str:
        """A commit of exactly these files, on no branch and without touching the working copy; gives its name."""
        with tempfile.TemporaryDirectory() as folder:
            env = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
            lines = [f"{mode_of(data)} {await self.keep(data)}\t{path}\n" for path, data in files.items()]
            await self.ask("update-index", "--add", "--index-info", text="".join(lines).encode(), env=env)
            tree = await self.line("write-tree", env=env)
        above = [word for parent in parents for word in ("-p", parent)]
        return await self.line(*await self.author(), *QUIET, "commit-tree", tree, *above, "-m", message)


def mode_of(content: bytes) -> str:
    """Git's mode of a file: what begins with #! is a program."""
    return PROGRAM if content.startswith(b"#!") else FILE


def blob_name(content: bytes) -> str:
    """Git's name of a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
