from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from wherry.kit import process
from wherry.kit.linux.pidfd import identify, wait_for_end

PY = sys.executable


async def test_a_program_gives_its_output_and_exit_code() -> None:
    done = await process.run(["/bin/sh", "-c", "echo out; echo err >&2; exit 3"], timeout_s=10)
    assert (done.exit_code, done.stdout, done.stderr) == (3, b"out\n", b"err\n")
    assert done.message() == "err"


async def test_input_reaches_the_program_and_ends() -> None:
    done = await process.run(["cat"], input=b"x" * 300_000, timeout_s=10)
    assert done.stdout == b"x" * 300_000


async def test_a_program_that_does_not_read_its_input_does_no_harm() -> None:
    done = await process.run(["true"], input=b"x" * 300_000, timeout_s=10)
    assert done.exit_code == 0


async def test_a_signal_is_a_negative_exit_code() -> None:
    done = await process.run(["/bin/sh", "-c", "kill -TERM $$"], timeout_s=10)
    assert done.exit_code == -signal.SIGTERM


async def test_too_slow_a_program_is_killed_with_its_children(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    with pytest.raises(TimeoutError):
        await process.run(["/bin/sh", "-c", f"sleep 100 & echo $! > {pid_file}; wait"], timeout_s=0.3)
    # The kernel may still be at it; without the kill it would take 100 seconds.
    if (child := identify(int(pid_file.read_text()))) is not None:
        await asyncio.wait_for(wait_for_end(child), timeout=10)


async def test_an_unknown_program_is_not_found() -> None:
    with pytest.raises(FileNotFoundError):
        await process.run(["/nonexistent/program"], timeout_s=1)


async def test_the_environment_is_exactly_what_is_given() -> None:
    done = await process.run(["/usr/bin/env"], env={"A": "b c"}, timeout_s=10)
    assert done.stdout == b"A=b c\n"


async def test_a_long_running_program_can_be_talked_to_and_closed() -> None:
    running = await process.spawn(["cat"], stdin=process.PIPE, stdout=process.PIPE)
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(b"ping\n")
    assert await running.stdout.readline() == b"ping\n"
    assert running.exit_code is None
    await running.close()
    await running.close()
    assert running.exit_code == -signal.SIGKILL


async def test_many_ends_at_once_are_all_noticed() -> None:
    many = [await process.spawn(["sleep", "100"]) for _ in range(20)]
    for running in many:
        running.send_signal(signal.SIGTERM)
    assert await asyncio.gather(*(running.wait() for running in many)) == [-signal.SIGTERM] * 20


async def test_no_descriptor_is_left_behind() -> None:
    await process.run(["true"], input=b"x", timeout_s=10)
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await process.run(["true"], input=b"x", timeout_s=10)
    await asyncio.to_thread(lambda: None)
    assert len(os.listdir("/proc/self/fd")) <= before


async def test_enter_is_called_on_another_thread_than_ours() -> None:
    import threading

    seen: list[int] = []
    running = await process.spawn(["true"], enter=lambda: seen.append(threading.get_ident()))
    assert await running.wait() == 0
    assert seen != [threading.get_ident()]


def test_a_blocking_run_ends_in_time() -> None:
    assert process.run_blocking(["echo", "hello"], timeout_s=10).stdout == b"hello\n"
    with pytest.raises(TimeoutError):
        process.run_blocking(["sleep", "100"], timeout_s=0.1)


def test_a_program_is_found_where_the_path_of_a_user_does_not_lead(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own, system = tmp_path / "own", tmp_path / "system"
    for folder in (own, system):
        folder.mkdir()
    for program in (own / "crun", system / "crun", system / "nft"):
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(own))
    monkeypatch.setattr(process, "PROGRAM_FOLDERS", (str(system),))
    assert process.find_program("crun") == str(own / "crun")
    assert process.find_program("nft") == str(system / "nft")
    assert process.find_program("nosuch") is None
