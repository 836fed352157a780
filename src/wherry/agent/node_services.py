"""What all pod workers of a node share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from wherry.agent.downward import NodeFacts
from wherry.agent.images import ImagePuller
from wherry.agent.interfaces import PodNetwork
from wherry.agent.log_files import LogFiles, LogRotation
from wherry.agent.objects import WatchedObjects
from wherry.agent.pod_environment import EnvironmentSource
from wherry.agent.settings import AgentSettings
from wherry.agent.volumes.interface import Mounts
from wherry.api.core.binding import ObjectReference
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.runtime.interface import ImageService, RuntimeService


class Recorder(Protocol):
    """Publishes Kubernetes Events (client/recorder.EventRecorder)."""

    def event(
        self,
        about: ObjectReference,
        reason: str,
        message: str,
        *,
        type: str = "Normal",  # noqa: A002 - Kubernetes' word
        why: str = "",
    ) -> None:
        """Publish one; returns at once."""


@dataclass(frozen=True, slots=True)
class NodeServices:
    """The node's parts, made once by agent.py and handed to each pod's worker."""

    settings: AgentSettings
    client: Client
    clock: Clock
    recorder: Recorder
    runtime: RuntimeService
    images: ImageService
    puller: ImagePuller
    network: PodNetwork
    objects: WatchedObjects
    environment: EnvironmentSource
    mounts: Mounts
    logs: LogFiles
    rotation: LogRotation
    node: NodeFacts
    memory_bytes: int
