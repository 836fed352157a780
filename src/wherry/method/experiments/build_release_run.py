"""V, live: a release refuses to be changed, and nothing in the image changes while it runs."""

from __future__ import annotations

from wherry.api.method.release import RELEASES
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import Experiment, open_question, refuted, remark, shown
from wherry.method.experiments.journey import play
from wherry.method.experiments.twin import Twin

CHANGED = """
import os, sys
started = os.stat('/proc/1').st_mtime
for top in sys.argv[1:] or ['/app', '/opt/deps']:
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            try:
                if os.stat(path).st_mtime >= started and not name.endswith('.pyc'):
                    print(path)
            except OSError:
                pass
"""


async def run(twin: Twin) -> list[Observation]:
    """Is what runs what was released, and does it stay so?"""
    found = [await _try_to_change(twin)]
    (pod,) = await twin.scale(1)
    if twin.journey is not None:
        _ = await play(twin.journey, twin.ask_service)
    done = await twin.execute(pod.metadata.name, CHANGED)
    if done is None:
        found.append(
            open_question("The files in the container cannot be seen here (no python3 in the image, or no exec).")
        )
    elif changed := done.stdout.decode().split("\n")[0]:
        found.append(
            refuted(
                f"While it ran, {changed} changed: what runs is no longer what was released.",
                "build-release-run",
                fix="make it when the image is built, or keep it in a database",
            )
        )
    running = {status.image_id.rpartition("@")[2] for status in pod.status.container_statuses}
    if twin.release.spec.digest not in running and running:
        found.append(remark("The node names the image by another digest than the release does."))
    if not any(entry.weight.value in ("against", "doubt") for entry in found):
        found.insert(0, shown("The cluster refuses to change the release, and no file of it changed while it ran."))
    return found


async def _try_to_change(twin: Twin) -> Observation:
    """Ask for a change of an immutable field, as a dry run: nobody's release is at risk."""
    release = twin.release
    path = RELEASES.url(release.metadata.namespace, release.name)
    try:
        await twin.client.request(
            "PATCH", path, "dryRun=All", b'{"spec":{"number":999999}}', content_type="application/merge-patch+json"
        )
    except Forbidden:
        return remark("You may not change releases here at all.")
    except StatusError as error:
        return remark(f"A change of the release was refused: {error.message[:120]}.")
    return refuted(
        "The cluster lets a release be changed after it was made.",
        "build-release-run",
        fix="install the definition of releases again: wherry release does",
    )


BUILD_RELEASE_RUN = Experiment("build-release-run", run)
