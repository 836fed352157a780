"""The stage `promote`: the same image goes to the next environment, past the gate."""

from __future__ import annotations

from wherry.api.method.release import RUNNING, PinnedImage, Release
from wherry.cli.delivery.release_stage import checked_source
from wherry.cli.delivery.releasing import Released, Releasing, repository_of
from wherry.cli.delivery.run_stage import place_of
from wherry.cli.delivery.whereabouts import say_how_the_image_gets_there
from wherry.cli.output import note
from wherry.cli.programs import kubectl_path
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.provenance import Provenance
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.done.standard import leave_standard
from wherry.method.gate import gate
from wherry.method.project import Project
from wherry.runtime.images.image_store import ImageStore


async def promote(
    project: Project, clusters: Clusters, store: ImageStore, origin: str, target: str, *, allow_dirty: bool
) -> Released:
    """Make the release for `target` of what runs in `origin`. Raises CannotDeliver, also (4) for the gate's reasons."""
    _check_names(project, origin, target)
    place = await place_of(clusters, project, origin)
    running = next((one for one in place.releases if one.status.state == RUNNING), None)
    if running is None:
        raise CannotDeliver(
            f"nothing of {project.name} runs in {origin}, so there is nothing to promote", f"wherry run --in {origin}"
        )
    passage = await gate(project, running, target, client=place.client, clusters=clusters, kubectl=kubectl_path())
    for words in passage.silent:
        note(f"   {words}")
    if passage.reasons:
        raise CannotDeliver(
            f"{running.name} may not go to {target} yet: " + "; ".join(passage.reasons),
            f"wherry done --in {origin} shows what is missing",
            4,
        )
    if passage.without:
        note(f"   {running.name} goes to {target} without: {', '.join(passage.without)}.")
        note(f"   wherry done --in {origin} says what to do.")
    source = await checked_source(project, allow_dirty=allow_dirty, command=f"wherry promote {origin} {target}")
    say_how_the_image_gets_there(project, clusters, target, running.name)
    releasing = Releasing(project, clusters, store, kubectl_path())
    order = releasing.order(
        target, _image_of(running), _origin_of(running), revision=source.revision, uncommitted=bool(source.changed)
    )
    known = {image.name: _plain(image) for image in running.spec.images}
    released = await releasing.release(order, await releasing.render(target), known)
    if passage.standard is not None:
        there = project.environment(target)
        client = clusters.client(project, there)
        _ = await leave_standard(client, there.namespace, project.name, passage.standard)
    return released


def _check_names(project: Project, origin: str, target: str) -> None:
    # Both must exist; NotAProject says which ones do.
    for name in (origin, target):
        _ = project.environment(name)
    if origin == target:
        raise CannotDeliver(f"from {origin} to {target} is no way to go", "name two environments", 2)


def _image_of(release: Release) -> PinnedImage:
    spec = release.spec
    found = next((image for image in spec.images if image.digest == spec.digest), None)
    name = repository_of(found.name if found is not None else spec.image)
    return _plain(PinnedImage(name=name, image=spec.image, digest=spec.digest))


def _plain(image: PinnedImage) -> PinnedImage:
    """The image under its own name, without the registry of the environment that it comes from."""
    return PinnedImage(name=image.name, image=f"{repository_of(image.name)}@{image.digest}", digest=image.digest)


def _origin_of(release: Release) -> Provenance:
    spec = release.spec
    return Provenance(
        repository=spec.source,
        revision=spec.revision,
        created=spec.image_created_at,
        version=spec.version,
        uncommitted=spec.uncommitted,
    )
