"""I, live: check the release's commit out into an empty folder, build it, and compare the digests."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from wherry.api.method.release import Release
from wherry.cli.delivery.building import image_folder
from wherry.cli.rebuilt_difference import Difference, compare_images
from wherry.kit.process import run
from wherry.kit.threads import run_in_thread
from wherry.method.delivery.provenance import labels_of
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.source import read_source
from wherry.method.done.repeating import prove_command
from wherry.method.evidence.observation import Observation
from wherry.method.experiments.experiment import open_question, refuted, remark, shown
from wherry.method.project import Project
from wherry.runtime.images.build import Stamp, build_image
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.interface import RuntimeFailure

GIT = ("git", "-c", "safe.directory=*", "-c", "core.hooksPath=/dev/null")
GIT_S = 60.0


async def rebuild(project: Project, release: Release, store: ImageStore) -> list[Observation]:
    """Does the recorded commit give the image that runs?"""
    if release.spec.uncommitted:
        return [
            refuted(
                f"{release.name} was built with changes that no commit has: nobody can build it again.",
                "codebase",
                fix="git add --all && git commit, then wherry build && wherry release",
            )
        ]
    revision = release.spec.revision
    if not revision:
        return [open_question("The release does not say which commit it was built from.", "build it by `wherry build`")]
    with tempfile.TemporaryDirectory(prefix="wherry-rebuild-") as scratch:
        folder = await check_out(project.root, revision, Path(scratch) / "checkout")
        if isinstance(folder, Observation):
            return [folder]
        try:
            place = folder / image_folder(project).relative_to(project.root)
            return await _build_and_compare(place, release, store)
        except PermissionError as error:
            return [
                open_question(f"Images cannot be built here: {error}.", f"sudo {prove_command('codebase', release)}")
            ]
        except (CannotDeliver, RuntimeFailure) as error:
            return [
                refuted(
                    f"The commit {revision[:12]} alone cannot be built: {error}.",
                    "codebase",
                    fix="commit what is missing",
                )
            ]


async def check_out(root: Path, revision: str, target: Path) -> Path | Observation:
    """Clone the whole repository of a service's folder at a commit; the same folder in the clone, or why there is none.

    A repository may hold several services, each in a folder of its own, and git clones nothing but the whole.
    """
    asked = await run([*GIT, "rev-parse", "--show-toplevel", "--show-prefix"], timeout_s=GIT_S, cwd=root)
    top, _, inside = os.fsdecode(asked.stdout).rstrip("\n").partition("\n")
    if asked.exit_code:
        return open_question(f"{root} is in no git repository: {asked.message()[:120]}.")
    done = await run([*GIT, "clone", "--quiet", "--no-checkout", top, str(target)], timeout_s=GIT_S)
    if done.exit_code == 0:
        done = await run([*GIT, "checkout", "--quiet", "--detach", revision], timeout_s=GIT_S, cwd=target)
    if done.exit_code:
        return open_question(f"The commit {revision[:12]} is not in this repository: {done.message()[:120]}.")
    # The clone's own origin is this folder; the image's label names the origin of the repository.
    origin = await run([*GIT, "remote", "get-url", "origin"], timeout_s=GIT_S, cwd=root)
    url = os.fsdecode(origin.stdout).strip()
    change = ("remove", "origin") if origin.exit_code else ("set-url", "origin", url)
    await run([*GIT, "remote", *change], timeout_s=GIT_S, cwd=target)
    folder = target / inside
    if not folder.is_dir():
        return open_question(
            f"The commit {revision[:12]} has no folder {inside.rstrip('/')}: it is from before a move."
        )
    return folder


async def _build_and_compare(folder: Path, release: Release, store: ImageStore) -> list[Observation]:
    """Build under a name of its own, which moves nobody's tag, compare, and forget the image again."""
    source = await read_source(folder)
    name = f"{release.spec.service}-rebuilt:{source.revision[:12]}"
    stamp = Stamp(labels=labels_of(source, uncommitted=False), created=source.committed_at, names=[name])
    image = await run_in_thread(build_image, store, folder, stamp=stamp)
    try:
        released = store.find(release.spec.digest)
        if image.digest == release.spec.digest or released is None:
            return judge_rebuilt(release, image.digest, None)
        return judge_rebuilt(release, image.digest, await run_in_thread(compare_images, released, image))
    finally:
        await run_in_thread(store.remove_blocking, name)


def judge_rebuilt(release: Release, digest: str, difference: Difference | None) -> list[Observation]:
    """What another build of the same commit says. Pure.

    Args:
        release: what was released.
        digest: what the build gave.
        difference: of their files; None when they are the same, or the released image is not here.
    """
    commit = f"Commit {release.spec.revision[:12]}"
    if digest == release.spec.digest:
        return [shown(f"{commit}, built in an empty folder, gives the very image that was released.")]
    built = remark(f"Released {release.spec.digest[7:19]}, built {digest[7:19]}.")
    if difference is None:
        return [open_question("Built again, the commit gives another image, and the released one is not here."), built]
    if difference.code:
        return [
            refuted(
                f"{commit} does not give what was released: {difference.code} is another in the image.",
                "codebase",
                fix="commit everything that goes into the image, and release from a clean checkout",
            ),
            built,
        ]
    if difference.other:
        other = f"({difference.other} differs); the base may be another by now"
        return [open_question(f"Built again, the commit gives the same code on another base {other}."), built]
    return [shown(f"{commit}, built in an empty folder, gives the same files; only times differ."), built]
