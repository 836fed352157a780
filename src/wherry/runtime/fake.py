"""Containers and images that exist only in memory: for tests, and for trying the agent without root.

A fake container obeys the `Script` that was given for its container name or its image, so that a test
reads like a play: this one ends after 3 seconds with code 1, that one cannot be started.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wherry.kit.clock import Clock
from wherry.kit.tasks import TaskScope
from wherry.runtime.images.reference import familiar_name
from wherry.runtime.interface import (
    NO_KEYS,
    AlreadyExists,
    ContainerConfig,
    ContainerExited,
    ContainerState,
    ContainerStatus,
    ContainerUsage,
    DeadlineExceeded,
    ExecResult,
    FailedPrecondition,
    ImageConfig,
    ImageStatus,
    Keyring,
    NotFound,
    SandboxConfig,
    SandboxStatus,
    Unavailable,
)

SIGKILLED = 137
SIGTERMED = 143


@dataclass(frozen=True, slots=True)
class Script:
    """What a fake container does.

    `exit_code` None: it runs until stopped; otherwise it ends with this code `after_s` seconds after
    its start. `start_error`: it cannot be started, with this message. `ignores_term`: only SIGKILL
    ends it. `term_exit_code`: how it ends when it is asked to. `reason`: OOMKilled, or "" for the usual.
    """

    exit_code: int | None = None
    after_s: float = 0.0
    start_error: str = ""
    ignores_term: bool = False
    term_exit_code: int = SIGTERMED
    reason: str = ""


class FakeImages:
    """An ImageService whose images are whatever it was given."""

    def __init__(self, *names: str, pullable: Sequence[str] = ()) -> None:
        """`names` are here; `pullable` come with `pull`."""
        self.images: dict[str, ImageStatus] = {}
        self.pullable = {familiar_name(name) for name in pullable}
        self.pulled: list[str] = []
        self.keyrings: list[Keyring] = []
        self._followers: list[Callable[[], None]] = []
        for name in names:
            self.add(name)

    def add(self, name: str, config: ImageConfig | None = None) -> ImageStatus:
        """Put an image on the machine."""
        familiar = familiar_name(name)
        digest = "sha256:" + hashlib.sha256(familiar.encode()).hexdigest()
        image = ImageStatus(digest, digest, (familiar,), 1000, 0.0, config or ImageConfig(entrypoint=("/app",)))
        self.images[familiar] = image
        for follower in self._followers:
            follower()
        return image

    def find(self, reference: str) -> ImageStatus | None:
        """The image with this name or id."""
        by_id = (image for image in self.images.values() if image.id == reference)
        return self.images.get(familiar_name(reference)) or next(by_id, None)

    def list(self) -> list[ImageStatus]:
        """All images."""
        return list(self.images.values())

    def follow(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call `on_change` when `add` brings an image; returns how to end that."""
        self._followers.append(on_change)
        return lambda: self._followers.remove(on_change)

    async def pull(self, reference: str, keyring: Keyring = NO_KEYS) -> ImageStatus:
        """Succeeds for what was said to be pullable, and for what is here."""
        familiar = familiar_name(reference)
        self.pulled.append(familiar)
        self.keyrings.append(keyring)
        if familiar in self.pullable:
            return self.add(familiar)
        if familiar in self.images:
            return self.images[familiar]
        raise NotFound(f"{familiar}: not found")

    async def remove(self, reference: str) -> None:
        """Forget an image."""
        if self.images.pop(familiar_name(reference), None) is None:
            raise NotFound(f"There is no image {reference} on this machine")


class FakeExec:
    """An ExecSession that has said everything already."""

    def __init__(self, result: ExecResult) -> None:
        """`result` is what it will have said."""
        self._result = result
        self.stdin = bytearray()
        self.size = (0, 0)
        self.closed = False

    async def write_stdin(self, data: bytes) -> None:
        """Kept in `stdin`."""
        self.stdin += data

    async def output(self) -> AsyncIterator[tuple[str, bytes]]:
        """What the result says."""
        if self._result.stdout:
            yield "stdout", self._result.stdout
        if self._result.stderr:
            yield "stderr", self._result.stderr

    def resize(self, columns: int, rows: int) -> None:
        """Kept in `size`."""
        self.size = (columns, rows)

    async def wait(self) -> int:
        """Its exit code."""
        return self._result.exit_code

    async def close(self) -> None:
        """Kept in `closed`."""
        self.closed = True


ExecHandler = Callable[[str, Sequence[str]], ExecResult]


@dataclass(slots=True)
class _Container:
    status: ContainerStatus
    script: Script
    ended: asyncio.Event = field(default_factory=asyncio.Event)


class FakeRuntime:
    """A RuntimeService without a machine.

    Example:
        runtime = FakeRuntime(clock, FakeImages("orders:1"), {"orders": Script(exit_code=1, after_s=3)})
    """

    def __init__(self, clock: Clock, images: FakeImages, scripts: Mapping[str, Script] | None = None) -> None:
        """`scripts` maps a container's name, or an image's, to what it does; others run for ever."""
        self.clock = clock
        self.images = images
        self.scripts = dict(scripts or {})
        self.sandboxes: dict[str, SandboxStatus] = {}
        self.configs: dict[str, ContainerConfig] = {}
        self.on_exec: ExecHandler = lambda _container, _command: ExecResult(0, b"", b"")
        self.calls: list[tuple[str, str]] = []
        self._containers: dict[str, _Container] = {}
        self._listeners: list[Callable[[ContainerExited], None]] = []
        self._numbers = itertools.count(1)
        self._scope: TaskScope | None = None

    async def start(self) -> None:
        """Begin to obey scripts."""
        self._scope = await TaskScope("fake-runtime").__aenter__()

    async def stop(self) -> None:
        """Stop obeying scripts."""
        if self._scope is not None:
            scope, self._scope = self._scope, None
            await scope.__aexit__(None, None, None)

    def version(self) -> str:
        """A name that nobody takes for a real one."""
        return "fake://1"

    async def run_sandbox(self, config: SandboxConfig) -> SandboxStatus:
        """Remember a sandbox."""
        self.calls.append(("run_sandbox", config.id))
        if config.id not in self.sandboxes:
            netns = "" if config.host_network else f"/fake/netns/{config.id}"
            self.sandboxes[config.id] = SandboxStatus(config.id, netns, self.clock.now_s(), config.labels)
        return self.sandboxes[config.id]

    async def stop_sandbox(self, sandbox_id: str) -> None:
        """Kill what runs in it."""
        self.calls.append(("stop_sandbox", sandbox_id))
        for status in await self.list_containers():
            if status.sandbox_id == sandbox_id:
                self.exit(status.id, SIGKILLED)

    async def remove_sandbox(self, sandbox_id: str) -> None:
        """Forget it and its containers."""
        await self.stop_sandbox(sandbox_id)
        self.calls.append(("remove_sandbox", sandbox_id))
        for status in await self.list_containers():
            if status.sandbox_id == sandbox_id:
                del self._containers[status.id]
        self.sandboxes.pop(sandbox_id, None)

    async def list_sandboxes(self) -> list[SandboxStatus]:
        """All there are."""
        return list(self.sandboxes.values())

    async def start_container(self, sandbox_id: str, config: ContainerConfig) -> ContainerStatus:
        """Start a container that obeys its script."""
        self.calls.append(("start_container", config.name))
        image = self.images.find(config.image)
        if sandbox_id not in self.sandboxes:
            raise NotFound(f"There is no sandbox {sandbox_id}")
        if image is None:
            raise NotFound(f"The image {config.image} is not on this machine")
        for other in self._containers.values():
            if (other.status.sandbox_id, other.status.name, other.status.attempt) == (
                sandbox_id,
                config.name,
                config.attempt,
            ):
                raise AlreadyExists(f"Container {config.name} (attempt {config.attempt}) exists in {sandbox_id}")
        script = self.scripts.get(config.name) or self.scripts.get(familiar_name(config.image)) or Script()
        if script.start_error:
            raise FailedPrecondition(script.start_error)
        return self._run(sandbox_id, config, image, script)

    def _run(self, sandbox_id: str, config: ContainerConfig, image: ImageStatus, script: Script) -> ContainerStatus:
        number = next(self._numbers)
        now_s = self.clock.now_s()
        status = ContainerStatus(
            id=f"{config.name}-{config.attempt}-{number}",
            sandbox_id=sandbox_id,
            name=config.name,
            attempt=config.attempt,
            image=config.image,
            image_id=image.id,
            state=ContainerState.RUNNING,
            pid=1000 + number,
            created_at_s=now_s,
            started_at_s=now_s,
            finished_at_s=0.0,
            exit_code=None,
            reason="",
            labels=config.labels,
            log_path=config.log_path,
        )
        self._containers[status.id] = _Container(status, script)
        self.configs[status.id] = config
        if script.exit_code is not None:
            if self._scope is None:
                raise Unavailable("The runtime was not started")
            due_s = self.clock.monotonic_s() + script.after_s
            _ = self._scope.start(status.id, self._obey(status.id, due_s, script.exit_code))
        return status

    async def _obey(self, container_id: str, due_s: float, exit_code: int) -> None:
        # A test may move its clock before this task has had its first turn.
        await self.clock.sleep(due_s - self.clock.monotonic_s())
        self.exit(container_id, exit_code)

    def exit(self, container_id: str, exit_code: int, reason: str = "") -> None:
        """Let a container end now; nothing happens when it has ended or is gone."""
        container = self._containers.get(container_id)
        if container is None or container.status.state is ContainerState.EXITED:
            return
        reason = reason or container.script.reason or ("Error" if exit_code else "Completed")
        now_s = self.clock.now_s()
        container.status = replace(
            container.status,
            state=ContainerState.EXITED,
            pid=0,
            finished_at_s=now_s,
            exit_code=exit_code,
            reason=reason,
        )
        container.ended.set()
        event = ContainerExited(container_id, container.status.sandbox_id, exit_code, now_s, reason)
        for listener in list(self._listeners):
            listener(event)

    def _get(self, container_id: str) -> _Container:
        container = self._containers.get(container_id)
        if container is None:
            raise NotFound(f"There is no container {container_id}")
        return container

    async def stop_container(self, container_id: str, grace_period_s: float) -> None:
        """End it as its script says."""
        self.calls.append(("stop_container", container_id))
        container = self._containers.get(container_id)
        if container is None or container.status.state is ContainerState.EXITED:
            return
        if not container.script.ignores_term and grace_period_s > 0:
            self.exit(container_id, container.script.term_exit_code)
            return
        if grace_period_s > 0:
            await self.clock.sleep(grace_period_s)
        self.exit(container_id, SIGKILLED)

    async def remove_container(self, container_id: str) -> None:
        """Forget it."""
        self.calls.append(("remove_container", container_id))
        self.exit(container_id, SIGKILLED)
        self._containers.pop(container_id, None)
        self.configs.pop(container_id, None)

    async def container_status(self, container_id: str) -> ContainerStatus:
        """Its state."""
        return self._get(container_id).status

    async def container_usage(self, container_id: str) -> ContainerUsage:
        """The same for all that run."""
        running = self._get(container_id).status.state is ContainerState.RUNNING
        return ContainerUsage(2_500_000_000, 3 << 20, 2 << 20) if running else ContainerUsage(0, 0, 0)

    async def list_containers(self) -> list[ContainerStatus]:
        """All there are."""
        return [container.status for container in self._containers.values()]

    def subscribe(self, listener: Callable[[ContainerExited], None]) -> Callable[[], None]:
        """Call `listener` for every end."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def _running(self, container_id: str) -> ContainerStatus:
        status = self._get(container_id).status
        if status.state is not ContainerState.RUNNING:
            raise FailedPrecondition(f"Container {container_id} is not running")
        return status

    async def exec(
        self, container_id: str, command: Sequence[str], *, tty: bool = False, stdin: bool = False
    ) -> FakeExec:
        """Ask `on_exec` what the command says."""
        del tty, stdin
        self._running(container_id)
        return FakeExec(self.on_exec(container_id, command))

    async def exec_sync(self, container_id: str, command: Sequence[str], timeout_s: float) -> ExecResult:
        """Ask `on_exec` what the command says; its TimeoutError means that it takes too long."""
        self._running(container_id)
        try:
            return self.on_exec(container_id, command)
        except TimeoutError as error:
            raise DeadlineExceeded(f"command timed out: {timeout_s} s") from error

    async def attach(self, container_id: str) -> FakeExec:
        """A session that says nothing."""
        self._running(container_id)
        return FakeExec(ExecResult(0, b"", b""))

    async def reopen_log(self, container_id: str) -> None:
        """Nothing to do."""
        self._running(container_id)
