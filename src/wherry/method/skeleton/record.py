""".wherry/skeleton.json: which skeleton a repository comes from, what was answered, and what each file was then.

A file is noted by git's name of its content. That content is in the repository's own history, so a later update
knows the old skeleton without having it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import msgspec

from wherry.method.skeleton.template import Answers

PLACE = ".wherry/skeleton.json"


class Record(msgspec.Struct, frozen=True):
    """The content of the file; `commit` is that of the skeleton as it was rendered, "" for the first one."""

    version: str
    answers: dict[str, str]
    files: dict[str, str]
    commit: str = ""

    @property
    def answered(self) -> Answers:
        """The answers. Answers that are not asked for any more are left out."""
        known = Answers.__dataclass_fields__
        return Answers(**{key: value for key, value in self.answers.items() if key in known})


class NoRecord(Exception):
    """A repository does not say which skeleton it comes from, or says it unreadably."""


def record_of(version: str, answers: Answers, files: Mapping[str, str], commit: str = "") -> Record:
    """What to note of a skeleton."""
    said = {field.name: str(getattr(answers, field.name)) for field in fields(answers)}
    return Record(version, said, dict(sorted(files.items())), commit)


def read_record(root: Path) -> Record:
    """Read it. Raises NoRecord."""
    try:
        return msgspec.json.decode((root / PLACE).read_bytes(), type=Record)
    except FileNotFoundError as error:
        raise NoRecord(f"{root} has no {PLACE}: it was not made by `wherry new`") from error
    except (msgspec.DecodeError, OSError) as error:
        raise NoRecord(f"{root / PLACE} cannot be read: {error}") from error


def encode_record(record: Record) -> bytes:
    """As people can read it."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
