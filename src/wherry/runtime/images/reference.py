"""Names of images: `orders:1` and `docker.io/library/orders:1` are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass

DEFAULT_REGISTRY = "docker.io"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"

_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REGISTRY = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(?::[0-9]{1,5})?")
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")

# The limit of the distribution specification for registry and path together.
NAME_CHARS_MAX = 255


class InvalidReference(ValueError):
    """The text is no image name."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's full name. `tag` is "" when only a digest was given."""

    registry: str
    path: str
    tag: str
    digest: str = ""

    @property
    def repository(self) -> str:
        """Registry and path: `docker.io/library/orders`."""
        return f"{self.registry}/{self.path}"

    @property
    def canonical(self) -> str:
        """The full name with its tag, without the digest: `docker.io/library/orders:1`."""
        return f"{self.repository}:{self.tag}" if self.tag else f"{self.repository}@{self.digest}"


def is_digest(text: str) -> bool:
    """Whether the text is `sha256:` and 64 hexadecimal digits."""
    return _DIGEST.fullmatch(text) is not None


def parse_reference(text: str) -> Reference:
    """Complete an image name as Docker and Kubernetes do.

    Example: `orders:1` is `docker.io/library/orders:1`; without a tag or digest the tag is `latest`.

    Raises:
        InvalidReference: it is no image name.
    """
    name, _, digest = text.partition("@")
    if "@" in text and not is_digest(digest):
        raise InvalidReference(f'couldn\'t parse image name "{text}": invalid reference format')
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        head, tag = name, ""
    registry, path = _split_registry(head)
    fine = _REGISTRY.fullmatch(registry) and _PATH.fullmatch(path) and len(registry) + len(path) < NAME_CHARS_MAX
    if not fine or (tag and not _TAG.fullmatch(tag)) or (name.endswith(":")):
        raise InvalidReference(f'couldn\'t parse image name "{text}": invalid reference format')
    return Reference(registry, path, tag or ("" if digest else DEFAULT_TAG), digest)


def _split_registry(name: str) -> tuple[str, str]:
    first, slash, rest = name.partition("/")
    # Docker's rule: the first part is a registry when it looks like a host.
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, path = ("docker.io" if first == "index.docker.io" else first), rest
    else:
        registry, path = DEFAULT_REGISTRY, name
    if registry == DEFAULT_REGISTRY and "/" not in path:
        path = f"{DEFAULT_NAMESPACE}/{path}"
    return registry, path


def familiar_name(text: str) -> str:
    """The shortest name that means the same: `orders:1`; text that is no image name stays as it is."""
    try:
        reference = parse_reference(text)
    except InvalidReference:
        return text
    return reference.canonical.removeprefix(f"{DEFAULT_REGISTRY}/{DEFAULT_NAMESPACE}/").removeprefix(
        f"{DEFAULT_REGISTRY}/"
    )
