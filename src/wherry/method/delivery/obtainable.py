"""Whether another cluster's nodes can have a release's images: said before it runs, and not after a timeout.

An image that was built here is there when its name has a registry to fetch it from, or when a node lists it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from wherry.api.core.node import NODES, Node
from wherry.api.method.release import PinnedImage, Release
from wherry.apimachinery.errors import Forbidden
from wherry.client.client import Client
from wherry.method.delivery.refusal import CannotDeliver

LISTED_WITHIN_S = 11.0
"""A kubelet looks every 10 s what images it has."""
IMAGES_LISTED_MAX = 50
"""So many images a node lists (the kubelet's nodeStatusMaxImages); one with so many may have more."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where an image is: the nodes that list it, those that do not, and those that cannot be asked."""

    image: PinnedImage
    on: tuple[str, ...]
    not_on: tuple[str, ...]
    unknown: tuple[str, ...]


def has_registry(image: str) -> bool:
    """Whether an image's name says from where it can be fetched."""
    host, slash, _ = image.partition("/")
    return bool(slash) and ("." in host or ":" in host or host == "localhost")


def find_images(images: Iterable[PinnedImage], nodes: Sequence[Node]) -> list[Whereabouts]:
    """The images without a registry, and on which nodes they are. Pure."""
    return [_look_for(image, nodes) for image in images if not has_registry(image.image)]


def _look_for(image: PinnedImage, nodes: Sequence[Node]) -> Whereabouts:
    on, not_on, unknown = [], [], []
    for node in nodes:
        listed = node.status.images
        if any(image.digest in name for one in listed for name in one.names):
            on.append(node.metadata.name)
        elif 0 < len(listed) < IMAGES_LISTED_MAX and not any(
            _is_of(image, name) for one in listed for name in one.names
        ):
            not_on.append(node.metadata.name)
        else:
            unknown.append(node.metadata.name)
    return Whereabouts(image, tuple(on), tuple(not_on), tuple(unknown))


def _is_of(image: PinnedImage, name: str) -> bool:
    """Whether a node lists an image of the same repository: it may be this one, under a tag alone."""
    repository = image.image.partition("@")[0]
    return f"/{name.partition('@')[0].rpartition(':')[0]}".endswith(f"/{repository}")


def _gone(images: Iterable[PinnedImage], nodes: Sequence[Node]) -> list[PinnedImage]:
    found = find_images(images, nodes)
    return [one.image for one in found if one.not_on and not one.on and not one.unknown]


async def _a_little_later(client: Client, images: Sequence[PinnedImage], nodes: Sequence[Node]) -> list[Node]:
    """The nodes when they have had the time to list what has just come to them."""
    known = {node.metadata.name: node for node in nodes}
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LISTED_WITHIN_S), aclosing(client.watch(NODES)) as events:
            async for event in events:
                if event.object is not None:
                    known[event.object.metadata.name] = event.object
                if event.type == "MODIFIED" and not _gone(images, [*known.values()]):
                    break
    return [*known.values()]


async def check_images(client: Client, release: Release) -> tuple[str, ...]:
    """Sentences about images that may be missing. Raises CannotDeliver when one surely is."""
    images = [image for image in release.spec.images if not has_registry(image.image)]
    if not images:
        return ()
    try:
        nodes = (await client.list(NODES)).items
    except Forbidden:
        return (f"You may not see the nodes there, so nobody knows whether they have {_listed(images)}.",)
    if _gone(images, nodes):
        nodes = await _a_little_later(client, images, nodes)
    if gone := _gone(images, nodes):
        raise CannotDeliver(
            f"no node of that cluster has {_listed(gone)}, and without a registry in the name no node can fetch it",
            'name one in wherry.toml (registry = "..."), release again and bring it there with `wherry push`; '
            f"or bring the file to every node: wherry export {release.name} FILE",
        )
    found = find_images(images, nodes)
    return tuple(sentence for one in found for sentence in _sentences(one))


def _sentences(found: Whereabouts) -> Iterator[str]:
    name = found.image.name
    if found.on and found.not_on:
        yield f"{name} is on {', '.join(found.on)} and not on {', '.join(found.not_on)}: there no pod of it can start."
    if found.unknown and not found.on:
        nodes = ", ".join(found.unknown)
        yield f"Whether {nodes} has {name}, it does not say: if not, no pod of it can start."


def _listed(images: Sequence[PinnedImage]) -> str:
    return ", ".join(image.image.partition("@")[0] for image in images)
