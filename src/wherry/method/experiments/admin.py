"""XII, live: the tasks run as Jobs from the very image of the release, have their effect, and disturb nobody."""

from __future__ import annotations

import secrets

from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.method.delivery.migration import migration_job, migration_name
from wherry.method.evidence.observation import Method, Observation, Weight
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.facts.manifests import items, pod_spec, section
from wherry.method.twins.start import run_job
from wherry.method.twins.twin import Twin, image_digests, restarts


async def run(twin: Twin) -> list[Observation]:
    """Run the tasks beside the running service: from the same image, with the same settings."""
    job = migration_job(twin.release, twin.plan.service)
    if job is None:
        return [_nothing_tried(list(twin.project.file.admin))]
    (pod,) = await twin.scale(1)
    words = " ".join(twin.release.spec.migrate)
    # An experiment is made again when it failed beside others, in the same twin: its Jobs are other ones then.
    again = f"-again-{secrets.token_hex(2)}"
    if why := await run_job(twin, job, suffix=again):
        return [
            refuted(
                f"The task fails when it is run a second time: {why[:160]}",
                "admin",
                fix="let the task find out what is done already",
            )
        ]
    twin.note(f'"{words}" was run once more as a Job, beside the running service.')
    found = await _same_image(twin, f"{migration_name(twin.release)}{again}", image_digests(pod))
    found += _same_settings(twin, job)
    found += await _other_tasks(twin, job, again)
    (after,) = await twin.scale(1)
    if after.metadata.uid != pod.metadata.uid or restarts(after) > restarts(pod):
        found.append(open_question("The service was started anew while the task ran."))
    if twin.journey is not None and (trouble := (await twin.play()).trouble):
        found.append(open_question(f"After the tasks the journey does not pass: {trouble}."))
    if is_fine(found):
        effect = "Only by it the tables are there that the journey needs. " if twin.journey is not None else ""
        found.insert(
            0,
            shown(
                f'"{words}" ran as a Job from the image of the release, with its settings, twice. {effect}The service'
                " did not notice."
            ),
        )
    return found


def _nothing_tried(declared: list[str]) -> Observation:
    """What is true of a release that migrates nothing: its other tasks may do anything, so none is run by itself."""
    if not declared:
        return Observation(Weight.NOT_APPLICABLE, "The release has no one-off task.", method=Method.LIVE)
    return remark(
        f"Declared, and not tried: {', '.join(declared)}. A task is run only in a release with a migration, which makes"
        " the tables that it may need."
    )


async def _same_image(twin: Twin, job: str, own: set[str]) -> list[Observation]:
    ran = (await twin.client.list(PODS, twin.namespace, label_selector=f"batch.kubernetes.io/job-name={job}")).items
    images = set().union(*map(image_digests, ran))
    if not images:
        return [open_question("The task's pod is gone already, so its image cannot be seen.")]
    if images <= own:
        return []
    return [
        refuted("The task ran from another image than the service.", "admin", fix="run it from the release's image")
    ]


def _same_settings(twin: Twin, job: Document) -> list[Observation]:
    """Whether the task's variables come from where the service's come from."""
    (container,) = items(section(job, "spec", "template", "spec"), "containers")
    own = twin.container
    if all(container.get(key) == own.get(key) for key in ("env", "envFrom")):
        return []
    return [open_question("The task has other variables than the service.", "give both the same env and envFrom")]


async def _other_tasks(twin: Twin, job: Document, suffix: str) -> list[Observation]:
    """The other tasks of wherry.toml that need no words of their own."""
    found = []
    for name, command in twin.project.file.admin.items():
        if tuple(command) == tuple(twin.release.spec.migrate):
            continue
        why = await run_job(twin, _with_command(job, command), suffix=f"{suffix}-{name}")
        ended = f"alone ends with: {why[:120]}" if why else "ran as a Job, and succeeded."
        found.append(remark(f"The task {name} {ended}"))
    return found


def _with_command(job: Document, command: tuple[str, ...]) -> Document:
    spec = pod_spec(job)
    changed = [{**entry, "command": list(command)} for entry in items(spec, "containers")]
    outer = section(job, "spec")
    template = section(outer, "template")
    return {**job, "spec": {**outer, "template": {**template, "spec": {**spec, "containers": changed}}}}


ADMIN = Experiment("admin", run, budget_s=120.0)
