"""A machine's images: those in its store, and those that it fetches from registries.

Nothing of what talks to registries is imported, and nothing kept in memory, before the first pull.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from wherry.kit.clock import Clock
from wherry.kit.threads import run_in_thread
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.reference import InvalidReference, parse_reference
from wherry.runtime.interface import NO_KEYS, FailedPrecondition, ImageStatus, Keyring
from wherry.runtime.registry.endpoints import RegistrySettings

if TYPE_CHECKING:
    from wherry.runtime.registry.pulling import Puller


class NodeImages:
    """An ImageService that pulls. See runtime.interface.ImageService for the contract."""

    def __init__(
        self, store: ImageStore, settings: RegistrySettings, environ: Mapping[str, str], clock: Clock, random: Random
    ) -> None:
        """`environ` may name a proxy."""
        self.store = store
        self._settings = settings
        self._environ = environ
        self._clock = clock
        self._random = random
        self._puller: Puller | None = None

    def find(self, reference: str) -> ImageStatus | None:
        """The image that a name, digest or id means."""
        return self.store.find(reference)

    def list(self) -> list[ImageStatus]:
        """All images here."""
        return self.store.list()

    def follow(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call `on_change` whenever images come or go; returns how to end that."""
        return self.store.follow(on_change)

    async def pull(self, reference: str, keyring: Keyring = NO_KEYS) -> ImageStatus:
        """Fetch the image from its registry.

        An image that was built or imported here under this name is the answer at once: no registry knows better what
        was meant, and whoever made it wants that one.
        """
        try:
            parsed = parse_reference(reference)
        except InvalidReference as error:
            raise FailedPrecondition(str(error)) from error
        here = self.store.find(reference)
        if here is not None and not self.store.pulled_as(reference):
            return here
        if self._puller is None:
            self._puller = self._make_puller()
        return await self._puller.pull(parsed, keyring)

    async def sweep(self) -> None:
        """Remove what downloads of killed processes have left, when nobody has gone on with it for long."""
        await run_in_thread(self._sweep)

    def _sweep(self) -> None:
        if any(self._downloads.glob("*")):
            from wherry.runtime.registry.downloads import LEFT_ALONE_S, sweep

            _ = sweep(self._downloads, self._clock.now_s() - LEFT_ALONE_S)

    @property
    def _downloads(self) -> Path:
        return self.store.directory / "downloads"

    async def remove(self, reference: str) -> None:
        """Remove a name, and the image with its last name."""
        await self.store.remove(reference)

    def _make_puller(self) -> Puller:
        from wherry.runtime.registry.downloads import Downloads
        from wherry.runtime.registry.pulling import Puller

        downloads = Downloads(self._downloads, self._clock, self._random)
        return Puller(self.store, self._settings, downloads, self._environ)
