"""What a type of volume is.

There are two kinds. A *place* (emptyDir, hostPath, persistentVolumeClaim) is a directory that is made or
found; a *content* (configMap, secret, projected, downwardAPI) is a set of files that the agent writes,
and writes again when what they show changes. Both are asked again and again for the same volume (after a
failure, after a restart of the agent) and must then lead to the same result.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from wherry.agent.downward import NodeFacts
from wherry.api.core.pod import Pod
from wherry.api.core.volume import Volume
from wherry.apimachinery.resource_type import ResourceType
from wherry.kit.clock import Clock

T = TypeVar("T", bound=msgspec.Struct)


class VolumeFailure(Exception):
    """A volume cannot be had now. `waits`: until an object that it names appears or changes."""

    def __init__(self, message: str, *, waits: bool = False) -> None:
        """`message` is Kubernetes' own where there is one."""
        super().__init__(message)
        self.waits = waits


class Objects(Protocol):
    """API objects by name; the pod hears of their changes from then on."""

    async def get(self, resource: ResourceType[T], namespace: str, name: str) -> T | None:
        """The object, or None."""


@dataclass(frozen=True, slots=True)
class Token:
    """A service account's token, and when (wall-clock seconds) it has to be replaced."""

    text: str
    refresh_at_s: float


class Tokens(Protocol):
    """Gives out service-account tokens."""

    async def token(self, pod: Pod, audience: str, expiration_s: int) -> Token:
        """One for this pod, fresh enough. Raises VolumeFailure."""


class Mounts(Protocol):
    """The two mounts that volumes need (kit/linux/mounts.py; a test has its own)."""

    def tmpfs(self, target: Path, size_bytes: int | None) -> None:
        """A file system in memory, unless there is one already."""

    def bind(self, source: Path, target: Path) -> None:
        """Show `source` at `target`, too."""

    def unmount(self, target: Path) -> None:
        """Take it away; nothing there is fine."""

    def below(self, directory: Path) -> list[Path]:
        """What is mounted in a directory, the deepest first."""


@dataclass(frozen=True, slots=True)
class VolumeContext:
    """What a volume may use. `directory` is the volume's own."""

    pod: Pod
    directory: Path
    objects: Objects
    tokens: Tokens
    mounts: Mounts
    node: NodeFacts
    clock: Clock
    refresh_at_s: list[float] = field(default_factory=list)

    @property
    def namespace(self) -> str:
        """The pod's namespace."""
        return self.pod.metadata.namespace


@dataclass(frozen=True, slots=True)
class File:
    """One file of a content volume."""

    data: bytes
    mode: int


Files = Mapping[str, File]


@dataclass(frozen=True, slots=True)
class PlaceType:
    """A type of volume that is a directory: `prepare` makes or finds it and says where it is.

    `owned`: below the pod's own directory, so its group may be changed and it goes with the pod.
    """

    name: str
    prepare: Callable[[Volume, VolumeContext], Awaitable[Path]]
    owned: bool = True


@dataclass(frozen=True, slots=True)
class ContentType:
    """A type of volume that is a set of files: `render` says which, by their relative paths."""

    name: str
    render: Callable[[Volume, VolumeContext], Awaitable[Files]]


VolumeType = PlaceType | ContentType
