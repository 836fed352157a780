"""PROBE_TYPES: one line per way of probing."""

from __future__ import annotations

from wherry.agent.probes.exec import EXEC
from wherry.agent.probes.http import HTTP_GET
from wherry.agent.probes.interface import ProbeType
from wherry.agent.probes.tcp import TCP_SOCKET

PROBE_TYPES: tuple[ProbeType, ...] = (EXEC, HTTP_GET, TCP_SOCKET)


def handler_of(probe: object) -> tuple[ProbeType, object] | None:
    """The way that a Probe or a LifecycleHandler asks for, and its details."""
    for kind in PROBE_TYPES:
        details: object = getattr(probe, kind.field, None)
        if details is not None:
            return kind, details
    return None
