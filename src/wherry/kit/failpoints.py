"""Named places where a test may make the program die or fail; inert unless configured.

A spec names places, what happens there and at which visit: `after-commit:kill:7` kills the process
with SIGKILL the seventh time it passes `after-commit`, `before-commit:error:2,after-commit:kill:9`
has two. Everything that must survive a crash has such a place on either side of it.
"""

from __future__ import annotations

import errno
import os
import re
import signal
from dataclasses import dataclass
from typing import Literal

SPEC = re.compile(r"([a-z-]+):(kill|error):([1-9][0-9]*)")
Deed = Literal["kill", "error"]


@dataclass(slots=True)
class _Armed:
    deed: Deed
    visits_left: int


_armed: dict[str, _Armed] = {}


def configure(spec: str) -> None:
    """Arm the places that `spec` names and disarm all others ("" disarms everything).

    Raises:
        ValueError: the spec is not `name:kill|error:visit[,...]`.
    """
    armed = {}
    for part in filter(None, spec.split(",")):
        matched = SPEC.fullmatch(part)
        if matched is None:
            raise ValueError(f"invalid failpoint {part!r}: expected name:kill|error:visit, as in after-commit:kill:7")
        name, deed, visit = matched.groups()
        armed[name] = _Armed("kill" if deed == "kill" else "error", int(visit))
    _armed.clear()
    _armed.update(armed)


def failpoint(name: str) -> None:
    """A place that can be armed. Raises OSError(EIO) when it is armed with `error` and its turn has come."""
    if not _armed:
        return
    point = _armed.get(name)
    if point is None:
        return
    point.visits_left -= 1
    if point.visits_left:
        return
    del _armed[name]
    if point.deed == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    raise OSError(errno.EIO, f"failpoint {name}")
