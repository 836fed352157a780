"""Which of an index's images is for this machine, and whether an image's documents fit together. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from wherry.runtime.images.manifest import Descriptor, ImageDocument, Platform, own_architecture
from wherry.runtime.interface import FailedPrecondition

LAYERS_MAX = 500


def own_images(manifests: Sequence[Descriptor], where: str) -> list[Descriptor]:
    """The images of an index without attestations, and of those for several machines only ours.

    Raises:
        FailedPrecondition: there are images, and none is for this machine; `where` is what has them.
    """
    real = [one for one in manifests if not _is_attestation(one)]
    ours = [one for one in real if one.platform is None or _is_own(one.platform)]
    if manifests and not ours:
        others = sorted({f"{one.platform.os}/{one.platform.architecture}" for one in real if one.platform is not None})
        has = f"; it has them for {', '.join(others)}" if others else ""
        raise FailedPrecondition(f"{where} has no image for linux/{own_architecture()}{has}")
    return ours


def _is_attestation(descriptor: Descriptor) -> bool:
    annotations = descriptor.annotations or {}
    unknown = descriptor.platform is not None and descriptor.platform.os == "unknown"
    return unknown or annotations.get("vnd.docker.reference.type") == "attestation-manifest"


def _is_own(platform: Platform) -> bool:
    return (platform.os, platform.architecture) == ("linux", own_architecture())


def checked_config(config: bytes, layers: int) -> ImageDocument:
    """An image's configuration, when it describes as many layers as there are and is for this machine.

    Raises:
        FailedPrecondition: it does not, or is not.
        msgspec.DecodeError: it is no configuration of an image.
    """
    document = msgspec.json.decode(config, type=ImageDocument)
    if layers != len(document.rootfs.diff_ids) or layers > LAYERS_MAX:
        raise FailedPrecondition(f"the image has {layers} layers and describes {len(document.rootfs.diff_ids)}")
    if document.architecture not in ("", own_architecture()) or document.os not in ("", "linux"):
        raise FailedPrecondition(
            f"the image is for {document.os}/{document.architecture}, this machine is linux/{own_architecture()}"
        )
    return document
