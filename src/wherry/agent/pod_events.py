"""The words of a pod's life on a node: what can happen to it (events) and what is to be done (instructions).

agent/pod_state.py turns the first into the second without touching anything; agent/pod_worker.py
performs the second and reports the first.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from wherry.api.core.pod import Pod
from wherry.runtime.interface import ContainerStatus

ProbeKind = Literal["startup", "liveness", "readiness"]
HookKind = Literal["postStart", "preStop"]


class Now(NamedTuple):
    """Both clocks at one moment: the wall's for what people read, the monotonic for durations."""

    wall_s: float
    monotonic_s: float


# What can happen ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PodUpdated:
    """The pod was bound to this node, or its object changed: its spec, or its deletion was asked for."""

    pod: Pod


@dataclass(frozen=True, slots=True)
class PodGone:
    """The pod's object is no longer in the API."""


@dataclass(frozen=True, slots=True)
class AdoptedContainer:
    """A container that was there before the agent; `message` is what it left as its last words."""

    status: ContainerStatus
    message: str = ""


@dataclass(frozen=True, slots=True)
class RuntimeAdopted:
    """What the runtime already had of this pod when the agent started. `sandbox_id` "" means nothing."""

    sandbox_id: str = ""
    pod_ip: str = ""
    containers: tuple[AdoptedContainer, ...] = ()


@dataclass(frozen=True, slots=True)
class SandboxReady:
    """The pod has its namespaces and its address."""

    sandbox_id: str
    pod_ip: str


@dataclass(frozen=True, slots=True)
class SandboxFailed:
    """The pod's namespaces or its address could not be made."""

    message: str


@dataclass(frozen=True, slots=True)
class VolumesReady:
    """All volumes are in place."""


@dataclass(frozen=True, slots=True)
class VolumesFailed:
    """A volume is not in place. `waits`: tried again when the missing object appears, not by time."""

    message: str
    waits: bool


@dataclass(frozen=True, slots=True)
class ImageReady:
    """A container's image is here; `note` is what people are told about it."""

    container: str
    note: str


@dataclass(frozen=True, slots=True)
class ImageFailed:
    """A container's image cannot be had (ErrImagePull, ErrImageNeverPull, InvalidImageName)."""

    container: str
    reason: str
    message: str
    image: str


@dataclass(frozen=True, slots=True)
class ContainerStarted:
    """A container's program runs."""

    container: str
    container_id: str
    image_id: str
    started_at_s: float


@dataclass(frozen=True, slots=True)
class StartFailed:
    """A container's program could not be started.

    CreateContainerConfigError waits for what is missing, CreateContainerError is tried again later; what
    the program itself is to blame for (RunContainerError) counts as a crash with `exit_code`.
    """

    container: str
    reason: str
    message: str
    exit_code: int = 128


@dataclass(frozen=True, slots=True)
class ContainerExited:
    """A container's program has ended; `message` is what it left as its last words."""

    container_id: str
    exit_code: int
    finished_at_s: float
    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A probe's verdict. Not `decided`: one failure that does not count enough yet."""

    container: str
    container_id: str
    kind: ProbeKind
    ok: bool
    message: str = ""
    decided: bool = True


@dataclass(frozen=True, slots=True)
class HookDone:
    """A lifecycle hook has ended."""

    container: str
    container_id: str
    hook: HookKind
    ok: bool
    message: str = ""


@dataclass(frozen=True, slots=True)
class DependencyChanged:
    """A ConfigMap, Secret or claim that the pod waited for has appeared or changed."""


@dataclass(frozen=True, slots=True)
class ImagesAppeared:
    """What these containers wait for has come: an image that somebody has built or imported, or better credentials."""

    containers: frozenset[str]


@dataclass(frozen=True, slots=True)
class TimerFired:
    """A time that was set has come."""

    name: str


@dataclass(frozen=True, slots=True)
class SandboxRemoved:
    """The pod's namespaces and address are gone."""


@dataclass(frozen=True, slots=True)
class CleanedUp:
    """The pod's volumes are gone."""


Event = (
    PodUpdated
    | PodGone
    | RuntimeAdopted
    | SandboxReady
    | SandboxFailed
    | VolumesReady
    | VolumesFailed
    | ImageReady
    | ImageFailed
    | ContainerStarted
    | StartFailed
    | ContainerExited
    | ProbeResult
    | HookDone
    | DependencyChanged
    | ImagesAppeared
    | TimerFired
    | SandboxRemoved
    | CleanedUp
)


# What is to be done ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MakeSandbox:
    """Make the namespaces and get an address."""


@dataclass(frozen=True, slots=True)
class MountVolumes:
    """Put all volumes in place."""


@dataclass(frozen=True, slots=True)
class PullImage:
    """See to it that a container's image is here, as its pull policy says."""

    container: str


@dataclass(frozen=True, slots=True)
class StartContainer:
    """Start a container's program for the `attempt`-th time (from 0)."""

    container: str
    attempt: int


@dataclass(frozen=True, slots=True)
class StopContainer:
    """Ask a program to end, and kill it after the grace."""

    container: str
    container_id: str
    grace_s: float


@dataclass(frozen=True, slots=True)
class RemoveContainer:
    """Forget an ended container's files; its log stays."""

    container_id: str


@dataclass(frozen=True, slots=True)
class RunHook:
    """Run a lifecycle hook, for at most `timeout_s` seconds (None: as long as it takes)."""

    container: str
    container_id: str
    hook: HookKind
    timeout_s: float | None = None


@dataclass(frozen=True, slots=True)
class StartProbes:
    """Begin to probe a running container."""

    container: str
    container_id: str
    kinds: tuple[ProbeKind, ...]


@dataclass(frozen=True, slots=True)
class StopProbes:
    """End all probes of a container."""

    container: str


@dataclass(frozen=True, slots=True)
class ReportStatus:
    """Tell the API server how the pod is."""


@dataclass(frozen=True, slots=True)
class Emit:
    """Publish a Kubernetes Event about the pod, or about one of its containers.

    `why` is what made the node do it, for the story; two that differ in nothing else are the same.
    """

    reason: str
    message: str
    container: str = ""
    warning: bool = False
    why: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class RemoveSandbox:
    """Let go of namespaces and address; `forget` also the ended containers."""

    forget: bool


@dataclass(frozen=True, slots=True)
class CleanUp:
    """Take the volumes away; `forget` also the logs."""

    forget: bool


@dataclass(frozen=True, slots=True)
class DeletePodObject:
    """Nothing of the pod is left: remove its object from the API."""


@dataclass(frozen=True, slots=True)
class Forget:
    """The pod's worker is done."""


@dataclass(frozen=True, slots=True)
class SetTimer:
    """Wake up after `after_s` seconds; replaces a timer of this name."""

    name: str
    after_s: float


@dataclass(frozen=True, slots=True)
class CancelTimer:
    """Do not wake up."""

    name: str


Instruction = (
    MakeSandbox
    | MountVolumes
    | PullImage
    | StartContainer
    | StopContainer
    | RemoveContainer
    | RunHook
    | StartProbes
    | StopProbes
    | ReportStatus
    | Emit
    | RemoveSandbox
    | CleanUp
    | DeletePodObject
    | Forget
    | SetTimer
    | CancelTimer
)
