"""III, live: give the same image another value, and take each variable away in turn."""

from __future__ import annotations

import asyncio

from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.kit.clock import SystemClock
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.experiments.port_binding import without
from wherry.method.experiments.twin import CannotTry, Twin

STOP_S = 20.0
ANSWER_S = 20.0
STEP_S = 0.2
NAME = "other-config"
HTTP_OK = 200


async def run(twin: Twin) -> list[Observation]:
    """Does the release do what its settings say, and say so when one is missing?"""
    declared = twin.project.file.config
    if not declared:
        return [open_question("wherry.toml declares no settings ([config.NAME]), so there is nothing to change.")]
    environment = twin.environment()
    given = {str(entry.get("name")) for entry in environment}
    found = []
    missing = await asyncio.gather(*(_without(twin, environment, name) for name in declared if name in given))
    found += [entry for entry in missing if entry is not None]
    visible = [name for name, variable in declared.items() if variable.try_ and variable.at]
    for name in visible:
        found.append(await _with_other_value(twin, environment, name))
    if not visible:
        found.append(remark("No setting is declared to be visible (try, at, field), so none was changed."))
    if not any(entry.weight.value in ("against", "doubt", "failed") for entry in found):
        count = sum(name in given for name in declared)
        changed = f"another value of {', '.join(visible)} was to be seen at once; " if visible else ""
        found.insert(
            0, shown(f"Same image, other settings: {changed}without one of its {count} settings it stops and names it.")
        )
    return found


async def _without(twin: Twin, environment: list[Document], name: str) -> Observation | None:
    pod = f"without-{name.lower().replace('_', '-')}"
    try:
        await twin.start_copy(pod, without(environment, name))
        try:
            pods = await twin.until(_has_ended, name=pod, timeout_s=STOP_S)
        except CannotTry:
            return refuted(
                f"Without the setting {name} the service starts all the same, with a value that nobody has given.",
                "config",
                fix=f"stop at once when {name} is missing, and say so",
            )
        words = await twin.log(pod)
        if name not in words and pods:
            return refuted(
                f"Without the setting {name} the service stops, but does not say that {name} is missing.",
                "config",
                fix=f"name the missing setting: {name} is not set",
            )
        return None
    finally:
        await twin.remove(pod)


def _has_ended(pods: dict[str, Pod]) -> bool:
    return any(pod.status.phase in ("Succeeded", "Failed") for pod in pods.values())


async def _with_other_value(twin: Twin, environment: list[Document], name: str) -> Observation:
    variable = twin.project.file.config[name]
    try:
        await twin.start_copy(NAME, [*without(environment, name), {"name": name, "value": variable.try_}])
        base = f"/api/v1/namespaces/{twin.namespace}/pods/{NAME}:{twin.port}/proxy"
        clock = SystemClock()
        until_s = clock.monotonic_s() + ANSWER_S
        answer = await twin.ask(base, "GET", variable.at, None)
        while answer.status != HTTP_OK and clock.monotonic_s() < until_s:
            await clock.sleep(STEP_S)
            answer = await twin.ask(base, "GET", variable.at, None)
        if answer.status != HTTP_OK:
            return open_question(f"With another value of {name} the copy did not answer at {variable.at}.")
        seen = answer.body.get(variable.field) if isinstance(answer.body, dict) and variable.field else answer.body
        if str(seen) == variable.try_:
            return remark(f'{name}="{variable.try_}" was to be seen at {variable.at}.')
        return refuted(
            f'{name} was set to "{variable.try_}", but {variable.at} says "{str(seen)[:60]}": it is built in.',
            "config",
            fix=f"read {name} from the environment",
        )
    finally:
        await twin.remove(NAME)


CONFIG = Experiment("config", run, budget_s=120.0)
