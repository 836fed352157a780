"""Real containers, as root: what the runtime promises, and that nothing is left afterwards."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from suites.runtime_suite import FAILS_WITH, Behaviour, Program, RuntimeSuite, next_exit
from wherry.kit import process
from wherry.kit.clock import SystemClock
from wherry.kit.linux.mounts import mount_points
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import (
    ContainerConfig,
    ContainerState,
    ContainerStatus,
    DeadlineExceeded,
    FailedPrecondition,
    Mount,
    Resources,
    SandboxConfig,
    Security,
    StartError,
)
from wherry.runtime.oci.records import boot_id
from wherry.runtime.oci.runtime import OciRuntime

pytestmark = pytest.mark.linux

IMAGE = "shell:1"
CGROUP_ROOT = f"wherry-test-{os.getpid()}"
SHELL = {
    "runs": "exec sleep 1000",
    "succeeds": "exit 0",
    "fails": f"exit {FAILS_WITH}",
    "stubborn": "trap '' TERM; while :; do sleep 1000; done",
}


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> ImageStore:
    directory = tmp_path_factory.mktemp("image")
    (directory / "image.toml").write_text(
        f'name = "{IMAGE}"\nbase = "programs"\nprograms = ["/usr/bin/busybox"]\ncmd = ["sleep", "1000"]\n'
        '[env]\nFROM_IMAGE = "image"\nBOTH = "image"\n'
    )
    store = ImageStore(tmp_path_factory.mktemp("store"))
    build_image(store, directory)
    return store


def leftovers(state_dir: Path, run_dir: Path) -> list[str]:
    """What of a runtime is still there: mounts, control groups, processes (zombies aside)."""
    found = [str(point.path) for point in mount_points() if point.path.is_relative_to(run_dir.parent)]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"*/{CGROUP_ROOT}")]
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(state_dir).encode() in cmdline.read_bytes():
                found.append(str(cmdline))
        except OSError:
            continue
    return found


@pytest.fixture
async def runtime(images: ImageStore, tmp_path: Path) -> AsyncIterator[OciRuntime]:
    oci = OciRuntime(tmp_path / "state", tmp_path / "run", images, SystemClock(), CGROUP_ROOT)
    await oci.start()
    yield oci
    for sandbox in await oci.list_sandboxes():
        await oci.remove_sandbox(sandbox.id)
    await oci.stop()
    assert leftovers(tmp_path / "state", tmp_path / "run") == []


@pytest.fixture
def program() -> Program:
    def config(behaviour: Behaviour) -> ContainerConfig:
        if behaviour == "missing":
            return ContainerConfig("main", 0, IMAGE, command=("nosuch",))
        # Process 1 of a namespace ignores SIGTERM until it has said otherwise: a stop right after the start would wait.
        own_pids = behaviour == "runs"
        return ContainerConfig("main", 0, IMAGE, command=("sh", "-c", SHELL[behaviour]), host_pid=own_pids)

    return config


class TestOciRuntime(RuntimeSuite):
    pass


async def run_script(
    runtime: OciRuntime,
    script: str,
    *,
    security: Security | None = None,
    mounts: tuple[Mount, ...] = (),
    resources: Resources | None = None,
    env: dict[str, str] | None = None,
) -> tuple[ContainerStatus, str]:
    """Run a shell script in a new container of sandbox s1 to its end; its status and output."""
    await runtime.run_sandbox(SandboxConfig("s1", "web-0"))
    config = ContainerConfig(
        "script",
        len(await runtime.list_containers()),
        IMAGE,
        command=("sh", "-c", script),
        security=security or Security(),
        mounts=mounts,
        resources=resources or Resources(),
        env=env or {},
    )
    event = await next_exit(runtime, lambda: runtime.start_container("s1", config))
    status = await runtime.container_status(event.container_id)
    lines = status.log_path.read_text().splitlines()
    return status, "\n".join(line.split(" ", 3)[3] for line in lines)


async def test_the_environment_is_the_images_and_the_pods(runtime: OciRuntime) -> None:
    _, said = await run_script(runtime, "echo $FROM_IMAGE $BOTH $HOSTNAME $HOME; hostname", env={"BOTH": "pod"})
    assert said == "image pod web-0 /root\nweb-0"


async def test_output_is_logged_in_cri_form(runtime: OciRuntime) -> None:
    status, _ = await run_script(runtime, "echo one; echo two >&2; printf part")
    fields = [line.split(" ", 3) for line in status.log_path.read_text().splitlines()]
    assert sorted(field[1:] for field in fields) == [
        ["stderr", "F", "two"],
        ["stdout", "F", "one"],
        ["stdout", "P", "part"],
    ] or [field[1:] for field in fields if field[3]] == [
        ["stdout", "F", "one"],
        ["stderr", "F", "two"],
        ["stdout", "P", "part"],
    ]


async def test_limits_are_seen_inside(runtime: OciRuntime) -> None:
    resources = Resources(cpu_shares=256, cpu_quota_us=50_000, memory_limit_bytes=64 << 20, pids_limit=40)
    _, said = await run_script(
        runtime,
        "cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes memory.max pids/pids.max pids.max "
        "cpu/cpu.cfs_quota_us cpu.max 2>/dev/null; ls cpu* >/dev/null",
        resources=resources,
    )
    assert said.split()[:3] == ["67108864", "40", "50000"]


async def test_too_much_memory_ends_with_oom_killed(runtime: OciRuntime) -> None:
    status, _ = await run_script(
        runtime,
        "exec dd if=/dev/zero of=/dev/null bs=100M count=1",
        resources=Resources(memory_limit_bytes=16 << 20),
    )
    assert (status.exit_code, status.reason) == (137, "OOMKilled")


async def test_a_fork_bomb_is_stopped_by_the_pids_limit(runtime: OciRuntime) -> None:
    _, said = await run_script(
        runtime,
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 5 & done; echo end",
        resources=Resources(pids_limit=10),
    )
    assert "fork" in said


async def test_the_program_runs_as_the_user_that_was_asked_for(runtime: OciRuntime) -> None:
    security = Security(user=1234, group=5678, supplemental_groups=(99,))
    _, said = await run_script(runtime, "id; grep CapEff /proc/self/status", security=security)
    assert said.split()[:3] == ["uid=1234", "gid=5678", "groups=99,5678"] or "uid=1234 gid=5678" in said
    assert "CapEff:\t0000000000000000" in said


async def test_root_is_refused_where_it_must_not_be(runtime: OciRuntime) -> None:
    with pytest.raises(FailedPrecondition, match="container has runAsNonRoot and image will run as root"):
        await run_script(runtime, "true", security=Security(run_as_non_root=True))


async def test_a_read_only_root_cannot_be_written(runtime: OciRuntime) -> None:
    status, said = await run_script(runtime, "touch /x", security=Security(read_only_root=True))
    assert status.exit_code == 1
    assert "Read-only file system" in said


async def test_rights_can_be_dropped_and_added(runtime: OciRuntime) -> None:
    show = "grep -E 'CapBnd|NoNewPrivs|Seccomp:' /proc/self/status"
    _, default = await run_script(runtime, show)
    assert default.split() == ["CapBnd:", "00000000a80425fb", "NoNewPrivs:", "0", "Seccomp:", "2"]
    security = Security(
        capabilities_drop=("ALL",), capabilities_add=("NET_ADMIN",), no_new_privileges=True, seccomp="Unconfined"
    )
    _, changed = await run_script(runtime, show, security=security)
    assert changed.split() == ["CapBnd:", "0000000000001000", "NoNewPrivs:", "1", "Seccomp:", "0"]


async def test_well_known_ways_out_are_closed(runtime: OciRuntime) -> None:
    _, said = await run_script(
        runtime,
        "mount -t tmpfs x /mnt 2>&1; unshare -m true 2>&1; echo h > /proc/sysrq-trigger; "
        "echo x > /proc/sys/kernel/core_pattern; mknod /tmp/disk b 254 0 && cat /tmp/disk; "
        "mknod /tmp/kmsg c 1 11 && cat /tmp/kmsg; cat /proc/kcore | wc -c; "
        "echo x > /sys/fs/cgroup/memory/release_agent",
    )
    assert said.count("ermission denied") + said.count("not permitted") + said.count("ead-only") >= 6, said
    assert "\n0\n" in f"\n{said}\n"


async def test_volumes_are_mounted_where_asked_and_links_in_the_image_do_not_lead_out(
    runtime: OciRuntime, tmp_path: Path
) -> None:
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "hello").write_text("world")
    _, said = await run_script(
        runtime,
        "cat /a/b/hello; touch /a/b/x; echo done > /rw/y; cat /etc/hosts",
        mounts=(
            Mount(volume, "/a/b", read_only=True),
            Mount(volume, "/rw/../rw"),
            Mount(volume / "hello", "/etc/hosts", read_only=True),
        ),
    )
    assert said.count("world") == 2
    assert "Read-only" in said
    assert (volume / "y").read_text() == "done\n"


async def test_a_missing_volume_says_so(runtime: OciRuntime, tmp_path: Path) -> None:
    with pytest.raises(StartError, match="no such file or directory"):
        await run_script(runtime, "true", mounts=(Mount(tmp_path / "nosuch", "/data"),))


async def test_containers_of_a_sandbox_share_network_and_shared_memory(runtime: OciRuntime) -> None:
    show = "for n in net ipc pid; do readlink /proc/self/ns/$n; done; cat /dev/shm/note; echo hi > /dev/shm/note"
    _, first = await run_script(runtime, show)
    _, second = await run_script(runtime, show)
    assert first.splitlines()[:2] == second.splitlines()[:2]
    assert second.endswith("hi")
    assert os.readlink("/proc/self/ns/net") not in first


async def running(runtime: OciRuntime, script: str = "sleep 1000", **settings: object) -> ContainerStatus:
    await runtime.run_sandbox(SandboxConfig("s1", "web-0"))
    config = ContainerConfig("main", 0, IMAGE, command=("sh", "-c", script), **settings)  # type: ignore[arg-type]
    return await runtime.start_container("s1", config)


async def test_a_command_inside_sees_the_container_and_its_limits(runtime: OciRuntime) -> None:
    status = await running(runtime, resources=Resources(memory_limit_bytes=64 << 20))
    done = await runtime.exec_sync(status.id, ["sh", "-c", "hostname; cat /proc/self/cgroup; echo e >&2; exit 7"], 20)
    assert (done.exit_code, done.stderr) == (7, b"e\n")
    assert done.stdout.startswith(b"web-0\n")
    assert f"memory:/{CGROUP_ROOT}/{status.id}" in done.stdout.decode() or CGROUP_ROOT not in done.stdout.decode()


async def test_a_command_that_takes_too_long_is_killed(runtime: OciRuntime) -> None:
    status = await running(runtime)
    with pytest.raises(DeadlineExceeded):
        await runtime.exec_sync(status.id, ["sh", "-c", "sleep 4321 & sleep 4321"], 0.5)
    left = await runtime.exec_sync(status.id, ["ps"], 20)
    assert b"4321" not in left.stdout


async def test_a_missing_command_inside_is_told(runtime: OciRuntime) -> None:
    status = await running(runtime)
    done = await runtime.exec_sync(status.id, ["nosuch"], 20)
    assert done.exit_code != 0
    assert b"nosuch" in done.stderr


async def test_a_terminal_has_a_size_and_echoes(runtime: OciRuntime) -> None:
    status = await running(runtime)
    session = await runtime.exec(
        status.id, ["sh", "-c", "read x; stty size; echo got $x; exit 4"], tty=True, stdin=True
    )
    session.resize(100, 40)
    session.resize(0, 70000)
    await session.write_stdin(b"hello\n")
    said = b"".join([chunk async for _, chunk in session.output()])
    assert b"40 100\r\ngot hello\r\n" in said
    assert await session.wait() == 4
    await session.close()


async def test_input_is_fed_and_closed(runtime: OciRuntime) -> None:
    status = await running(runtime)
    session = await runtime.exec(status.id, ["wc", "-c"], stdin=True)
    await session.write_stdin(b"x" * 200_000)
    await session.write_stdin(b"")
    assert [pair async for pair in session.output()] == [("stdout", b"200000\n")]
    assert await session.wait() == 0
    await session.close()


async def test_a_client_that_vanishes_leaves_no_orphan(runtime: OciRuntime) -> None:
    status = await running(runtime)
    session = await runtime.exec(status.id, ["sh", "-c", "echo begun; sleep 9876; true"], stdin=True)
    async for _ in session.output():
        break
    await session.close()
    await session.close()
    assert b"9876" not in (await runtime.exec_sync(status.id, ["ps"], 20)).stdout


async def test_attaching_sees_output_and_feeds_input(runtime: OciRuntime) -> None:
    status = await running(runtime, "while read x; do echo got $x; done", stdin=True)
    session = await runtime.attach(status.id)
    await session.write_stdin(b"one\n")
    async for stream, chunk in session.output():
        assert (stream, chunk) == ("stdout", b"got one\n")
        break
    await session.close()
    assert (await runtime.container_status(status.id)).state is ContainerState.RUNNING


async def test_a_log_is_rotated_without_losing_lines(runtime: OciRuntime) -> None:
    status = await running(runtime, "read x; echo after; read y", stdin=True)
    status.log_path.rename(status.log_path.with_suffix(".1"))
    await runtime.reopen_log(status.id)
    session = await runtime.attach(status.id)
    await session.write_stdin(b"go\n")
    async for _ in session.output():
        break
    await session.close()
    await runtime.stop_container(status.id, 0)
    assert status.log_path.read_text().endswith("stdout F after\n")


async def test_a_stop_asks_first_and_kills_after_the_grace(runtime: OciRuntime) -> None:
    status = await running(runtime, SHELL["stubborn"])
    await runtime.stop_container(status.id, 0.3)
    after = await runtime.container_status(status.id)
    assert (after.exit_code, after.reason) == (137, "Error")
    assert after.finished_at_s - after.started_at_s >= 0.29


async def test_a_monitor_that_is_killed_takes_its_container_with_it(runtime: OciRuntime, tmp_path: Path) -> None:
    status = await running(runtime)
    monitor = int((tmp_path / "state" / "containers" / status.id / "monitor.pid").read_text())
    event = await next_exit(runtime, lambda: os.kill(monitor, signal.SIGKILL))
    assert (event.exit_code, event.reason) == (255, "ContainerStatusUnknown")


async def test_many_at_once_all_start_and_end(runtime: OciRuntime) -> None:
    await runtime.run_sandbox(SandboxConfig("s1", "web-0"))
    configs = [ContainerConfig(f"c{i}", 0, IMAGE, command=("sh", "-c", "exit 5")) for i in range(12)]
    events: asyncio.Queue[int] = asyncio.Queue()
    runtime.subscribe(lambda event: events.put_nowait(event.exit_code))
    await asyncio.gather(*(runtime.start_container("s1", config) for config in configs))
    assert [await events.get() for _ in configs] == [5] * 12


async def test_this_machines_python_runs_as_an_image(runtime: OciRuntime, images: ImageStore, tmp_path: Path) -> None:
    directory = tmp_path / "image"
    directory.mkdir()
    (directory / "main.py").write_text(
        "import asyncio, os, sqlite3, ssl, sys\n"
        "trusted = ssl.create_default_context().cert_store_stats()['x509_ca'] > 0\n"
        "sys.stdout.write(f'{os.getuid()} {sys.prefix} {trusted}\\n')\n"
    )
    (directory / "image.toml").write_text(
        'name = "python-demo:1"\nbase = "python"\nuser = "10001"\nworkdir = "/app"\n'
        'entrypoint = ["python", "main.py"]\n[[copy]]\nfrom = "main.py"\nto = "/app/"\n'
    )
    build_image(images, directory)
    await runtime.run_sandbox(SandboxConfig("s1", "web-0"))
    event = await next_exit(runtime, lambda: runtime.start_container("s1", ContainerConfig("main", 0, "python-demo:1")))
    status = await runtime.container_status(event.container_id)
    assert status.log_path.read_text().split(" ", 3)[3] == "10001 /usr/local True\n"
    assert event.exit_code == 0


async def test_after_a_restart_of_the_machine_containers_have_ended_and_sandboxes_are_gone(
    images: ImageStore, tmp_path: Path
) -> None:
    runtime = OciRuntime(tmp_path / "state", tmp_path / "run", images, SystemClock(), CGROUP_ROOT)
    await runtime.start()
    status = await running(runtime)
    await runtime.stop()
    for record in (tmp_path / "state").glob("*/*/record.json"):
        record.write_text(record.read_text().replace(boot_id(), "another-boot"))
    again = OciRuntime(tmp_path / "state", tmp_path / "run", images, SystemClock(), CGROUP_ROOT)
    ends: list[tuple[str, int]] = []
    again.subscribe(lambda event: ends.append((event.container_id, event.exit_code)))
    await again.start()
    assert ends == [(status.id, 255)]
    assert await again.list_sandboxes() == []
    await again.stop()
    assert leftovers(tmp_path / "state", tmp_path / "run") == []


async def test_a_container_among_the_processes_of_another_sees_them_and_leaves_them_alone(runtime: OciRuntime) -> None:
    for name in ("s1", "s2"):
        await runtime.run_sandbox(SandboxConfig(name, name))
    target = await runtime.start_container("s1", ContainerConfig("main", 0, IMAGE))

    def guest(attempt: int) -> ContainerConfig:
        script = "tr '\\0' ' ' < /proc/1/cmdline; sleep 77 & exit 3"
        return ContainerConfig("guest", attempt, IMAGE, command=("sh", "-c", script), processes_of=target.id)

    event = await next_exit(runtime, lambda: runtime.start_container("s1", guest(0)))
    status = await runtime.container_status(event.container_id)
    assert (event.exit_code, status.log_path.read_text().split()[3:]) == (3, ["sleep", "1000"])
    assert (await runtime.container_status(target.id)).state is ContainerState.RUNNING
    inside = await runtime.exec_sync(target.id, ("ps",), 5)
    assert b"sleep 77" not in inside.stdout, "what it has started ends with it"
    with pytest.raises(FailedPrecondition, match="another sandbox"):
        await runtime.start_container("s2", guest(1))
    await runtime.stop_container(target.id, 0)
    with pytest.raises(FailedPrecondition, match="is not running"):
        await runtime.start_container("s1", guest(1))
    assert len(await runtime.list_containers()) == 2


OWNER = """
import asyncio, sys
from pathlib import Path
from wherry.kit.clock import SystemClock
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import ContainerConfig, SandboxConfig
from wherry.runtime.oci.runtime import OciRuntime

async def main() -> None:
    state, run, store, root = sys.argv[1:]
    runtime = OciRuntime(Path(state), Path(run), ImageStore(Path(store)), SystemClock(), root)
    await runtime.start()
    await runtime.run_sandbox(SandboxConfig("s1", "web-0"))
    for name, script in (("stays", "sleep 1000"), ("ends", "read x; exit 9")):
        config = ContainerConfig(name, 0, "shell:1", command=("sh", "-c", script), stdin=True)
        status = await runtime.start_container("s1", config)
        print(status.id, status.pid, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_after_kill_9_a_new_process_finds_everything_as_it_is(images: ImageStore, tmp_path: Path) -> None:
    state, run = tmp_path / "state", tmp_path / "run"
    argv = [sys.executable, "-c", OWNER, str(state), str(run), str(images.directory), CGROUP_ROOT]
    owner = await process.spawn(argv, stdout=process.PIPE, env={"PYTHONPATH": ":".join(sys.path), "PATH": os.defpath})
    assert owner.stdout is not None
    stays_id, stays_pid = (await owner.stdout.readline()).decode().split()
    ends_id, ends_pid = (await owner.stdout.readline()).decode().split()
    owner.send_signal(signal.SIGKILL)
    await owner.wait()
    await owner.close()
    # It ends while nobody is there to see it.
    descriptor = os.pidfd_open(int(ends_pid))
    os.kill(int(ends_pid), signal.SIGHUP)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(descriptor, gone.set)
    os.kill(int(ends_pid), signal.SIGKILL)
    await gone.wait()
    asyncio.get_running_loop().remove_reader(descriptor)
    os.close(descriptor)

    runtime = OciRuntime(state, run, images, SystemClock(), CGROUP_ROOT)
    ends: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
    runtime.subscribe(lambda event: ends.put_nowait((event.container_id, event.exit_code)))
    await runtime.start()
    assert await ends.get() == (ends_id, 137)
    stays = await runtime.container_status(stays_id)
    assert (stays.state, stays.pid) == (ContainerState.RUNNING, int(stays_pid))
    assert (await runtime.exec_sync(stays_id, ["true"], 20)).exit_code == 0
    await runtime.stop_container(stays_id, 0)
    assert await ends.get() == (stays_id, 137)
    assert [s.id for s in await runtime.list_sandboxes()] == ["s1"]
    await runtime.remove_sandbox("s1")
    await runtime.stop()
    assert leftovers(state, run) == []
    assert list((state / "containers").iterdir()) == []
