"""The documents an image consists of, as the OCI image specification has them: manifest, configuration, index.

Docker's own forms have the same fields under other media types, so the same structs read both.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence

import msgspec

from wherry.runtime.interface import ImageConfig

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
BEGINNING = "1970-01-01T00:00:00Z"
"""The time of an image that has none."""
LAYER_TAR = "application/vnd.oci.image.layer.v1.tar"
INDEX_TYPES = ("application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json")

# uname -m to the name that images use.
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Platform(msgspec.Struct, frozen=True):
    """What machine an image is for."""

    architecture: str = ""
    os: str = ""


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """A pointer to a blob."""

    media_type: str
    digest: str
    size: int
    platform: Platform | None = None
    annotations: dict[str, str] | None = None


class Manifest(msgspec.Struct, frozen=True, rename="camel"):
    """An image: its configuration and layers, lowest first."""

    config: Descriptor
    layers: tuple[Descriptor, ...]
    schema_version: int = 2
    media_type: str = MANIFEST


class Index(msgspec.Struct, frozen=True, rename="camel"):
    """Several images, often one per machine type."""

    manifests: tuple[Descriptor, ...]


class RootFs(msgspec.Struct, frozen=True):
    """Digests of the layers' uncompressed tar files."""

    diff_ids: tuple[str, ...] = ()
    type: str = "layers"


class RunConfig(msgspec.Struct, frozen=True, rename="pascal", omit_defaults=True):
    """How to run it."""

    user: str | None = None
    exposed_ports: dict[str, dict[str, str]] | None = None
    env: tuple[str, ...] | None = None
    entrypoint: tuple[str, ...] | None = None
    cmd: tuple[str, ...] | None = None
    volumes: dict[str, dict[str, str]] | None = None
    working_dir: str | None = None
    labels: dict[str, str] | None = None
    stop_signal: str | None = None


class ImageDocument(msgspec.Struct, frozen=True):
    """An image's configuration blob."""

    architecture: str = ""
    os: str = "linux"
    created: str | None = None
    config: RunConfig | None = None
    rootfs: RootFs = RootFs()


def own_architecture() -> str:
    """This machine's type, as images name it."""
    machine = platform.machine()
    return _ARCHITECTURES.get(machine, machine)


def digest_of(data: bytes) -> str:
    """`sha256:` and the hash."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def image_config(document: ImageDocument) -> ImageConfig:
    """As the runtime's interface has it."""
    config = document.config or RunConfig()
    return ImageConfig(
        entrypoint=config.entrypoint or (),
        command=config.cmd or (),
        env=dict(entry.partition("=")[::2] for entry in config.env or ()),
        working_dir=config.working_dir or "/",
        user=config.user or "",
        stop_signal=config.stop_signal or "SIGTERM",
        exposed_ports=tuple(config.exposed_ports or ()),
        labels=config.labels or {},
        volumes=tuple(config.volumes or ()),
    )


def run_config(config: ImageConfig) -> RunConfig:
    """The other way round, with everything in a fixed order."""
    return RunConfig(
        user=config.user or None,
        exposed_ports={port: {} for port in sorted(config.exposed_ports)} or None,
        env=tuple(f"{name}={value}" for name, value in sorted(config.env.items())) or None,
        entrypoint=tuple(config.entrypoint) or None,
        cmd=tuple(config.command) or None,
        volumes={volume: {} for volume in sorted(config.volumes)} or None,
        working_dir=config.working_dir or None,
        labels=_sorted(config.labels) or None,
        stop_signal=config.stop_signal or None,
    )


def _sorted(values: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(values.items()))


def new_image(config: ImageConfig, layers: Sequence[tuple[str, int]], created: str = BEGINNING) -> tuple[bytes, bytes]:
    """The manifest's and the configuration's bytes for layers given as (diff id, size of the tar).

    The same input gives the same bytes: there is no time in it but that of its source.
    """
    document = ImageDocument(
        architecture=own_architecture(),
        created=created,
        config=run_config(config),
        rootfs=RootFs(tuple(diff_id for diff_id, _ in layers)),
    )
    config_bytes = msgspec.json.encode(document)
    manifest = Manifest(
        config=Descriptor(CONFIG, digest_of(config_bytes), len(config_bytes)),
        layers=tuple(Descriptor(LAYER_TAR, diff_id, size) for diff_id, size in layers),
    )
    return msgspec.json.encode(manifest), config_bytes
