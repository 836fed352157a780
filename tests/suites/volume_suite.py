"""What every type of volume must do: be there after any mounts, also after a crash, and go without a trace."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec

from wherry.agent.downward import NodeFacts
from wherry.agent.volumes.interface import Token
from wherry.agent.volumes.pod_volumes import PodVolumes
from wherry.api.core.container import VolumeMount
from wherry.api.core.pod import Pod
from wherry.apimachinery.resource_type import ResourceType
from wherry.kit.clock import FakeClock

T = TypeVar("T", bound=msgspec.Struct)


class FakeObjects:
    """API objects by plural and name."""

    def __init__(self, **objects: msgspec.Struct) -> None:
        self.objects: dict[str, msgspec.Struct] = objects

    async def get(self, resource: ResourceType[T], namespace: str, name: str) -> T | None:
        found = self.objects.get(f"{resource.plural}_{name}")
        return None if found is None else resource.from_document(msgspec.to_builtins(found))


class FakeTokens:
    """Numbered tokens."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    async def token(self, pod: Pod, audience: str, expiration_s: int) -> Token:
        self.asked.append((audience, expiration_s))
        return Token("token-text", 1_800_002_000.0)


@dataclass
class FakeMounts:
    """Remembers what is mounted."""

    mounted: dict[Path, str] = field(default_factory=dict)

    def tmpfs(self, target: Path, size_bytes: int | None) -> None:
        self.mounted.setdefault(target, f"tmpfs {size_bytes}")

    def bind(self, source: Path, target: Path) -> None:
        self.mounted[target] = f"bind {source.resolve()}"

    def unmount(self, target: Path) -> None:
        self.mounted.pop(target, None)

    def below(self, directory: Path) -> list[Path]:
        return [path for path in self.mounted if path.is_relative_to(directory)]


@dataclass(frozen=True, slots=True)
class VolumeCase:
    """One volume: its source as in a manifest, the objects it needs, and what a container must find in it."""

    name: str
    source: Callable[[Path], Mapping[str, object]]
    objects: Callable[[Path], Mapping[str, msgspec.Struct]] = lambda _path: {}
    files: Mapping[str, str] = field(default_factory=dict)


def pod_with(source: Mapping[str, object], **spec: object) -> Pod:
    document = {
        "metadata": {"name": "web", "namespace": "default", "uid": "u1", "labels": {"app": "web"}},
        "spec": {
            "containers": [{"name": "c", "image": "i", "resources": {"limits": {"cpu": "1500m"}}}],
            "volumes": [{"name": "v", **source}],
            **spec,
        },
    }
    return msgspec.convert(document, Pod)


def volumes_in(
    directory: Path, objects: Mapping[str, msgspec.Struct] | None = None, mounts: FakeMounts | None = None
) -> PodVolumes:
    node = NodeFacts("node-1", "192.0.2.1", {"cpu": "2", "memory": "4Gi"})
    return PodVolumes(
        directory / "pod", FakeObjects(**(objects or {})), FakeTokens(), mounts or FakeMounts(), node, FakeClock()
    )


def found(volumes: PodVolumes) -> Path:
    return volumes.place(VolumeMount(name="v", mount_path="/v"), "c", 0, "")


def _check_files(case: VolumeCase, place: Path) -> None:
    assert place.exists()
    for name, text in case.files.items():
        assert (place / name).read_text() == text


async def mounts_twice(case: VolumeCase, directory: Path) -> None:
    volumes = volumes_in(directory, case.objects(directory))
    pod = pod_with(case.source(directory))
    await volumes.mount(pod)
    first = found(volumes)
    await volumes.mount(pod)
    assert found(volumes) == first
    _check_files(case, first)


async def survives_a_crash_in_between(case: VolumeCase, directory: Path) -> None:
    mounts = FakeMounts()
    pod = pod_with(case.source(directory))
    await volumes_in(directory, case.objects(directory), mounts).mount(pod)
    again = volumes_in(directory, case.objects(directory), mounts)
    await again.mount(pod)
    _check_files(case, found(again))


async def unmounts_twice_and_leaves_nothing(case: VolumeCase, directory: Path) -> None:
    mounts = FakeMounts()
    volumes = volumes_in(directory, case.objects(directory), mounts)
    await volumes.mount(pod_with(case.source(directory)))
    volumes.unmount()
    volumes.unmount()
    assert mounts.mounted == {}
    assert not (directory / "pod").exists()


async def is_unmounted_by_an_agent_that_did_not_mount_it(case: VolumeCase, directory: Path) -> None:
    mounts = FakeMounts()
    await volumes_in(directory, case.objects(directory), mounts).mount(pod_with(case.source(directory)))
    volumes_in(directory, case.objects(directory), mounts).unmount()
    assert mounts.mounted == {}
    assert not (directory / "pod").exists()


Check = Callable[[VolumeCase, Path], Awaitable[None]]
ALL: tuple[Check, ...] = (
    mounts_twice,
    survives_a_crash_in_between,
    unmounts_twice_and_leaves_nothing,
    is_unmounted_by_an_agent_that_did_not_mount_it,
)
