"""A release in the making: one image and one environment's manifests become a spec that is never changed again.

content = compose(order, documents)      # the same order and manifests: the same content.hash
release = content.release(7, "ana", now) # orders-r7: a Release and the parts that are kept beside it
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

import msgspec
import orjson

from wherry.api.method.release import ConfigEntry, ObjectRef, PinnedImage
from wherry.apimachinery.document import Document
from wherry.method.delivery.configuration import config_hash, effective_config, without_secrets
from wherry.method.delivery.documents import is_secret, reference
from wherry.method.delivery.provenance import Provenance
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.stamping import ENVIRONMENT, SERVICE, Pin, pin_images, runs_image, stamp

INLINE_BYTES_MAX = 192 * 1024
"""Above it the manifests go into a ConfigMap: a list of a hundred releases should stay small."""
PART_BYTES_MAX = 1000 * 1024
"""What a ConfigMap or a Secret takes, less its name and labels."""
PART_HASH_CHARS = 8
NUMBER_LABEL = "wherry.dev/release-number"
SEPARATOR = "\n---\n"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants to release, and where."""

    service: str
    environment: str
    namespace: str
    image: PinnedImage
    origin: Provenance
    config_revision: str = ""
    uncommitted: bool = False
    migrate: tuple[str, ...] = ()
    team: str = ""

    @property
    def scope(self) -> str:
        """What the hashes of its secrets are about."""
        return f"{self.service}/{self.environment}"


@dataclass(frozen=True, slots=True)
class Content:
    """All that a release consists of, without its number."""

    order: Order
    documents: tuple[Document, ...]
    images: tuple[PinnedImage, ...]
    config: tuple[ConfigEntry, ...]
    hash: str

    def release(self, number: int, by: str, created_at: str) -> NumberedRelease:
        """The release with this number."""
        return _numbered(self, number, by, created_at)


@dataclass(frozen=True, slots=True)
class NumberedRelease:
    """The Release object and what is kept beside it: manifests that are large, and those of Secrets."""

    name: str
    part: str
    release: Document
    config_map: Document | None
    secret: Document | None


def compose(order: Order, documents: Iterable[Document], pin: Pin) -> Content:
    """Bring an image and an environment's manifests together. Raises CannotDeliver when they do not belong together."""
    pinned, images = pin_images(documents, pin)
    if not any(runs_image(document, order.image.image) for document in pinned):
        raise CannotDeliver(
            f"nothing in the configuration of {order.environment} runs the image {order.image.name}",
            f"write `image: {order.image.name}` in the manifest of {order.service}, or correct `name` in image.toml",
        )
    config = effective_config(pinned, order.scope)
    facts = [
        [without_secrets(document, order.scope) for document in pinned],
        [order.service, order.environment, order.image.image, list(order.migrate), order.uncommitted],
    ]
    digest = hashlib.sha256(orjson.dumps(facts, option=orjson.OPT_SORT_KEYS)).hexdigest()
    return Content(order, tuple(pinned), images, config, f"sha256:{digest}")


def release_name(service: str, number: int) -> str:
    """orders-r7."""
    return f"{service}-r{number}"


def manifests_text(documents: Iterable[Document]) -> str:
    """Documents as one text that `kubectl apply` takes."""
    return SEPARATOR.join(orjson.dumps(document, option=orjson.OPT_SORT_KEYS).decode() for document in documents)


def read_manifests_text(text: str) -> list[Document]:
    """The other way round."""
    return [orjson.loads(part) for part in text.split(SEPARATOR) if part.strip()]


def text_hash(text: str) -> str:
    """The hash of manifests as they are kept."""
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def part_labels(order: Order) -> dict[str, str]:
    """What all objects of a release's record carry."""
    return {SERVICE: order.service, ENVIRONMENT: order.environment}


def _numbered(content: Content, number: int, by: str, created_at: str) -> NumberedRelease:
    order = content.order
    name = release_name(order.service, number)
    revision, image = order.origin.revision, order.image.image
    stamped = [
        stamp(document, service=order.service, release=name, revision=revision, image=image)
        for document in content.documents
    ]
    secrets = manifests_text(document for document in stamped if is_secret(document))
    manifests = manifests_text(document for document in stamped if not is_secret(document))
    is_large = len(manifests) > INLINE_BYTES_MAX
    _check_sizes(order, manifests, secrets)
    metadata: Document = {"name": name, "namespace": order.namespace, "labels": part_labels(order)}
    spec = _spec(content, number, by, created_at, [reference(document) for document in stamped])
    # Two people may be at the same number; what they write is apart unless it is the same.
    part = f"{name}-{content.hash.removeprefix('sha256:')[:PART_HASH_CHARS]}"
    spec |= {"manifestsFrom": part} if is_large else {"manifests": manifests}
    spec["manifestsHash"] = text_hash(manifests)
    if secrets:
        spec["secretsFrom"] = part
    labels = {**part_labels(order), NUMBER_LABEL: str(number)}
    encoded = base64.b64encode(secrets.encode()).decode()
    beside: Document = {**metadata, "name": part}
    return NumberedRelease(
        name=name,
        part=part,
        release={"metadata": {**metadata, "labels": labels}, "spec": spec},
        config_map={"metadata": beside, "immutable": True, "data": {"manifests": manifests}} if is_large else None,
        secret={"metadata": beside, "immutable": True, "data": {"manifests": encoded}} if secrets else None,
    )


def _spec(content: Content, number: int, by: str, created_at: str, objects: list[ObjectRef]) -> Document:
    order, origin = content.order, content.order.origin
    spec: Document = {
        "service": order.service,
        "number": number,
        "environment": order.environment,
        "image": order.image.image,
        "digest": order.image.digest,
        "revision": origin.revision,
        "source": origin.repository,
        "version": origin.version,
        "imageCreatedAt": origin.created,
        "configRevision": order.config_revision,
        "configHash": config_hash(content.config),
        "contentHash": content.hash,
        "config": msgspec.to_builtins(content.config),
        "images": msgspec.to_builtins(content.images),
        "objects": msgspec.to_builtins(objects),
        "migrate": list(order.migrate),
        "team": order.team,
        "by": by,
        "createdAt": created_at,
    }
    spec = {key: value for key, value in spec.items() if value not in ("", [])}
    return spec | ({"uncommitted": True} if order.uncommitted or origin.uncommitted else {})


def _check_sizes(order: Order, manifests: str, secrets: str) -> None:
    for what, text in (("manifests", manifests), ("Secrets", secrets)):
        if len(text.encode()) > PART_BYTES_MAX:
            raise CannotDeliver(
                f"the {what} of {order.service} for {order.environment} are larger than {PART_BYTES_MAX // 1024} kB, "
                "which no cluster keeps in one object",
                "put large files into the image, or into a volume",
            )


def in_registry(image: PinnedImage, registry: str) -> PinnedImage:
    """The image as another cluster finds it: in a registry, under its own name."""
    if not registry:
        return image
    repository = image.image.partition("@")[0].rpartition("/")[2]
    return msgspec.structs.replace(image, image=f"{registry.rstrip('/')}/{repository}@{image.digest}")


def order_for(order: Order, environment: str, namespace: str) -> Order:
    """The same for another environment."""
    return replace(order, environment=environment, namespace=namespace)
