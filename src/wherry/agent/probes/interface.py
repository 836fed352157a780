"""What a way of probing is: a handler, and a function that performs it once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from wherry.api.core.container import Container
from wherry.kit.clock import Clock
from wherry.runtime.interface import ExecResult


class ExecSync(Protocol):
    """Runs a command in a container (RuntimeService.exec_sync)."""

    async def __call__(self, container_id: str, command: tuple[str, ...], timeout_s: float) -> ExecResult:
        """To its end."""


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """What is probed."""

    container_id: str
    pod_ip: str
    ports: Mapping[str, int]
    exec_sync: ExecSync


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one look said. `message` is worded to follow "Readiness probe failed: "."""

    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class ProbeType:
    """A way of probing. `field` is the name of its field in Probe and in LifecycleHandler.

    `probe(target, handler, timeout_s, clock)` never raises: whatever goes wrong is a failed look.
    """

    field: str
    probe: Callable[[ProbeTarget, object, float, Clock], Awaitable[Outcome]]


def ports_of(container: Container) -> Mapping[str, int]:
    """The container's named ports."""
    return {port.name: port.container_port for port in container.ports if port.name}


def resolve_port(port: int | str, ports: Mapping[str, int]) -> int:
    """A port given by number or name. Raises ValueError."""
    if isinstance(port, int):
        return port
    if port in ports:
        return ports[port]
    if port.isdigit():
        return int(port)
    raise ValueError(f"couldn't find port: {port}")
