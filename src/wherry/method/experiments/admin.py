"""XII, live: the migration ran as a Job from the very image of the release, and disturbed nobody."""

from __future__ import annotations

from wherry.api.core.pod import PODS
from wherry.method.delivery.migration import migration_job, migration_name
from wherry.method.delivery.waiting import Waiting
from wherry.method.evidence.observation import Method, Observation, Weight
from wherry.method.experiments.experiment import Experiment, open_question, refuted, shown
from wherry.method.experiments.twin import MIGRATE_S, Twin
from wherry.method.facts.manifests import section


async def run(twin: Twin) -> list[Observation]:
    """Run the task once more beside the running service: from the same image, with the same settings."""
    job = migration_job(twin.release, twin.plan.service)
    if job is None:
        return [Observation(Weight.NOT_APPLICABLE, "The release has no one-off task.", method=Method.LIVE)]
    (pod,) = await twin.scale(1)
    name = f"{migration_name(twin.release)}-again"
    metadata = {key: value for key, value in section(job, "metadata").items() if key != "ownerReferences"}
    jobs = await twin.kinds.find("batch/v1", "Job")
    await twin.client.create(jobs, {**job, "metadata": {**metadata, "name": name}}, twin.namespace)
    waiting = Waiting(twin.client, twin.namespace, twin.service, twin.release.name, twin.say)
    if not await waiting.until_finished(jobs, name, MIGRATE_S):
        return [
            refuted(
                f"The task fails when it is run a second time: {(await waiting.job_words(name))[:160]}",
                "admin",
                fix="let the task find out what is done already",
            )
        ]
    ran = (await twin.client.list(PODS, twin.namespace, label_selector=f"batch.kubernetes.io/job-name={name}")).items
    images = {status.image_id for one in ran for status in one.status.container_statuses}
    own = {status.image_id for status in pod.status.container_statuses}
    if images and not images <= own:
        return [
            refuted("The task ran from another image than the service.", "admin", fix="run it from the release's image")
        ]
    (after,) = await twin.scale(1)
    if after.metadata.uid != pod.metadata.uid:
        return [open_question("The service was started anew while the task ran.")]
    words = " ".join(twin.release.spec.migrate)
    return [shown(f'"{words}" ran as a Job from the image of the release, twice, and the service did not notice.')]


ADMIN = Experiment("admin", run, budget_s=90.0)
