"""The story that the demonstration plays: each scene does something real, checks it, and says it.

Nothing is assumed: a scene that does not end as told raises Trouble, and the demonstration fails.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import wherry
from wherry.cli.demo.stage import Answer, Callers, Stage, kill, processes_of
from wherry.cli.launch import ANYTHING, start
from wherry.cli.output import Trouble, progress, say
from wherry.cli.running import running_pid
from wherry.kit.clock import Clock
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import ImageStatus

NAMESPACE = "orders-demo"
REPLICAS = 3
CALLS_MAX = 200


@dataclass(slots=True)
class Scenes:
    """What one scene hands to the next."""

    stage: Stage
    clock: Clock
    address: str = ""
    row_id: object = None
    row: Answer | None = None


def example_folder() -> Path:
    """The orders example: installed beside the package, or in the clone."""
    package = Path(wherry.__file__).parent
    for folder in (package / "examples" / "orders", package.parent.parent / "examples" / "orders"):
        if folder.is_dir():
            return folder
    raise Trouble("the orders example is not here", remedy="run the demonstration from a clone: make demo")


def require(condition: object, message: str) -> None:
    """Stop the demonstration when something is not as told."""
    if not condition:
        raise Trouble(message, remedy=f"wherry story -n {NAMESPACE} --tail 20")


async def build_images(scenes: Scenes) -> None:
    """Three images, no Docker: the database, release 1, and release 2 with one line of code changed."""
    from wherry.runtime.images.build import build_image

    store, folder = ImageStore(scenes.stage.data_dir.images), example_folder()
    for image in (
        build_image(store, folder / "database"),
        build_image(store, folder / "service"),
        _build_second_release(scenes, folder / "service"),
    ):
        say(f"    {image.tags[0]}: {image.size_bytes / 1e6:.0f} MB, {image.digest[:19]}...")


def _build_second_release(scenes: Scenes, service: Path) -> ImageStatus:
    from wherry.runtime.images.build import build_image

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "service"
        shutil.copytree(service, copy)
        code = (copy / "app.py").read_text()
        (copy / "app.py").write_text(code.replace('VERSION = "1"', 'VERSION = "2"'))
        return build_image(ImageStore(scenes.stage.data_dir.images), copy, tag="orders:2")


async def deploy(scenes: Scenes) -> None:
    """The application as plain Kubernetes manifests, applied with the real kubectl."""
    stage, manifests = scenes.stage, example_folder() / "manifests"
    await stage.kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found")
    await stage.kubectl(
        "apply", "-f", "-", text=f"{{apiVersion: v1, kind: Namespace, metadata: {{name: {NAMESPACE}}}}}"
    )
    await stage.kubectl("apply", "-f", str(manifests))
    await stage.kubectl("rollout", "status", "statefulset/orders-db", "--timeout=60s")
    await stage.kubectl("rollout", "status", "deployment/orders", "--timeout=60s")
    service = await stage.get("service", "orders")
    spec = service["spec"]
    assert isinstance(spec, dict)
    scenes.address = f"{spec['clusterIP']}:80"
    say(f"    Service orders answers at http://{scenes.address}; a pod says http://orders")


async def call_x(scenes: Scenes) -> None:
    """One call through the Service writes a row; another reads it back, and says where it ran."""
    written = await scenes.stage.call(scenes.address, "POST", "/x", {"item": "a wherry, painted blue"})
    require(written.status == 201, f"POST /x answered {written.status}: {written.body}")
    scenes.row_id = written.body["id"]
    scenes.row = await scenes.stage.call(scenes.address, "GET", f"/x/{scenes.row_id}")
    require(scenes.row.body.get("item") == "a wherry, painted blue", f"the row came back as {scenes.row.body}")
    say(f"    row {scenes.row_id}: {scenes.row.body['item']!r}")
    say(f"    it ran in container orders, in pod {scenes.row.pod}, on node {scenes.row.node}")


async def kill_container(scenes: Scenes) -> None:
    """Kill the program from outside, as a crash would: the node starts it again, in the same pod."""
    pod, container_id = (await _containers(scenes, "app=orders"))[0]
    pids = processes_of(container_id)
    require(pids, f"no process of container {container_id} found")
    kill(pids[0])
    await scenes.stage.kubectl(
        "wait", f"pod/{pod}", "--for=jsonpath={.status.containerStatuses[0].restartCount}=1", "--timeout=60s"
    )
    await scenes.stage.kubectl("wait", f"pod/{pod}", "--for=condition=Ready", "--timeout=60s")
    (again,) = [entry for entry in await _containers(scenes, "app=orders") if entry[0] == pod]
    require(again[1] != container_id, "the container is still the old one")
    say(f"    process {pids[0]} is gone; the node started process {processes_of(again[1])[0]} in the same pod {pod}")


async def delete_pod(scenes: Scenes) -> None:
    """Delete the pod: the masters see one too few and replace it."""
    before = (await _containers(scenes, "app=orders"))[0][0]
    await scenes.stage.kubectl("delete", "pod", before)
    await scenes.stage.kubectl("rollout", "status", "deployment/orders", "--timeout=60s")
    after = [pod for pod, _ in await _containers(scenes, "app=orders")]
    require(before not in after and after, f"pod {before} was not replaced: {after}")
    say(f"    {before} is gone, {after[0]} has taken its place")


async def scale_out(scenes: Scenes) -> None:
    """From one to three: all three answer."""
    await scenes.stage.kubectl("scale", "deployment/orders", f"--replicas={REPLICAS}")
    await scenes.stage.kubectl("rollout", "status", "deployment/orders", "--timeout=60s")
    seen: set[str] = set()
    for _ in range(CALLS_MAX):
        answer = await scenes.stage.call(scenes.address, "GET", f"/x/{scenes.row_id}")
        require(answer.status == 200, f"a call failed: {answer.body}")
        seen.add(answer.pod)
        if len(seen) == REPLICAS:
            break
    require(len(seen) == REPLICAS, f"only {len(seen)} of {REPLICAS} pods answered in {CALLS_MAX} calls")
    say(f"    answers came from {', '.join(sorted(seen))}")


async def roll_out(scenes: Scenes) -> None:
    """A new release while people use the old one: nobody notices."""
    old_pods = [f"pod/{pod}" for pod, _ in await _containers(scenes, "app=orders")]
    async with Callers(scenes.stage, scenes.clock, scenes.address, f"/x/{scenes.row_id}") as callers:
        await scenes.stage.kubectl("set", "image", "deployment/orders", "orders=orders:2")
        await scenes.stage.kubectl("rollout", "status", "deployment/orders", "--timeout=90s")
        await scenes.stage.kubectl("wait", "--for=delete", *old_pods, "--timeout=60s")
    answers = callers.answers
    failed = [answer for answer in answers if answer.status != 200]
    require(not failed, f"{len(failed)} of {len(answers)} requests failed, the first: {failed[:1]}")
    last = await scenes.stage.call(scenes.address, "GET", f"/x/{scenes.row_id}")
    require(last.version == "2", f"version {last.version} answers after the rollout")
    old = sum(answer.version == "1" for answer in answers)
    new = len(answers) - old
    say(f"    {len(answers)} requests meanwhile, 0 failed: {old} answered by release 1, {new} by release 2")


async def kill_masters(scenes: Scenes) -> None:
    """Kill Wherry itself with -9: the application goes on; Wherry comes back and takes it over as it is."""
    stage = scenes.stage
    before = {pod: processes_of(container) for pod, container in await _containers(scenes, "")}
    require(all(before.values()), f"not every container has a process: {before}")
    kill(running_pid(stage.data_dir))
    alone = await stage.call(scenes.address, "GET", f"/x/{scenes.row_id}")
    require(alone.status == 200, f"without its masters the application answered {alone.status}: {alone.body}")
    say("    without any master the application still answers")
    took_s = await start(stage.data_dir, ANYTHING)
    after = {pod: processes_of(container) for pod, container in await _containers(scenes, "")}
    require(after == before, f"the processes changed: {before} before, {after} after")
    row = await stage.call(scenes.address, "GET", f"/x/{scenes.row_id}")
    require(row.body.get("item") == (scenes.row.body.get("item") if scenes.row else None), f"the row is now {row.body}")
    count = sum(len(pids) for pids in after.values())
    say(f"    back after {took_s:.1f} s: {len(after)} pods with the same {count} process ids")
    say(f"    row {scenes.row_id} is still there")


async def _containers(scenes: Scenes, selector: str) -> list[tuple[str, str]]:
    """(pod, container id) of the application's running containers that are not being stopped, by pod name."""
    pods = (await scenes.stage.get("pods", "-l", selector) if selector else await scenes.stage.get("pods"))["items"]
    assert isinstance(pods, list)
    found = []
    for pod in pods:
        if pod["metadata"].get("deletionTimestamp") or pod["status"].get("phase") != "Running":
            continue
        found += [(pod["metadata"]["name"], status["containerID"]) for status in pod["status"]["containerStatuses"]]
    return sorted(found)


SCENES: tuple[tuple[str, str, Callable[[Scenes], Awaitable[None]]], ...] = (
    ("Images", "Build the application's images, without Docker and without a registry.", build_images),
    ("Deploy", "Hand the wish to the masters: one database, one service.", deploy),
    ("Use it", "Call the service's own API, /x, through its Kubernetes Service.", call_x),
    ("A crash", "Kill the container's process.", kill_container),
    ("A lost pod", "Delete the pod.", delete_pod),
    ("More load", "Scale from 1 to 3.", scale_out),
    ("A new release", "Roll out release 2 while it is in use.", roll_out),
    ("The masters die", "kill -9 Wherry itself, and start it again.", kill_masters),
)


async def play(stage: Stage, clock: Clock) -> None:
    """All scenes in order; stops at the first that does not end as told."""
    scenes = Scenes(stage, clock)
    for title, what, scene in SCENES:
        say(f"\n{title}. {what}")
        started_s = clock.monotonic_s()
        await scene(scenes)
        progress(title.lower(), (clock.monotonic_s() - started_s) * 1000)
