"""A release's images, brought to the registry that its manifests name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wherry.api.method.release import PinnedImage, Release
from wherry.cli.registries import make_pusher, own_keyring
from wherry.method.delivery.obtainable import has_registry
from wherry.method.delivery.refusal import CannotDeliver
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.reference import Reference, parse_reference


@dataclass(frozen=True, slots=True)
class Pushed:
    """The names under which images are in registries now, and the images that were not on this machine."""

    names: tuple[str, ...]
    missing: tuple[str, ...]


async def push_release(store: ImageStore, release: Release, on_each: Callable[[str], None]) -> Pushed:
    """Bring every image of a release to its registry; `on_each` hears the name of each that is there.

    Raises:
        CannotDeliver: the release names no registry, or its own image is not on this machine.
        RegistryFailure: a registry does not take an image.
    """
    wanted = [image for image in release.spec.images if has_registry(image.image)]
    if not wanted:
        raise CannotDeliver(
            f"the images of {release.name} have no registry in their names",
            f'name one for {release.spec.environment} in wherry.toml: registry = "..."; then release again',
            2,
        )
    pusher, names, missing = make_pusher(store), list[str](), list[str]()
    for image in wanted:
        found = store.find(f"x@{image.digest}")
        if found is None:
            missing.append(image.name)
            continue
        target = target_of(image, release.name)
        await pusher.push(found, target, await own_keyring(target))
        on_each(target.canonical)
        names.append(target.canonical)
    if not names:
        raise CannotDeliver(
            f"no image of {release.name} is on this machine: {', '.join(missing)}", "push it where it was built"
        )
    return Pushed(tuple(names), tuple(missing))


def target_of(image: PinnedImage, release: str) -> Reference:
    """Its repository in the registry, with the release as tag: registries delete what has no tag."""
    repository = parse_reference(image.image)
    return Reference(repository.registry, repository.path, release)
