"""What every RuntimeService must do: run on the fake and on the real one.

Use: subclass RuntimeSuite and give the fixtures `runtime` (started) and `program` (behaviour -> ContainerConfig).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Literal

import pytest

from wherry.runtime.interface import (
    AlreadyExists,
    ContainerConfig,
    ContainerExited,
    ContainerState,
    FailedPrecondition,
    NotFound,
    RuntimeService,
    SandboxConfig,
)

Behaviour = Literal["runs", "succeeds", "fails", "missing", "stubborn"]
Program = Callable[[Behaviour], ContainerConfig]

FAILS_WITH = 3


async def next_exit(runtime: RuntimeService, act: Callable[[], object]) -> ContainerExited:
    """The first end that is reported after `act`."""
    events: asyncio.Queue[ContainerExited] = asyncio.Queue()
    unsubscribe = runtime.subscribe(events.put_nowait)
    try:
        result = act()
        if asyncio.iscoroutine(result):
            await result
        return await events.get()
    finally:
        unsubscribe()


class RuntimeSuite:
    """The contract of runtime.interface.RuntimeService."""

    async def test_a_sandbox_made_twice_is_one(self, runtime: RuntimeService) -> None:
        config = SandboxConfig("s1", "web", {"app": "web"})
        first = await runtime.run_sandbox(config)
        assert await runtime.run_sandbox(config) == first
        assert [(s.id, s.labels) for s in await runtime.list_sandboxes()] == [("s1", {"app": "web"})]
        assert first.netns_path

    async def test_a_sandbox_with_host_network_has_no_namespace_of_its_own(self, runtime: RuntimeService) -> None:
        assert (await runtime.run_sandbox(SandboxConfig("s1", "web", host_network=True))).netns_path == ""

    async def test_a_started_container_runs_and_is_listed(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        started = await runtime.start_container("s1", program("runs"))
        assert started.state is ContainerState.RUNNING
        assert started.pid > 0
        assert started.exit_code is None
        assert await runtime.list_containers() == [started]
        assert await runtime.container_status(started.id) == started

    @pytest.mark.parametrize(
        ("behaviour", "code", "reason"), [("succeeds", 0, "Completed"), ("fails", FAILS_WITH, "Error")]
    )
    async def test_the_end_of_a_container_is_reported_with_its_exit_code(
        self, runtime: RuntimeService, program: Program, behaviour: Behaviour, code: int, reason: str
    ) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        event = await next_exit(runtime, lambda: runtime.start_container("s1", program(behaviour)))
        status = await runtime.container_status(event.container_id)
        assert (event.exit_code, event.reason, event.sandbox_id) == (code, reason, "s1")
        assert (status.state, status.exit_code, status.reason) == (ContainerState.EXITED, code, reason)
        assert status.finished_at_s >= status.created_at_s

    async def test_a_program_that_is_missing_cannot_be_started(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        with pytest.raises(FailedPrecondition, match=r'exec: "nosuch": executable file not found in \$PATH'):
            await runtime.start_container("s1", program("missing"))
        assert await runtime.list_containers() == []

    async def test_an_unknown_sandbox_or_image_is_not_found(self, runtime: RuntimeService, program: Program) -> None:
        with pytest.raises(NotFound):
            await runtime.start_container("nosuch", program("runs"))
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        with pytest.raises(NotFound):
            await runtime.start_container("s1", ContainerConfig("c", 0, "nosuch:1"))
        with pytest.raises(NotFound):
            await runtime.container_status("nosuch")

    async def test_the_same_attempt_cannot_be_started_twice(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        await runtime.start_container("s1", program("runs"))
        with pytest.raises(AlreadyExists):
            await runtime.start_container("s1", program("runs"))

    async def test_stopping_is_idempotent_and_reports_the_end(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        started = await runtime.start_container("s1", program("runs"))
        event = await next_exit(runtime, lambda: runtime.stop_container(started.id, 30))
        assert event.exit_code == 143
        await runtime.stop_container(started.id, 30)
        await runtime.stop_container("nosuch", 30)

    async def test_no_grace_means_kill(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        started = await runtime.start_container("s1", program("stubborn"))
        await runtime.stop_container(started.id, 0)
        assert (await runtime.container_status(started.id)).exit_code == 137

    async def test_a_command_inside_gives_its_result(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        started = await runtime.start_container("s1", program("runs"))
        assert (await runtime.exec_sync(started.id, ["true"], 10)).exit_code == 0
        await runtime.stop_container(started.id, 0)
        with pytest.raises(FailedPrecondition):
            await runtime.exec_sync(started.id, ["true"], 10)

    async def test_removing_a_sandbox_takes_all_with_it(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        await runtime.start_container("s1", program("runs"))
        await runtime.remove_sandbox("s1")
        await runtime.remove_sandbox("s1")
        await runtime.stop_sandbox("s1")
        assert await runtime.list_sandboxes() == []
        assert await runtime.list_containers() == []

    async def test_a_removed_container_is_forgotten(self, runtime: RuntimeService, program: Program) -> None:
        await runtime.run_sandbox(SandboxConfig("s1", "web"))
        started = await runtime.start_container("s1", program("runs"))
        await runtime.remove_container(started.id)
        await runtime.remove_container(started.id)
        assert await runtime.list_containers() == []
