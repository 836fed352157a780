"""Registries at the command line: your own credentials, this machine's settings, and what goes wrong as a sentence."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from random import Random
from typing import TYPE_CHECKING, Any, TypeVar

from wherry.cli.output import Trouble
from wherry.cluster.data_dir import DataDir
from wherry.kit.clock import SystemClock
from wherry.kit.loop import new_event_loop
from wherry.kit.settings import SettingsError, environment
from wherry.runtime.images.image_store import ImageStore
from wherry.runtime.images.reference import (
    DEFAULT_NAMESPACE,
    DEFAULT_REGISTRY,
    InvalidReference,
    Reference,
    parse_reference,
)
from wherry.runtime.interface import ImageStatus, Keyring, RuntimeFailure
from wherry.runtime.registry.credentials import InvalidCredentials
from wherry.runtime.registry.failures import NO_ANSWER, RegistryFailure

if TYPE_CHECKING:
    from wherry.runtime.registry.pushing import Pusher

T = TypeVar("T")
UNREACHABLE = 3


def pull_image(data_dir: DataDir, name: str) -> ImageStatus:
    """Fetch an image into the cluster's store, whether the cluster runs or not. Raises Trouble."""
    from wherry.cluster.parts import make_node_images

    reference = named(name)

    async def go() -> ImageStatus:
        images = make_node_images(data_dir, SystemClock(), Random())  # noqa: S311 - spreads retries
        return await images.pull(name, await own_keyring(reference))

    return on_registry(go())


def push_image(data_dir: DataDir, name: str, target: str) -> ImageStatus:
    """Bring an image of this machine to a registry; gives it. Raises Trouble."""
    from wherry.cluster.parts import open_images

    reference, store = named(target or name), open_images(data_dir)
    if reference.registry == DEFAULT_REGISTRY and reference.path.startswith(f"{DEFAULT_NAMESPACE}/"):
        raise Trouble(
            f"{target or name} names no registry",
            remedy=f"wherry image push {name} registry.example.com/shop/{reference.path.rpartition('/')[2]}:"
            f"{reference.tag or 'TAG'}",
            exit_code=2,
        )

    async def go() -> ImageStatus:
        image = store.find(name)
        if image is None:
            raise Trouble(f"There is no image {name} on this machine", remedy="wherry image list shows what is there")
        await make_pusher(store).push(image, reference, await own_keyring(reference))
        return image

    return on_registry(go())


def make_pusher(store: ImageStore) -> Pusher:
    """What brings this store's images to registries. Raises SettingsError."""
    from wherry.cluster.parts import registry_settings
    from wherry.runtime.registry.pushing import Pusher

    return Pusher(store, registry_settings(), environment())


def named(name: str) -> Reference:
    """An image's name. Raises Trouble."""
    try:
        return parse_reference(name)
    except InvalidReference as error:
        raise Trouble(str(error), remedy="write it as REGISTRY/NAME:TAG, in small letters", exit_code=2) from error


async def own_keyring(reference: Reference) -> Keyring:
    """What `docker login` (or podman's) has left for this image's registry. Raises Trouble."""
    from wherry.runtime.registry.docker_config import config_file, read_keyring

    try:
        return await read_keyring(environment(), reference)
    except InvalidCredentials as error:
        raise Trouble(
            f"{config_file(environment())} cannot be used: {error}", remedy="docker login writes it anew", exit_code=2
        ) from error


def on_registry(work: Coroutine[Any, Any, T]) -> T:
    """Do it; what goes wrong is a sentence. Raises Trouble."""
    with telling_registries(), asyncio.Runner(loop_factory=new_event_loop) as runner:
        return runner.run(work)


@contextlib.contextmanager
def telling_registries() -> Iterator[None]:
    """Make a registry's refusal, and a setting that is none, a sentence. Raises Trouble."""
    try:
        yield
    except RegistryFailure as error:
        code = UNREACHABLE if error.cause in NO_ANSWER else 1
        raise Trouble(error.what, remedy=error.remedy, exit_code=code) from error
    except RuntimeFailure as error:
        raise Trouble(str(error), remedy="wherry doctor says what this machine lacks") from error
    except SettingsError as error:
        raise Trouble(str(error), remedy="unset the variable, or give it a value that fits", exit_code=2) from error
