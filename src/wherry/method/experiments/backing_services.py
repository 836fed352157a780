"""IV, live: a second database by configuration alone, the database away for a while, and whom the service talks to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.method.delivery.documents import reference
from wherry.method.delivery.waiting import Awaited
from wherry.method.evidence.observation import Observation, Weight
from wherry.method.experiments.experiment import Experiment, Place, is_fine, open_question, refuted, shown
from wherry.method.experiments.peers import watch_peers
from wherry.method.experiments.second_database import SecondDatabase, plan_second, prepare_second, start_second
from wherry.method.facts.manifests import section
from wherry.method.journey.play import Call, CannotCall, Play
from wherry.method.twins.kept_in_files import look_for_kept
from wherry.method.twins.twin import CannotTry, Twin, is_ready, restarts

AWAY_S = 5.0
NOTICE_S = 30.0
RETURN_S = 60.0
COPY = "other-database"


async def run(twin: Twin) -> list[Observation]:
    """Can another database be attached by settings, and can it go and come back by itself?"""
    databases = [entry for entry in twin.plan.backing if entry.get("kind") == "StatefulSet"]
    if not databases:
        return await _kept_inside(twin)
    (pod,) = await twin.scale(1)
    plan = plan_second(twin.plan.backing, twin.plan.settings, twin.environment())
    awaited = await start_second(twin, plan) if plan is not None else []
    # The second one starts meanwhile: nobody waits for it.
    found = await watch_peers(twin, pod.metadata.name)
    # One counter-example is enough: what comes later cannot change the verdict.
    if not _is_refuted(found):
        found += await _second(twin, plan, awaited)
    if not _is_refuted(found):
        found += await _confirmed_outage(twin, pod, databases)
    if is_fine(found):
        found.insert(0, shown(_summary(plan)))
    return found


def _is_refuted(found: Iterable[Observation]) -> bool:
    return any(entry.weight is Weight.AGAINST for entry in found)


async def _second(twin: Twin, plan: SecondDatabase | None, awaited: list[Awaited]) -> list[Observation]:
    if plan is None:
        return [
            open_question(
                "No setting names the database, so no other one can be attached by configuration.",
                "read the database's address from a variable, and set it in deploy/overlays",
            )
        ]
    if twin.journey is None:
        return [open_question("There is no journey that writes, so where rows go cannot be seen.")]
    await prepare_second(twin, plan, awaited)
    return await _attach(twin, plan)


def _summary(plan: SecondDatabase | None) -> str:
    changed = ", ".join(plan.changed) if plan is not None else ""
    return (
        f"By another {changed} alone the rows went into a second database, and none into the first. The database was"
        f" away for {AWAY_S:.0f} s: the service said that it was not ready, lived on, and works again."
    )


async def _kept_inside(twin: Twin) -> list[Observation]:
    """There is no database to exchange: look whether that is because the service keeps its rows in a file."""
    nothing = open_question("No database is part of the release, so none can be stopped or exchanged.")
    if twin.journey is None:
        return [nothing]
    (pod,) = await twin.scale(1)
    try:
        kept = await look_for_kept(twin, pod.metadata.name)
    except CannotCall:
        return [nothing]
    finally:
        # It has lost files: no other experiment meets it.
        await twin.remove(pod.metadata.name)
        _ = await twin.scale(1)
    if not kept.why:
        return [nothing]
    says = f"The rows are in a file of the copy ({kept.files[0]}): no setting attaches another database."
    return [refuted(says, "backing-services", fix="move the data into a database of its own, attached by a setting")]


async def _attach(twin: Twin, plan: SecondDatabase) -> list[Observation]:
    """Start a copy that is led to the second database, write through it, and look for the rows in both."""
    try:
        await twin.start_copy(COPY, list(plan.environment))
        try:
            _ = await twin.until_ready(COPY)
        except CannotTry as error:
            return [open_question(f"Led to a second database, {error}.")]
        copy = twin.pod_calls(COPY)
        played = await twin.play(copy)
        twin.note(f"A copy with another {', '.join(plan.changed)} played the journey.")
        if await _has_token(twin.calls, played):
            return [
                refuted(
                    f"Told by {', '.join(plan.changed)} to use a second database, the service wrote into the first.",
                    "backing-services",
                    fix="take the database's address from the settings, everywhere",
                )
            ]
        if played.trouble:
            return [open_question(f"With a second database the journey does not pass: {played.trouble}.")]
        if not await _has_token(copy, played):
            return [open_question("What was written cannot be read back, so where it went cannot be seen.")]
        return []
    finally:
        await twin.remove(COPY)


async def _has_token(call: Call, played: Play) -> bool:
    """Whether what a play has written can be read by asking here."""
    for path in played.reads:
        try:
            answer = await call("GET", path, None)
        except CannotCall:
            continue
        if played.token.encode() in answer.body:
            return True
    return False


async def _confirmed_outage(twin: Twin, pod: Pod, databases: list[Document]) -> list[Observation]:
    """Stop the database; only what happens twice speaks against the service: once, the machine may have been busy."""
    first = await _outage(twin, pod, databases)
    if not _is_refuted(first):
        return first
    (again,) = await twin.scale(1)
    second = await _outage(twin, again, databases)
    if _is_refuted(second):
        return second
    return [open_question("It was so when the database was stopped once, and not when it was stopped again."), *second]


async def _outage(twin: Twin, pod: Pod, databases: list[Document]) -> list[Observation]:
    """Stop the database for a while, counted from when it is gone; the service should notice meanwhile."""
    try:
        await _scale(twin, databases, 0)
        noticed, _ = await asyncio.gather(_notices(twin), _stay_away(twin, databases))
        twin.note(f"The database was stopped for {AWAY_S:.0f} s.")
    finally:
        await asyncio.shield(_scale(twin, databases, 1))
    found = [] if noticed else [open_question("While its database was away, the service still said that it was ready.")]
    return found + await _return(twin, pod)


async def _notices(twin: Twin) -> bool:
    """Whether the service says that it is not ready."""
    try:
        _ = await twin.until(
            lambda pods: bool(pods) and not any(map(is_ready, pods.values())),
            selector=twin.selector,
            timeout_s=NOTICE_S,
        )
    except CannotTry:
        return False
    return True


async def _stay_away(twin: Twin, databases: list[Document]) -> None:
    """Until no pod of the database is left, and then for as long as it shall be away."""
    for one in databases:
        chosen = section(one, "spec", "selector", "matchLabels")
        await twin.until_gone(",".join(f"{key}={value}" for key, value in chosen.items()))
    await twin.clock.sleep(AWAY_S)


async def _scale(twin: Twin, databases: list[Document], replicas: int) -> None:
    for one in databases:
        await twin.client.patch(STATEFUL_SETS, reference(one).name, {"spec": {"replicas": replicas}}, twin.namespace)


async def _return(twin: Twin, pod: Pod) -> list[Observation]:
    """The database is there again: is the service, by itself and without a new start?"""
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
    if after.metadata.uid != pod.metadata.uid or restarts(after) > restarts(pod):
        return [
            refuted(
                "The database went away for a moment, and the service was started anew: it died with it.",
                "backing-services",
                fix="answer 503 at /readyz while the database is away, and go on living",
            )
        ]
    if twin.journey is not None and (trouble := (await twin.play()).trouble):
        return [open_question(f"After the database came back, the journey does not pass: {trouble}.")]
    return []


BACKING_SERVICES = Experiment("backing-services", run, budget_s=150.0, place=Place.OWN)
