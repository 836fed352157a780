"""One of two copies is told to stop under load, with a slow request under way: what is lost, and how it ends."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from dataclasses import dataclass

import orjson

from wherry.api.core.pod import PODS, Pod
from wherry.kit.tasks import TaskScope
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.facts.manifests import section
from wherry.method.journey.script import Step, filled
from wherry.method.twins.load import steady_load
from wherry.method.twins.twin import CannotTry, Twin

REQUESTS_EACH_S = 20
KILLED, TERMINATED = 137, 143
WARM_S = 0.7
AFTER_S = 1.0
GRACE_S = 30
OK_MAX = 399


@dataclass(frozen=True, slots=True)
class Stop:
    """How a copy ended. `slow`: the status that the slow request got; None when there was none."""

    sent: int
    failed: tuple[str, ...]
    exit_code: int | None
    took_s: float
    grace_s: int
    slow: int | None = None
    slow_why: str = ""


async def stop_under_load(twin: Twin) -> Stop:
    """Have two copies and load, and tell one of them to stop."""
    victim, witness = await twin.scale(2)
    grace_s = victim.spec.termination_grace_period_seconds or GRACE_S
    name = victim.metadata.name
    async with steady_load(twin, REQUESTS_EACH_S) as load, TaskScope("slow") as scope:
        slow = scope.start("request", _slow_request(twin, victim, witness, grace_s))
        await twin.clock.sleep(WARM_S)
        began_s = twin.clock.monotonic_s()
        await twin.client.delete(PODS, name, twin.namespace)
        twin.note(f"{name} was told to stop while {REQUESTS_EACH_S} requests a second came in.")
        exit_code = await _exit_code(twin, name, grace_s + 10)
        took_s = twin.clock.monotonic_s() - began_s
        status, why = await slow
        await twin.clock.sleep(WARM_S)
    twin.note(f"It ended after {took_s:.1f} s with exit code {exit_code}; {len(load.failed)} of {load.sent} failed.")
    return Stop(load.sent, tuple(load.failed), exit_code, took_s, grace_s, status, why)


async def _slow_request(twin: Twin, victim: Pod, witness: Pod, grace_s: int) -> tuple[int | None, str]:
    """Half of a request before the stop, the other half after it; sent from the other copy."""
    step = _writing_step(twin)
    if step is None:
        return None, "no step of the journey sends a body"
    pause_s = WARM_S + _pre_stop_s(twin) + AFTER_S
    if pause_s > grace_s - 2:
        return None, f"the grace period of {grace_s} s is too short for it"
    body = orjson.dumps(filled(step.body, {"token": "slow"})).decode()
    arguments = (victim.status.pod_ip, str(twin.port), step.method, step.path, body, f"{pause_s:.1f}")
    found = await twin.look(witness.metadata.name, "slow_request", *arguments)
    if not isinstance(found, dict):
        return None, "no python3 in the image, or no exec"
    return int(found["status"]), str(found["why"])


def _writing_step(twin: Twin) -> Step | None:
    steps = twin.journey.steps if twin.journey is not None else ()
    return next((step for step in steps if step.body is not None and "${" not in step.path), None)


def _pre_stop_s(twin: Twin) -> float:
    seconds = section(twin.container, "lifecycle", "preStop", "sleep").get("seconds", 0)
    return float(seconds) if isinstance(seconds, int) else 0.0


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


def judge_end(stop: Stop) -> list[Observation]:
    """Whether it ended by itself and in time. Pure."""
    if stop.exit_code == KILLED or stop.took_s >= stop.grace_s:
        return [
            refuted(
                f"Told to stop, the service went on for all its grace period ({stop.grace_s} s) and had to be killed.",
                "disposability",
                fix="on SIGTERM take no new requests, finish those that are there, and exit",
            )
        ]
    if stop.exit_code is None:
        return [remark("The exit code could not be seen here.")]
    return [] if stop.exit_code in (0, TERMINATED) else [remark(f"It ended with exit code {stop.exit_code}.")]


def judge_losses(first: Stop, second: Stop | None, *, is_ours: bool) -> list[Observation]:
    """What got lost. One stop may be bad luck, so it takes two. Pure.

    Args:
        first: how the first stop went.
        second: how another one went; None when nothing was lost at first.
        is_ours: whether the cluster takes a pod out of its Services before it tells it to stop.
    """
    if first.slow is None:
        seen = [remark(f"A slow request could not be tried here ({first.slow_why}).")]
    else:
        seen = [remark(f"A slow request that was under way at the stop was answered with {first.slow}.")]
    if second is None:
        return seen
    lost = [_lost(stop) for stop in (first, second)]
    if all(lost) and is_ours:
        return [refuted(f"Told to stop, a copy loses requests: {lost[1]}.", "disposability",
                        fix="on SIGTERM finish the requests that are under way, and then exit")]  # fmt: skip
    why = "a second stop lost none" if not lost[1] else "it may be the cluster's race between leaving and stopping"
    return [
        open_question(f"While one of two copies stopped, {lost[0]}; {why}.", "add a preStop sleep of a second"),
        *seen,
    ]


def loses(stop: Stop) -> bool:
    """Whether anything got lost."""
    return bool(_lost(stop))


def _lost(stop: Stop) -> str:
    if stop.failed:
        return f"{len(stop.failed)} of {stop.sent} requests failed ({stop.failed[0]})"
    if stop.slow is not None and not 0 < stop.slow <= OK_MAX:
        return f"a slow request that was under way got no answer ({stop.slow_why or stop.slow})"
    return ""
