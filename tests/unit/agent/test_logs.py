from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from pathlib import Path

import msgspec
import pytest

from wherry.agent.log_files import CHECK_AFTER_S, LogFiles, LogRotation, rotated
from wherry.agent.log_lines import LogOptions
from wherry.agent.log_reader import BLOCK_BYTES, read_log, tail_offset
from wherry.agent.pod_directory import PodDirectory
from wherry.api.core.container import Container
from wherry.api.core.pod import Pod
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope


def line(text: str, second: int = 0, stream: str = "stdout", tag: str = "F") -> str:
    return f"2026-11-23T07:00:{second:02}.000000001Z {stream} {tag} {text}\n"


async def read(path: Path, *, has_ended: bool = True, **options: object) -> bytes:
    ended = asyncio.Event()
    if has_ended:
        ended.set()
    return b"".join([piece async for piece in read_log(path, LogOptions(**options), ended)])  # type: ignore[arg-type]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "0.log"
    path.write_text(line("one", 1) + line("two", 2, "stderr") + line("thr", 3, tag="P") + line("ee", 3))
    return path


async def test_lines_come_without_their_frame_and_parts_are_joined(log: Path) -> None:
    assert await read(log) == b"one\ntwo\nthree\n"


async def test_times_are_shown_once_per_line(log: Path) -> None:
    text = await read(log, timestamps=True)
    assert text.splitlines()[2] == b"2026-11-23T07:00:03.000000001Z three"


async def test_times_end_with_z_whichever_monitor_wrote_them(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    path.write_text("2026-11-23T07:00:03.000000001+00:00 stdout F at +00:00\n")
    assert await read(path, timestamps=True) == b"2026-11-23T07:00:03.000000001Z at +00:00\n"


@pytest.mark.parametrize(
    ("count", "expected"), [(0, b""), (1, b"ee\n"), (3, b"two\nthree\n"), (99, b"one\ntwo\nthree\n")]
)
async def test_the_last_lines(log: Path, count: int, expected: bytes) -> None:
    assert await read(log, tail_lines=count) == expected


async def test_lines_since_a_time_of_one_stream_or_up_to_a_size(log: Path) -> None:
    from wherry.apimachinery.timestamps import parse_time

    assert await read(log, since_s=parse_time("2026-11-23T07:00:02Z")) == b"two\nthree\n"
    assert await read(log, stream="Stderr") == b"two\n"
    assert await read(log, limit_bytes=5) == b"one\nt"


async def test_a_missing_log_is_empty(tmp_path: Path) -> None:
    assert await read(tmp_path / "none.log") == b""


async def test_the_tail_of_a_long_log_is_found_block_by_block(tmp_path: Path) -> None:
    path = tmp_path / "0.log"
    path.write_text("".join(line(f"{number:0200}") for number in range(3 * BLOCK_BYTES // 230)))
    text = await read(path, tail_lines=700)
    assert len(text.splitlines()) == 700
    with path.open("rb") as stream:
        assert tail_offset(stream, 10**6) == 0


class Follower:
    def __init__(self, path: Path) -> None:
        self.ended = asyncio.Event()
        self.pieces: AsyncGenerator[bytes, None] = read_log(path, LogOptions(follow=True), self.ended)

    async def next(self) -> bytes:
        return await asyncio.wait_for(anext(self.pieces), 5)


def append(path: Path, text: str) -> None:
    with path.open("a") as stream:
        stream.write(text)


async def test_following_waits_for_more_and_ends_with_the_container(log: Path) -> None:
    follower = Follower(log)
    assert await follower.next() == b"one\ntwo\nthree\n"
    append(log, line("four"))
    assert await follower.next() == b"four\n"
    append(log, line("last words"))
    follower.ended.set()
    assert await follower.next() == b"last words\n"
    with pytest.raises(StopAsyncIteration):
        await follower.next()


def rotate(log: Path) -> None:
    log.rename(log.with_name("0.log.1"))
    log.write_text(line("new"))


async def test_following_goes_on_in_the_file_after_a_rotation(log: Path) -> None:
    follower = Follower(log)
    await follower.next()
    append(log, line("old"))
    rotate(log)
    assert await follower.next() == b"old\n"
    assert await follower.next() == b"new\n"
    await follower.pieces.aclose()


async def test_a_log_that_grew_too_big_is_rotated_and_old_ones_go(tmp_path: Path, clock: FakeClock) -> None:
    path = tmp_path / "0.log"
    path.touch()
    reopened: list[str] = []
    checked = asyncio.Event()

    async def reopen(container_id: str) -> None:
        reopened.append(container_id)
        path.touch()
        checked.set()

    async with TaskScope("test") as scope:
        rotation = LogRotation(scope, clock, reopen, max_bytes=100, max_files=3)
        rotation.add("c-0", path)
        for _ in range(4):
            checked.clear()
            append(path, line("x" * 200))
            await asyncio.wait_for(advance_until(clock, checked), 5)
            await settle()
        rotation.discard("c-0")
        rotation.close()
    assert reopened == ["c-0"] * 4
    assert len(rotated(path)) == 2


async def advance_until(clock: FakeClock, done: asyncio.Event) -> None:
    """The kernel's word comes in real time, so look again after every turn of the loop."""
    while not done.is_set():
        await settle(5)
        await clock.advance(CHECK_AFTER_S)


def pod() -> Pod:
    meta = {"name": "web", "namespace": "shop", "uid": "u1"}
    return msgspec.convert({"metadata": meta, "spec": {"containers": []}}, Pod)


def test_logs_of_older_runs_are_pruned(tmp_path: Path) -> None:
    logs = LogFiles(tmp_path)
    for attempt in (0, 1, 2, 10):
        logs.path(pod(), "c", attempt).touch()
    assert logs.attempts(pod(), "c") == [0, 1, 2, 10]
    logs.prune(pod(), "c", 2)
    assert logs.attempts(pod(), "c") == [2, 10]
    assert (tmp_path / "shop_web_u1" / "c" / "10.log").exists()


def test_last_words_come_from_the_file_or_after_an_error_from_the_log(tmp_path: Path) -> None:
    directory = PodDirectory(tmp_path / "pod", LogFiles(tmp_path / "logs"))
    container = Container(name="c", termination_message_policy="FallbackToLogsOnError")
    path = tmp_path / "0.log"
    path.write_text(line("before") + line("it broke"))
    directory.prepare_mounts(pod(), container, 0)
    assert directory.last_words(container, 0, 0, path) == ""
    assert directory.last_words(container, 0, 1, path) == "before\nit broke\n"
    (tmp_path / "pod" / "containers" / "c" / "0").write_text("because")
    assert directory.last_words(container, 0, 1, path) == "because"
    assert directory.last_words(Container(name="c"), 5, 1, path) == ""


def test_a_containers_own_mounts_win_over_the_usual_ones(tmp_path: Path) -> None:
    directory = PodDirectory(tmp_path / "pod", LogFiles(tmp_path / "logs"))
    mounts = directory.prepare_mounts(pod(), Container(name="c", termination_message_path="/bye"), 0)
    assert {mount.container_path for mount in mounts} == {"/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/bye"}
    document = {"name": "c", "volumeMounts": [{"name": "v", "mountPath": "/etc/hosts"}]}
    mounts = directory.prepare_mounts(pod(), msgspec.convert(document, Container), 0)
    assert "/etc/hosts" not in {mount.container_path for mount in mounts}
