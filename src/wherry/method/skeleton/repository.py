"""A new repository: the skeleton's files, the first commit, and passwords that are in no commit."""

from __future__ import annotations

import contextlib
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

from wherry.method.project import DNS_LABEL
from wherry.method.skeleton.git import PROGRAM, Git, blob_name, mode_of
from wherry.method.skeleton.record import PLACE, encode_record, record_of
from wherry.method.skeleton.template import Answers, Template

ENVIRONMENTS = ("dev", "staging", "prod")
SPELLED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "ae", "Ö": "oe", "Ü": "ue", "ß": "ss"})
FIRST_MESSAGE = "Start with the walking skeleton"
NAME_MAX = 40
"""A name gets endings (-db, -migrate-28000000-abcde) and must still be a label of 63 characters."""
WEBS = ("fastapi", "plain")
# A Python package cannot be called like what it imports, nor a database like PostgreSQL's own.
TAKEN = frozenset(("fastapi", "starlette", "uvicorn", "asyncpg", "pydantic", "postgres", "template0", "template1", "x"))
# Nor like the folder of its tests.
TAKEN |= {"test", "tests"}


class CannotMake(Exception):
    """The repository cannot be made here; `remedy` says what to do. `exit_code`: 2 you typed, 4 refused for safety."""

    def __init__(self, message: str, remedy: str, exit_code: int = 2) -> None:
        """Both texts are for people."""
        super().__init__(message)
        self.remedy = remedy
        self.exit_code = exit_code


def check_answers(answers: Answers) -> None:
    """Raises CannotMake when a name cannot be one."""
    import keyword
    import sys

    package = answers.variables["package"]
    for what, name in (("service", answers.name), ("team", answers.team), ("partner", answers.partner or "a")):
        if not DNS_LABEL.fullmatch(name) or not name[0].isalpha() or len(name) > NAME_MAX:
            raise CannotMake(
                f'"{name}" cannot be the name of a {what}',
                f"up to {NAME_MAX} lower-case letters, digits and dashes, the first one a letter{_such_as(name)}",
            )
    if keyword.iskeyword(package) or package in sys.stdlib_module_names or package in TAKEN:
        raise CannotMake(
            f'"{answers.name}" is the name of something in Python that the service itself uses',
            f"another name, such as {answers.name}-service",
        )
    if answers.partner == answers.name:
        raise CannotMake("a service has no contract with itself", "--with-contract-to ANOTHER-SERVICE")


def _such_as(name: str) -> str:
    """A name like the one that was meant, if there is one."""
    plain = unicodedata.normalize("NFKD", name.translate(SPELLED)).encode("ascii", "ignore").decode().lower()
    near = re.sub(r"[^a-z0-9]+", "-", plain).lstrip("-0123456789")[:NAME_MAX].rstrip("-")
    return f", such as {near}" if near and DNS_LABEL.fullmatch(near) else ""


async def make_repository(
    template: Template, answers: Answers, folder: Path, extra: Mapping[str, bytes] | None = None
) -> int:
    """Write the skeleton into an empty or new folder and commit it; gives the number of files.

    Args:
        template: what it is made from.
        answers: names; already checked.
        folder: becomes the repository.
        extra: files that belong into the first commit too.

    Raises:
        CannotMake: there is something in the folder already.
        GitFailed: git refuses.
        OSError: the machine does. Whatever it is, nothing half is left behind.
    """
    files = template.render(answers)
    with _whole_or_nothing(folder):
        await _fill(folder, template, answers, files, extra)
    return len(files)


async def _fill(
    folder: Path, template: Template, answers: Answers, files: dict[str, bytes], extra: Mapping[str, bytes] | None
) -> None:
    git = Git(folder)
    await git.start()
    blobs = {path: blob_name(content) for path, content in files.items()}
    files[PLACE] = encode_record(record_of(template.version, answers, blobs))
    files.update(extra or {})
    write_files(folder, files)
    await git.commit_all(FIRST_MESSAGE)
    make_secrets(folder, answers)


def enclosing_repository(folder: Path) -> Path | None:
    """The repository that somebody has above a folder that is to be one of its own; None where there is none."""
    return next((above for above in folder.absolute().parents if (above / ".git").exists()), None)


@contextlib.contextmanager
def _whole_or_nothing(folder: Path) -> Iterator[None]:
    """Make an empty folder; what does not become whole, for whatever reason, is taken away again. Raises CannotMake."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CannotMake(
            f"{folder} is there already, and {'not empty' if folder.is_dir() else 'is a file'}",
            "another name or folder: --into DIR; to renew a service that is there: cd into it, wherry new --update",
            4,
        )
    made = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException:
        for inside in folder.iterdir() if folder.is_dir() else ():
            shutil.rmtree(inside) if inside.is_dir() and not inside.is_symlink() else inside.unlink()
        for one in made:
            if one.is_dir():
                one.rmdir()
        raise


def write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files below a folder; programs can be run."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        _ = path.write_bytes(content)
        path.chmod(0o755 if mode_of(content) == PROGRAM else 0o644)


def make_secrets(folder: Path, answers: Answers) -> None:
    """What deploy/make-secrets does: a password for each environment's database, readable for its owner alone."""
    if answers.db != "postgres":
        return
    user = answers.variables["package"]
    for environment in ENVIRONMENTS:
        path = folder / "deploy" / "overlays" / environment / "database.secret.env"
        if path.parent.is_dir() and not path.exists():
            path.touch(mode=0o600)
            _ = path.write_text(f"username={user}\npassword={secrets.token_hex(24)}\n")
