"""How long a container takes to start and to go, beside what bare crun takes for the same.

Run as root: `python benchmarks/container_start.py`. Prints one JSON line; needs crun, conmon and busybox.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from wherry.kit.clock import SystemClock
from wherry.kit.process import Launch, run_blocking
from wherry.kit.threads import run_in_fresh_thread
from wherry.runtime.images.build import build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import ContainerConfig, Resources, SandboxConfig
from wherry.runtime.oci.privacy import enter_private_mounts
from wherry.runtime.oci.runtime import OciRuntime

ONE_BY_ONE = 30
AT_ONCE = 30
RESOURCES = Resources(cpu_shares=102, cpu_quota_us=50_000, memory_limit_bytes=64 << 20, pids_limit=200)


async def timed_ms(act: Callable[[], Awaitable[object]]) -> float:
    begun_s = time.perf_counter()
    await act()
    return (time.perf_counter() - begun_s) * 1000


async def bare_crun_ms(runtime: OciRuntime, image_root: Path, directory: Path) -> list[float]:
    """`crun run --detach` of the same program without cgroups, seccomp, log or exit code: the floor."""
    machine = runtime._ready()
    spec = {
        "ociVersion": "1.0.2",
        "process": {"args": ["sleep", "1000"], "cwd": "/", "env": ["PATH=/usr/bin"], "user": {"uid": 0, "gid": 0}},
        "root": {"path": str(image_root), "readonly": True},
        "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
        "linux": {"namespaces": [{"type": kind} for kind in ("pid", "ipc", "uts", "mount", "network")]},
    }
    (directory / "config.json").write_text(json.dumps(spec))

    def run_all() -> list[float]:
        enter_private_mounts(machine.layout)
        times = []
        for number in range(ONE_BY_ONE):
            begun_s = time.perf_counter()
            argv = machine.program.argv("run", "--detach", f"--bundle={directory}", f"floor{number}")
            # Not run_blocking: the container would keep its pipes open.
            Launch(argv).start().wait()
            times.append((time.perf_counter() - begun_s) * 1000)
            run_blocking(machine.program.argv("delete", "--force", f"floor{number}"), timeout_s=20)
        return times

    return await run_in_fresh_thread(run_all)


async def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        (directory / "image.toml").write_text(
            'name = "bench:1"\nbase = "programs"\nprograms = ["/usr/bin/busybox"]\nentrypoint = ["sleep", "1000"]\n'
        )
        store = ImageStore(directory / "images")
        image = build_image(store, directory)
        runtime = OciRuntime(directory / "state", directory / "run", store, SystemClock(), "wherry-bench")
        await runtime.start()
        (directory / "bundle").mkdir()
        root = directory / "bundle" / "root"
        for layer in image.layers:
            run_blocking(
                ["cp", "-a", f"{layer}/.", str(root)] if root.exists() else ["cp", "-a", str(layer), str(root)],
                timeout_s=60,
            )
        result: dict[str, float] = {}
        floor = await bare_crun_ms(runtime, root, directory / "bundle")
        sandboxes = [
            await timed_ms(lambda n=n: runtime.run_sandbox(SandboxConfig(f"s{n}", "h"))) for n in range(AT_ONCE)
        ]

        def config(name: str) -> ContainerConfig:
            return ContainerConfig(name, 0, "bench:1", resources=RESOURCES)

        starts = [await timed_ms(lambda n=n: runtime.start_container("s0", config(f"c{n}"))) for n in range(ONE_BY_ONE)]
        ids = [status.id for status in await runtime.list_containers()]
        execs = [await timed_ms(lambda: runtime.exec_sync(ids[0], ["true"], 20)) for _ in range(ONE_BY_ONE)]
        stops = [await timed_ms(lambda i=i: runtime.stop_container(i, 0)) for i in ids]
        removes = [await timed_ms(lambda i=i: runtime.remove_container(i)) for i in ids]
        at_once = await timed_ms(
            lambda: asyncio.gather(*(runtime.start_container(f"s{n}", config("c")) for n in range(AT_ONCE)))
        )
        teardown = await timed_ms(lambda: asyncio.gather(*(runtime.remove_sandbox(f"s{n}") for n in range(AT_ONCE))))
        await runtime.stop()
        for name, values in (
            ("crun run (floor)", floor),
            ("sandbox", sandboxes),
            ("start", starts),
            ("exec", execs),
            ("kill", stops),
            ("remove", removes),
        ):
            result[f"{name} p50 ms"] = round(statistics.median(values), 1)
            result[f"{name} p95 ms"] = round(sorted(values)[int(len(values) * 0.95)], 1)
        result[f"{AT_ONCE} starts at once ms"] = round(at_once, 1)
        result[f"{AT_ONCE} pods removed at once ms"] = round(teardown, 1)
        print(json.dumps(result, indent=1))


if __name__ == "__main__":
    asyncio.run(main())
