"""Which representation a client wants: the Accept header, read as a real API server reads it.

The most wanted alternative that can be had wins; between equals the first one, but a wildcard comes after what is
named. `*/*` means JSON. Every kind can be had as JSON and YAML and, `as=...`, in another shape: a Table, or the
metadata alone. Built-in kinds, and the metadata of all, can be had in protobuf; a Table cannot.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from wherry.apimachinery.errors import NotAcceptable

PLAIN = ""
TABLE = "Table"
PARTIAL = "PartialObjectMetadata"
PARTIAL_LIST = "PartialObjectMetadataList"

JSON = "application/json"
YAML = "application/yaml"
PROTOBUF = "application/vnd.kubernetes.protobuf"
PROTOBUF_WATCH = f"{PROTOBUF};stream=watch"

# Clients send 300 characters at most. What comes behind this is not read, so that nobody fills the caches.
ACCEPT_CHARS_MAX = 2048
REMEMBERED_MAX = 512

_META_VERSIONS = frozenset(("v1", "v1beta1"))
_FORMS = frozenset((TABLE, PARTIAL, PARTIAL_LIST))
_TRUE = frozenset(("1", "true", "True"))


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the client gets.

    `form` is PLAIN, TABLE, PARTIAL or PARTIAL_LIST, of meta.k8s.io/`version`; `media_type` is JSON, YAML or
    PROTOBUF; `is_pretty` asks for JSON with line breaks.
    """

    form: str = PLAIN
    version: str = "v1"
    media_type: str = JSON
    is_pretty: bool = False


@dataclass(frozen=True, slots=True)
class MediaRange:
    """One alternative of an Accept header."""

    media_type: str
    parameters: dict[str, str]

    def covers(self, media_type: str) -> bool:
        """Whether this type is meant, by name or by a wildcard."""
        own = self.media_type
        return own in (media_type, "*/*") or (own.endswith("/*") and media_type.startswith(own[:-1]))


def readable(accept: str) -> str:
    """As much of an Accept header as is read and remembered."""
    return accept if len(accept) <= ACCEPT_CHARS_MAX else accept[:ACCEPT_CHARS_MAX].rpartition(",")[0]


def accepted(accept: str, *, has_protobuf: bool = False, has_table: bool = True, is_watch: bool = False) -> Accepted:
    """The first representation in an Accept header that can be had; no header means plain JSON.

    Args:
        accept: the header.
        has_protobuf: whether the kind itself has a form in protobuf.
        has_table: whether it has a form as a Table.
        is_watch: whether the answer goes on and on, for which YAML has no form.

    Raises:
        NotAcceptable: none can.
    """
    return _accepted(readable(accept), has_protobuf, has_table, is_watch)


@lru_cache(maxsize=REMEMBERED_MAX)
def _accepted(accept: str, has_protobuf: bool, has_table: bool, is_watch: bool) -> Accepted:
    if not accept:
        return Accepted()
    is_known = False
    for media_range in parse_accept(accept):
        for media_type in (JSON, YAML, PROTOBUF):
            if media_range.covers(media_type):
                is_known = True
                found = _in_range(media_range, media_type, has_protobuf=has_protobuf)
                if found is None or (is_watch and media_type == YAML):
                    continue
                if has_table or found.form != TABLE:
                    return found
    if not is_known:
        raise NotAcceptable("406: Not Acceptable")
    if is_watch:
        known = [f"{JSON};stream=watch", *([PROTOBUF_WATCH] if has_protobuf else [])]
    else:
        known = [JSON, YAML, *([PROTOBUF] if has_protobuf else [])]
    raise NotAcceptable(f"only the following media types are accepted: {', '.join(known)}")


def _in_range(media_range: MediaRange, media_type: str, *, has_protobuf: bool) -> Accepted | None:
    parameters = media_range.parameters
    form, version = parameters.get("as", PLAIN), parameters.get("v", "v1")
    is_pretty = parameters.get("pretty", "") in _TRUE
    if form == PLAIN:
        return Accepted(PLAIN, "v1", media_type, is_pretty) if media_type != PROTOBUF or has_protobuf else None
    if parameters.get("g") != "meta.k8s.io" or version not in _META_VERSIONS or form not in _FORMS:
        return None
    return None if form == TABLE and media_type == PROTOBUF else Accepted(form, version, media_type, is_pretty)


def plain_media_type(accept: str) -> str:
    """In what a Status is written, or another document that comes in one shape only: JSON, YAML or PROTOBUF."""
    for media_range in parse_accept(readable(accept)):
        if "as" not in media_range.parameters:
            for media_type in (JSON, YAML, PROTOBUF):
                if media_range.covers(media_type):
                    return media_type
    return JSON


def parse_accept(accept: str) -> tuple[MediaRange, ...]:
    """The alternatives of an Accept header, the most wanted first."""
    return _parsed(readable(accept))


@lru_cache(maxsize=REMEMBERED_MAX)
def _parsed(accept: str) -> tuple[MediaRange, ...]:
    ranges: list[tuple[float, int, MediaRange]] = []
    for clause in accept.split(","):
        media_type, *pairs = (part.strip() for part in clause.split(";"))
        if not media_type:
            continue
        parameters = {name.strip().lower(): value.strip() for name, _, value in (pair.partition("=") for pair in pairs)}
        try:
            quality = float(parameters.get("q", "1"))
        except ValueError:
            quality = 1.0
        if quality > 0:
            media_range = MediaRange(media_type.lower(), parameters)
            ranges.append((quality, media_range.media_type.count("*"), media_range))
    return tuple(media_range for *_, media_range in sorted(ranges, key=lambda each: (-each[0], each[1])))
