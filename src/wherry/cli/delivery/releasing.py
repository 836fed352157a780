"""From an image and an overlay to a numbered release."""

from __future__ import annotations

import getpass
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from wherry.api.method.release import RUNNING, PinnedImage, Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.apimachinery.timestamps import format_time
from wherry.cli.delivery.run_stage import releases_elsewhere
from wherry.cli.output import note
from wherry.client.client import Client
from wherry.kit.threads import run_in_thread
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.composing import Order, compose, in_registry
from wherry.method.delivery.ledger import Ledger, ensure_namespace, find_same, list_in
from wherry.method.delivery.overlay import render, settle
from wherry.method.delivery.provenance import Provenance
from wherry.method.delivery.requester import requester
from wherry.method.delivery.run_plan import current_release
from wherry.method.delivery.stamping import Pin, unpinned_images
from wherry.method.journey.keeping import keep_journeys
from wherry.method.project import Environment, Project
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.reference import InvalidReference, familiar_name, parse_reference


@dataclass(frozen=True, slots=True)
class Released:
    """A release, whether it was there before, the one before it, and the one told to run last in its environment."""

    release: Release
    is_new: bool
    before: Release | None
    current: Release | None

    @property
    def is_current(self) -> bool:
        """Whether it runs already, and nothing else was tried since."""
        current = self.current
        return current is not None and current.name == self.release.name and current.status.state == RUNNING


@dataclass(frozen=True, slots=True)
class Releasing:
    """Makes releases of one project."""

    project: Project
    clusters: Clusters
    store: ImageStore
    kubectl: Path

    async def render(self, name: str) -> list[Document]:
        """An environment's manifests."""
        environment = self.project.environment(name)
        documents = await render(self.kubectl, self.project.root / environment.overlay)
        return settle(documents, name, environment.namespace)

    def order(self, name: str, image: PinnedImage, origin: Provenance, *, revision: str, uncommitted: bool) -> Order:
        """What is to be released for an environment."""
        environment = self.project.environment(name)
        return Order(
            service=self.project.name,
            environment=name,
            namespace=environment.namespace,
            image=in_registry(image, environment.registry),
            origin=origin,
            config_revision=revision,
            uncommitted=uncommitted or origin.uncommitted,
            migrate=self.project.file.admin.get("migrate", ()),
            team=self.project.file.team,
        )

    async def release(
        self, order: Order, documents: list[Document], known: Mapping[str, PinnedImage] | None = None
    ) -> Released:
        """The release of an order; the one that is there when nothing in it is new.

        `known` are images that an earlier release has pinned under these names.
        """
        environment = self.project.environment(order.environment)
        client = self.clusters.client(self.project, environment)
        content = compose(order, documents, self._pin(order, environment, known or {}))
        _, others = await releases_elsewhere(
            self.clusters, self.project, order.environment, "its releases are not counted"
        )
        ledger = Ledger(client, order.service, others, self.project.namespaces)
        known_here = await list_in(client, order.namespace, order.service)
        here = [one for one in known_here if one.spec.environment == order.environment]
        if await ensure_namespace(client, order.namespace, order.service, order.environment):
            note(f"   The namespace {order.namespace} was not there; it is now the environment {order.environment}.")
        await self._keep_journeys(client, order)
        same = find_same(here, order.environment, content.hash)
        if same is not None:
            return Released(same, is_new=False, before=None, current=current_release(here))
        made = await ledger.add(content, await requester(client, getpass.getuser()), format_time(time.time()))
        await run_in_thread(self._keep_images, made)
        if unpinned := unpinned_images(content.documents):
            note(
                f"   {made.name} knows {', '.join(unpinned)} by name only, because no such image is on this machine: "
                "what it runs may change. To pin it: wherry image build or import, then wherry release"
            )
        return Released(made, is_new=True, before=here[-1] if here else None, current=current_release(here))

    async def _keep_journeys(self, client: Client, order: Order) -> None:
        """They are for showing: a release does not fail for want of them."""
        try:
            _ = await keep_journeys(client, order.namespace, order.service, self.project.root)
        except StatusError as error:
            note(f"   The journeys could not be kept in the cluster: {error.message}")

    def _pin(self, order: Order, environment: Environment, known: Mapping[str, PinnedImage]) -> Pin:
        own = repository_of(order.image.name)

        def pin(name: str) -> PinnedImage | None:
            if repository_of(name) == own:
                return (
                    order.image
                    if name == order.image.name
                    else PinnedImage(name=name, image=order.image.image, digest=order.image.digest)
                )
            found = known.get(name) or pinned(self.store, name)
            return None if found is None else in_registry(found, environment.registry)

        return pin

    def _keep_images(self, release: Release) -> None:
        """Give the images a name that no newer build takes away: what is released can be run again."""
        with self.store.writing():
            for image in release.spec.images:
                if self.store.find(f"x@{image.digest}") is not None:
                    self.store.add_names(image.digest, [kept_name(image, release.name)])


def kept_name(image: PinnedImage, release: str) -> str:
    """The name that keeps an image for a release: orders:orders-r7."""
    return f"{repository_of(image.name)}:{release}"


def repository_of(name: str) -> str:
    """An image's name without tag and digest, as short as people write it."""
    try:
        reference = parse_reference(name)
    except InvalidReference:
        return name
    return familiar_name(f"{reference.repository}:x").removesuffix(":x")


def pinned(store: ImageStore, name: str) -> PinnedImage | None:
    """An image that is on this machine, by its digest."""
    found = store.find(name)
    return (
        None
        if found is None
        else PinnedImage(name=name, image=f"{repository_of(name)}@{found.digest}", digest=found.digest)
    )
