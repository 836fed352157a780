from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from suites.runtime_suite import FAILS_WITH, Behaviour, Program, RuntimeSuite
from wherry.kit.clock import FakeClock
from wherry.runtime.fake import FakeImages, FakeRuntime, Script
from wherry.runtime.interface import ContainerConfig, ContainerState, NotFound, SandboxConfig

SCRIPTS = {
    "succeeds": Script(exit_code=0),
    "fails": Script(exit_code=FAILS_WITH),
    "missing": Script(start_error='exec: "nosuch": executable file not found in $PATH'),
    "stubborn": Script(ignores_term=True),
}


@pytest.fixture
def fake_clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def runtime(fake_clock: FakeClock) -> AsyncIterator[FakeRuntime]:
    fake = FakeRuntime(fake_clock, FakeImages("demo:1"), SCRIPTS)
    await fake.start()
    yield fake
    await fake.stop()


@pytest.fixture
def program() -> Program:
    def config(behaviour: Behaviour) -> ContainerConfig:
        return ContainerConfig(behaviour, 0, "docker.io/library/demo:1")

    return config


class TestFakeRuntime(RuntimeSuite):
    pass


async def test_a_script_ends_after_its_time(runtime: FakeRuntime, fake_clock: FakeClock) -> None:
    runtime.scripts["slow"] = Script(exit_code=1, after_s=3)
    await runtime.run_sandbox(SandboxConfig("s1", "web"))
    started = await runtime.start_container("s1", ContainerConfig("slow", 0, "demo:1"))
    await fake_clock.advance(2.9)
    assert (await runtime.container_status(started.id)).state is ContainerState.RUNNING
    await fake_clock.advance(0.2)
    assert (await runtime.container_status(started.id)).exit_code == 1


async def test_only_what_is_pullable_is_pulled() -> None:
    images = FakeImages(pullable=["web:2"])
    assert (await images.pull("docker.io/library/web:2")).tags == ("web:2",)
    with pytest.raises(NotFound, match="db:1: not found"):
        await images.pull("db:1")
