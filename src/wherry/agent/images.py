"""Whether a container's image is here, and getting it when it is not."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from wherry.agent.pod_events import ImageFailed, ImageReady
from wherry.api.core.container import Container
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.runtime.images.reference import InvalidReference, parse_reference
from wherry.runtime.interface import NO_KEYS, ImageService, Keyring, RuntimeFailure

log = get_logger(__name__)


def pull_policy(container: Container) -> str:
    """Always, IfNotPresent or Never; by the tag when the container does not say."""
    if container.image_pull_policy:
        return container.image_pull_policy
    reference = parse_reference(container.image)
    return "Always" if reference.tag == "latest" and not reference.digest else "IfNotPresent"


@dataclass(slots=True)
class _Turn:
    """Who pulls an image now, and how many want it."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    waiting: int = 0


@dataclass(slots=True)
class ImagePuller:
    """Sees to images for all pods of the node; two pods that want the same one wait for one pull."""

    images: ImageService
    clock: Clock
    _locks: dict[str, _Turn] = field(default_factory=dict)

    def look(self, container: Container) -> ImageReady | ImageFailed | None:
        """The answer that needs no waiting, or None: the image has to be pulled."""
        name, image = container.name, container.image
        try:
            parse_reference(image)
        except InvalidReference:
            why = f'couldn\'t parse image name "{image}": invalid reference format'
            text = f'Failed to apply default image tag "{image}": {why}'
            return ImageFailed(name, "InvalidImageName", text, image)
        policy = pull_policy(container)
        try:
            is_here = self.images.find(image) is not None
        except RuntimeFailure as error:
            return self._unusable(container, error)
        if is_here and policy != "Always":
            return ImageReady(name, f'Container image "{image}" already present on machine')
        if policy == "Never":
            text = f'Container image "{image}" is not present with pull policy of Never'
            return ImageFailed(name, "ErrImageNeverPull", text, image)
        return None

    async def pull(self, container: Container, keyring: Keyring = NO_KEYS) -> ImageReady | ImageFailed:
        """Fetch the image as one of those in `keyring`, or say why it cannot be had."""
        name, image = container.name, container.image
        lock = self._locks.setdefault(image, _Turn())
        lock.waiting += 1
        began_s = self.clock.monotonic_s()
        try:
            async with lock.lock:
                mine_s = self.clock.monotonic_s()
                try:
                    if pull_policy(container) != "Always" and self.images.find(image) is not None:
                        return ImageReady(name, f'Container image "{image}" already present on machine')
                    status = await self.images.pull(image, keyring)
                except RuntimeFailure as error:
                    return self._unusable(container, error)
        finally:
            lock.waiting -= 1
            if not lock.waiting:
                del self._locks[image]
        now_s = self.clock.monotonic_s()
        took, waited = format_seconds(now_s - mine_s), format_seconds(now_s - began_s)
        size = f"Image size: {status.size_bytes} bytes."
        return ImageReady(name, f'Successfully pulled image "{image}" in {took} ({waited} including waiting). {size}')

    def _unusable(self, container: Container, error: RuntimeFailure) -> ImageFailed:
        log.warning("Could not get an image", image=container.image, err=str(error))
        return ImageFailed(container.name, "ErrImagePull", str(error), container.image)


def format_seconds(seconds: float) -> str:
    """1.234s or 56ms."""
    return f"{seconds:.3f}s" if seconds >= 1 else f"{round(seconds * 1000)}ms"
