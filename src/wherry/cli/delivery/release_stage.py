"""The stage `release`: which image, which configuration, and whether both are in a commit."""

from __future__ import annotations

from wherry.api.method.release import PinnedImage
from wherry.cli.delivery.building import NEWEST, image_folder, image_repository
from wherry.cli.delivery.releasing import Released, Releasing, pinned
from wherry.cli.output import note
from wherry.cli.programs import kubectl_path
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.provenance import SHORT_CHARS, Provenance, named, provenance
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.source import Source, changed_between, read_source
from wherry.method.project import Project
from wherry.runtime.images.build import copied_paths, read_image_file
from wherry.runtime.images.image_store import ImageStore


async def make_release(
    project: Project, clusters: Clusters, store: ImageStore, environment: str, *, image: str | None, allow_dirty: bool
) -> Released:
    """Make the release of an image (the newest build, if not named) for an environment. Raises CannotDeliver."""
    releasing = Releasing(project, clusters, store, kubectl_path())
    source = await checked_source(project, allow_dirty=allow_dirty, command="wherry release")
    chosen, origin = find_image(project, store, image)
    if image is None and not origin.uncommitted:
        await _say_if_older(project, origin, source)
    order = releasing.order(environment, chosen, origin, revision=source.revision, uncommitted=bool(source.changed))
    return await releasing.release(order, await releasing.render(environment))


async def checked_source(project: Project, *, allow_dirty: bool, command: str) -> Source:
    """What the configuration comes from; refuses (4) changes that are in no commit."""
    source = await read_source(project.root)
    if source.changed and not allow_dirty:
        raise CannotDeliver(
            f"there are changes that are in no commit ({named(source.changed)}), "
            "and a release must be something that one can come back to",
            f"git add --all && git commit, or take them along knowingly: {command} --allow-dirty",
            4,
        )
    return source


def find_image(project: Project, store: ImageStore, name: str | None) -> tuple[PinnedImage, Provenance]:
    """The project's image of this name or digest, or its newest build. Raises CannotDeliver."""
    repository = image_repository(image_folder(project), project.name)
    found = store.find(name or f"{repository}:{NEWEST}")
    if found is None:
        what = f"there is no image {name}" if name else f"{project.name} has not been built yet"
        raise CannotDeliver(f"{what} on this machine", "wherry build")
    made = pinned(store, f"{repository}@{found.digest}")
    assert made is not None, "found a moment ago"
    return PinnedImage(name=repository, image=made.image, digest=found.digest), provenance(found.config.labels)


async def _say_if_older(project: Project, origin: Provenance, source: Source) -> None:
    """A build of another commit is fine when only the configuration has changed since; else it is said."""
    if origin.revision in ("", source.revision):
        return
    folder = image_folder(project)
    paths = copied_paths(read_image_file(folder))
    if await changed_between(folder, origin.revision, source.revision, paths):
        note(
            f"   The newest build is of commit {origin.revision[:SHORT_CHARS]}, and the code has changed since; "
            "for a newer one: wherry build"
        )
