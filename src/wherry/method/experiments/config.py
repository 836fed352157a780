"""III, live: give the same image another value, and take each variable away in turn."""

from __future__ import annotations

import asyncio
import contextlib

from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.experiments.port_binding import without
from wherry.method.journey.play import Answer, CannotCall
from wherry.method.twins.twin import CannotTry, Twin, image_digests

# Many copies start at once, on a machine that may be busy: who decides sooner is not waited for.
DECIDE_S = 45.0
HTTP_OK = 200


async def run(twin: Twin) -> list[Observation]:
    """Does the release do what its settings say, and say so when one is missing?"""
    declared = twin.project.file.config
    if not declared:
        return [open_question("wherry.toml declares no settings ([config.NAME]), so there is nothing to change.")]
    environment = twin.environment()
    given = {str(entry.get("name")) for entry in environment}
    visible = [name for name, variable in declared.items() if variable.try_ and variable.at]
    tried = await asyncio.gather(
        *(_without(twin, environment, name) for name in declared if name in given),
        *(_with_other_value(twin, environment, name) for name in visible),
    )
    found = [entry for entry in tried if entry is not None]
    if not visible:
        found.append(remark("No setting is declared to be visible (try, at, field), so none was changed."))
    if is_fine(found):
        count = sum(name in given for name in declared)
        changed = f"another value of {', '.join(visible)} was to be seen at once; " if visible else ""
        found.insert(
            0, shown(f"Same image, other settings: {changed}without one of its {count} settings it stops and names it.")
        )
    return found


async def _without(twin: Twin, environment: list[Document], name: str) -> Observation | None:
    pod = f"without-{_in_a_name(name)}"
    try:
        await twin.start_copy(pod, without(environment, name))
        with contextlib.suppress(CannotTry):
            _ = await twin.until(lambda found: _has_decided(twin, found), name=pod, timeout_s=DECIDE_S)
        (found,) = (await twin.until(bool, name=pod)).values()
        twin.note(f"A copy was started without {name}: it {'ended' if twin.has_ended(found) else 'went on'}.")
        if not twin.has_ended(found):
            return _went_on(name, _works(found, twin.container))
        if name not in await twin.log(pod):
            return refuted(
                f"Without the setting {name} the service stops, but does not say that {name} is missing.",
                "config",
                fix=f"name the missing setting: {name} is not set",
            )
        return None
    finally:
        await twin.remove(pod)


def _went_on(name: str, works: bool | None) -> Observation:
    """A slow start is no silent default: only a copy that works, or that nobody can ask, speaks against it."""
    if works is False:
        return open_question(f"Without the setting {name} a copy neither stops nor works within {DECIDE_S:.0f} s.")
    return refuted(
        f"Without the setting {name} the service starts all the same, with a value that nobody has given.",
        "config",
        fix=f"stop at once when {name} is missing, and say so",
    )


def _has_decided(twin: Twin, pods: dict[str, Pod]) -> bool:
    """Whether the copy has ended, or has come so far that it works."""
    return any(twin.has_ended(pod) or _works(pod, twin.container) for pod in pods.values())


def _works(pod: Pod, container: Document) -> bool | None:
    """Whether the container's own probes say that it works; None when it has none."""
    status = next((one for one in pod.status.container_statuses if one.name == container.get("name")), None)
    if "startupProbe" in container:
        return status is not None and bool(status.started)
    if "readinessProbe" in container:
        return status is not None and status.ready
    return None


async def _with_other_value(twin: Twin, environment: list[Document], name: str) -> Observation:
    variable = twin.project.file.config[name]
    pod = f"other-{_in_a_name(name)}"
    try:
        await twin.start_copy(pod, [*without(environment, name), {"name": name, "value": variable.try_}])
        answer = await _answer(twin, pod, variable.at)
        if answer is None:
            return open_question(f"With another value of {name} the copy did not answer at {variable.at}.")
        twin.note(f'A copy was started with {name}="{variable.try_}", and {variable.at} was asked.')
        said = answer.said
        seen = said.get(variable.field) if isinstance(said, dict) and variable.field else said
        if str(seen) != variable.try_:
            return refuted(
                f'{name} was set to "{variable.try_}", but {variable.at} says "{str(seen)[:60]}": it is built in.',
                "config",
                fix=f"read {name} from the environment",
            )
        (copy,) = (await twin.until(bool, name=pod)).values()
        (own,) = await twin.scale(1)
        if image_digests(copy) != image_digests(own):
            return open_question(f"The copy with another {name} ran another image.")
        return remark(f'{name}="{variable.try_}" was to be seen at {variable.at}, from the same image.')
    finally:
        await twin.remove(pod)


def _in_a_name(variable: str) -> str:
    return variable.lower().replace("_", "-")


async def _answer(twin: Twin, pod: str, path: str) -> Answer | None:
    """What the copy answers as soon as it takes requests; None when it does not come to that."""
    try:
        _ = await twin.until_ready(pod, timeout_s=DECIDE_S)
        answer = await twin.pod_calls(pod)("GET", path, None)
    except (CannotTry, CannotCall):
        return None
    return answer if answer.status == HTTP_OK else None


CONFIG = Experiment("config", run, budget_s=120.0)
