"""IX, live: how fast a copy is there, and what gets lost when one is told to stop under load."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from wherry.api.core.pod import PODS
from wherry.kit.clock import SystemClock
from wherry.kit.tasks import TaskScope
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.experiments.journey import play
from wherry.method.experiments.twin import CannotTry, Twin

REQUEST_EVERY_S = 0.05
KILLED = 137
WARM_S = 1.0


@dataclass
class Load:
    """Requests one after another, and what came of them."""

    sent: int = 0
    failed: list[str] = field(default_factory=list)


async def run(twin: Twin) -> list[Observation]:
    """Is a copy there in seconds, and does it end without losing anything?"""
    clock = SystemClock()
    found: list[Observation] = []
    _ = await twin.scale(1)
    began_s = clock.monotonic_s()
    _ = await twin.scale(2)
    took_s = clock.monotonic_s() - began_s
    try:
        if took_s > twin.start_s_max:
            found.append(
                refuted(
                    f"A copy needs {took_s:.1f} s until it takes requests; {twin.start_s_max:.0f} s were agreed upon.",
                    "disposability",
                    fix="do less when starting: connect later, import less, build in the image",
                )
            )
        load, exit_code, stopping_s, grace_s = await _stop_under_load(twin, clock)
        found += _judge_stop(load, exit_code, stopping_s, grace_s)
    finally:
        _ = await twin.scale(1)
    if not any(entry.weight.value in ("against", "doubt") for entry in found):
        found.insert(
            0,
            shown(
                f"A copy takes requests after {took_s:.1f} s. Told to stop under load it ended by itself after"
                f" {stopping_s:.1f} s; 0 of {load.sent} requests failed."
            ),
        )
    return found


async def _stop_under_load(twin: Twin, clock: SystemClock) -> tuple[Load, int | None, float, int]:
    load = Load()
    pods = await twin.pods()
    victim = min(pods, key=lambda pod: pod.metadata.name)
    grace_s = victim.spec.termination_grace_period_seconds or 30
    exit_code: int | None = None
    async with TaskScope("load") as scope:
        task = scope.start("requests", _requests(twin, load, clock))
        await clock.sleep(WARM_S)
        began_s = clock.monotonic_s()
        await twin.client.delete(PODS, victim.metadata.name, twin.namespace)
        exit_code = await _exit_code(twin, victim.metadata.name, grace_s + 10)
        stopping_s = clock.monotonic_s() - began_s
        await clock.sleep(WARM_S / 2)
        task.cancel()
    return load, exit_code, stopping_s, grace_s


async def _requests(twin: Twin, load: Load, clock: SystemClock) -> None:
    while True:
        load.sent += 1
        if twin.journey is not None:
            played = await play(twin.journey, twin.ask_service)
            if played.trouble:
                load.failed.append(played.trouble)
        else:
            answer = await twin.ask_service("GET", "/", None)
            if answer.status in (0, 502, 503, 504):
                load.failed.append(str(answer.body))
        await clock.sleep(REQUEST_EVERY_S)


async def _exit_code(twin: Twin, pod: str, timeout_s: float) -> int | None:
    """The exit code of the service's container, seen just before its pod is gone."""
    code: int | None = None
    name = str(twin.container.get("name"))
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                events = twin.client.watch(PODS, twin.namespace, field_selector=f"metadata.name={pod}", timeout_s=60)
                async with aclosing(events):
                    async for event in events:
                        for status in event.object.status.container_statuses if event.object is not None else ():
                            ended = status.state.terminated if status.state is not None else None
                            if status.name == name and ended is not None:
                                code = ended.exit_code
                        if event.type == "DELETED":
                            return code
                if not (await twin.client.list(PODS, twin.namespace, field_selector=f"metadata.name={pod}")).items:
                    return code
    except TimeoutError as error:
        raise CannotTry(f"the pod {pod} was not gone within {timeout_s:.0f} s") from error


def _judge_stop(load: Load, exit_code: int | None, stopping_s: float, grace_s: int) -> list[Observation]:
    found: list[Observation] = []
    if exit_code == KILLED or stopping_s >= grace_s:
        found.append(
            refuted(
                f"Told to stop, the service went on for its whole grace period ({grace_s} s) and had to be killed.",
                "disposability",
                fix="on SIGTERM take no new requests, finish those that are there, and exit",
            )
        )
    elif exit_code is None:
        found.append(remark("The exit code could not be seen here."))
    elif exit_code not in (0, 143):
        found.append(remark(f"It ended with exit code {exit_code}."))
    if load.failed:
        found.append(
            open_question(
                f"While one of two copies stopped, {len(load.failed)} of {load.sent} requests failed"
                f" ({load.failed[0]}); it may be the cluster's race between leaving the Service and stopping.",
                "add a preStop sleep of a second, and finish open requests on SIGTERM",
            )
        )
    return found


DISPOSABILITY = Experiment("disposability", run, budget_s=120.0)
