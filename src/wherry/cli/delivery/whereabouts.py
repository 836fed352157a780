"""What another cluster needs so that a release can run on it, said as soon as it is known."""

from __future__ import annotations

from wherry.api.method.release import Release
from wherry.cli.output import note
from wherry.client.client import Client
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.immutability import NOT_KEPT, can_be_changed
from wherry.method.delivery.obtainable import check_images
from wherry.method.project import Project


def say_how_the_image_gets_there(project: Project, clusters: Clusters, target: str, release: str) -> None:
    """Who brings the image, and how, where this machine's images are not those of the nodes."""
    environment = project.environment(target)
    if environment.registry:
        note(f"   {target} takes the image from {environment.registry}; you bring it there: wherry push {release}")
    elif clusters.is_elsewhere(project, environment):
        note(
            f"   {target} is on another cluster, and wherry.toml names no registry for it: its nodes must have the "
            f"image already. wherry export {release} FILE; its README says how any node takes it."
        )


async def check_before_running(client: Client, release: Release) -> None:
    """Whether another cluster's nodes can have the images; what may be missing is said. Raises CannotDeliver."""
    for sentence in await check_images(client, release):
        note(f"   {sentence}")


async def say_if_it_can_be_changed(client: Client, release: Release) -> None:
    """A release is worth as much as its promise never to change; where a cluster does not keep it, that is said."""
    if await can_be_changed(client, release):
        note(f"   {NOT_KEPT}")
