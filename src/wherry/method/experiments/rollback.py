"""r1, then r2, then r1 again: the pods, the image and the answers must be those of r1."""

from __future__ import annotations

from wherry.api.core.pod import Pod
from wherry.apimachinery.document import Document
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark
from wherry.method.facts.manifests import items, pod_spec, section
from wherry.method.journey.play import CannotCall
from wherry.method.twins.comparing import Stable, first_difference, stable_answers
from wherry.method.twins.start import apply, until_applied
from wherry.method.twins.twin import Twin, image_digests

HASH = "pod-template-hash"
MARK = "WHERRY_PROVE"
TRIES = 5


async def roll_back(twin: Twin, before: Pod) -> list[Observation]:
    """Run another release over this one, and this one again."""
    stable, trouble = await _answers(twin)
    if trouble:
        return [open_question(f"Before the rollback the journey does not pass: {trouble}.")]
    await until_applied(twin, await apply(twin, (other_release(twin),)))
    (between,) = await twin.scale(1)
    if _hash(between) == _hash(before):
        return [open_question("Other settings made no other pods, so nothing was rolled back.")]
    twin.note("A release with one other setting took its place.")
    # What any new start changes already is no matter of the rollback (processes tells it).
    by_starting = await first_difference(twin.calls, stable, tries=TRIES)
    await until_applied(twin, await apply(twin, twin.plan.service))
    (after,) = await twin.scale(1)
    twin.note("The first release was run again.")
    if _hash(after) != _hash(before) or image_digests(after) != image_digests(before):
        return [_differs("its pods are not what they were")]
    if why := await first_difference(twin.calls, stable, tries=TRIES):
        if by_starting:
            return [open_question(f"A new start alone changes answers ({why}), so the rollback shows nothing.")]
        return [_differs(why)]
    count = len(stable)
    return [
        remark(f"After the rollback the pods have the same hash {_hash(before)}; {count} of {count} answers are equal.")
    ]


def other_release(twin: Twin) -> Document:
    """The same image with one more setting: what another release of the same code is."""
    visible = [(name, one.try_) for name, one in twin.project.file.config.items() if one.try_ and one.at]
    name, value = visible[0] if visible else (MARK, "r2")
    workload, own = twin.workload, twin.container
    env = [*(entry for entry in items(own, "env") if entry.get("name") != name), {"name": name, "value": value}]
    spec = pod_spec(workload)
    changed = [
        {**entry, "env": env} if entry.get("name") == own.get("name") else entry for entry in items(spec, "containers")
    ]
    outer = section(workload, "spec")
    template = {**section(outer, "template"), "spec": {**spec, "containers": changed}}
    return {**workload, "spec": {**outer, "template": template}}


async def _answers(twin: Twin) -> tuple[list[Stable], str]:
    if twin.journey is None:
        return [], ""
    played = await twin.play()
    if played.trouble:
        return [], played.trouble
    try:
        return await stable_answers(twin.calls, played.reads), ""
    except CannotCall as error:
        return [], str(error)


def _hash(pod: Pod) -> str:
    return pod.metadata.labels.get(HASH, "")


def _differs(why: str) -> Observation:
    return refuted(
        f"Rolled back to the release before, the service is not what it was: {why}.",
        "build-release-run",
        fix="keep what a release needs in its image and its settings; let migrations only add",
    )
