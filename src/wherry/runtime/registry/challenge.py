"""What a registry answers to who has not said who they are: the header WWW-Authenticate. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_SCHEME = re.compile(r"\s*,?\s*([A-Za-z][A-Za-z0-9_-]*)(?:\s+|$)(?!=)")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z_][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way to say who we are. `scheme` is in lower-case letters: `bearer`, `basic`."""

    scheme: str
    parameters: dict[str, str] = field(default_factory=dict)


def parse_challenges(header: str) -> list[Challenge]:
    """The ways that a registry offers; what is no challenge is passed over.

    Example: `Bearer realm="https://auth.example.com/token",service="registry"`
    """
    challenges: list[Challenge] = []
    place = 0
    while place < len(header):
        parameter = _PARAMETER.match(header, place)
        if parameter is not None and challenges:
            quoted, plain = parameter.group(2), parameter.group(3)
            value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else plain
            challenges[-1].parameters[parameter.group(1).lower()] = value
            place = parameter.end()
            continue
        scheme = _SCHEME.match(header, place)
        if scheme is None:
            break
        challenges.append(Challenge(scheme.group(1).lower()))
        place = scheme.end()
    return challenges
