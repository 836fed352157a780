"""V, live: a release refuses to be changed, starts without the internet, can be rolled back, and stays as it is."""

from __future__ import annotations

from wherry.api.core.configmap import CONFIG_MAPS
from wherry.api.method.release import RELEASES
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.method.delivery.immutability import NOT_KEPT, keeps_rules
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, is_fine, open_question, refuted, remark, shown
from wherry.method.experiments.fenced_in import start_fenced_in
from wherry.method.experiments.rollback import roll_back
from wherry.method.twins.twin import Twin, image_digests

MERGE = "application/merge-patch+json"


async def run(twin: Twin) -> list[Observation]:
    """Is what runs what was released, and does it stay so?"""
    found = [await _try_to_change(twin, path, change) for path, change in _changes(twin)]
    found += await start_fenced_in(twin)
    (pod,) = await twin.scale(1)
    if twin.journey is not None:
        _ = await twin.play()
    found += await _files_changed(twin, pod.metadata.name)
    if twin.release.spec.digest not in image_digests(pod):
        found.append(remark("The node names the image by another digest than the release does."))
    found += await roll_back(twin, pod)
    if is_fine(found):
        found.insert(
            0,
            shown(
                "The cluster refuses to change the release. It starts with a way to its declared services only, no file"
                " of it changed while it ran, and after a rollback it is what it was, answer by answer."
            ),
        )
    return found


async def _files_changed(twin: Twin, pod: str) -> list[Observation]:
    changed = await twin.look(pod, "changes")
    if not isinstance(changed, list):
        return [open_question("The files in the container cannot be seen here (no python3 in the image, or no exec).")]
    if not changed:
        return []
    return [
        refuted(
            f"While it ran, {changed[0]} changed: what runs is no longer what was released.",
            "build-release-run",
            fix="make it when the image is built, or keep it in a database",
        )
    ]


def _changes(twin: Twin) -> list[tuple[str, bytes]]:
    """What must be refused: another number of the release, other manifests of it."""
    release = twin.release
    found = [(RELEASES.url(release.metadata.namespace, release.name), b'{"spec":{"number":999999}}')]
    if release.spec.manifests_from:
        path = CONFIG_MAPS.url(release.metadata.namespace, release.spec.manifests_from)
        found.append((path, b'{"data":{"manifests":"changed"}}'))
    return found


async def _try_to_change(twin: Twin, path: str, change: bytes) -> Observation:
    """Ask for a change of what may not change, as a dry run: nobody's release is at risk."""
    twin.note("It was tried to change the release (as a dry run).")
    try:
        await twin.client.request("PATCH", path, "dryRun=All", change, content_type=MERGE)
    except Forbidden:
        return remark("You may not change releases here at all.")
    except StatusError as error:
        return remark(f"A change of the release was refused: {error.message[:200].rstrip('.')}.")
    if not await keeps_rules(twin.client):
        return open_question(NOT_KEPT)
    return refuted(
        "The cluster lets a release be changed after it was made.",
        "build-release-run",
        fix="install the definition of releases again: wherry release does",
    )


BUILD_RELEASE_RUN = Experiment("build-release-run", run, budget_s=150.0)
