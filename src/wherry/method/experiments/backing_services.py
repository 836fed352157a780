"""IV, live: stop the database for a while; the service stays, says that it is not ready, and comes back by itself."""

from __future__ import annotations

from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.pod import Pod
from wherry.kit.clock import SystemClock
from wherry.method.delivery.documents import reference
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, shown
from wherry.method.experiments.journey import play
from wherry.method.experiments.twin import CannotTry, Twin, is_ready

AWAY_S = 5.0
NOTICE_S = 30.0
RETURN_S = 60.0


async def run(twin: Twin) -> list[Observation]:
    """Can the database go and come back without anybody touching the service?"""
    databases = [reference(entry).name for entry in twin.plan.backing if entry.get("kind") == "StatefulSet"]
    if not databases:
        return [open_question("No database is part of the release, so none can be stopped.")]
    (pod,) = await twin.scale(1)
    before = _restarts(pod)
    found: list[Observation] = []
    try:
        for name in databases:
            await twin.client.patch(STATEFUL_SETS, name, {"spec": {"replicas": 0}}, twin.namespace)
        try:
            _ = await twin.until(
                lambda pods: bool(pods) and not any(map(is_ready, pods.values())),
                selector=twin.selector,
                timeout_s=NOTICE_S,
            )
        except CannotTry:
            found.append(open_question("While its database was away, the service still said that it was ready."))
        await SystemClock().sleep(AWAY_S)
    finally:
        for name in databases:
            await twin.client.patch(STATEFUL_SETS, name, {"spec": {"replicas": 1}}, twin.namespace)
    try:
        back = await twin.until(
            lambda pods: bool(pods) and all(map(is_ready, pods.values())), selector=twin.selector, timeout_s=RETURN_S
        )
    except CannotTry:
        return [
            refuted(
                "The database went away for a moment, and the service did not come back by itself.",
                "backing-services",
                fix="open a new connection when the old one is broken",
            )
        ]
    after = next(iter(back.values()))
    if after.metadata.uid != pod.metadata.uid or _restarts(after) > before:
        return [
            refuted(
                "The database went away for a moment, and the service was started anew: it died with it.",
                "backing-services",
                fix="answer 503 at /readyz while the database is away, and go on living",
            )
        ]
    if twin.journey is not None:
        played = await play(twin.journey, twin.ask_service)
        if played.trouble:
            return [open_question(f"After the database came back, the journey does not pass: {played.trouble}.")]
    return found or [
        shown(
            f"The database was away for {AWAY_S:.0f} s: the service said that it was not ready, lived on,"
            " and works again."
        )
    ]


def _restarts(pod: Pod) -> int:
    return sum(status.restart_count for status in pod.status.container_statuses)


BACKING_SERVICES = Experiment("backing-services", run, budget_s=150.0)
