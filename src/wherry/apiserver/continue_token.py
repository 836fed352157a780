"""The `continue` of a page: where the list goes on, as of which revision, and for which list it was given.

A token is the base64 of a small JSON object, as upstream's; nobody but this file looks into it. It names its
list (the place in the store and the selectors) and has a checksum, so that one that was changed or belongs to
another list is refused instead of showing a wrong page. After five minutes it has expired, as Kubernetes promises
no more: the answer brings a fresh one, which goes on at the newest state.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import dataclass

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Expired
from wherry.apiserver.selection import Selection

VERSION = "meta.k8s.io/v1"
# What Kubernetes' own API server keeps (--etcd-compaction-interval=5m), and its clients count on at most.
AGE_MAX_S = 300
# More would be a key longer than any that can be stored.
TOKEN_CHARACTERS_MAX = 4096
EXPIRED_CONTINUE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list "
    "without the continue parameter, or use the continue token in this response to retrieve the remainder of the "
    "results. Continuing with the provided token results in an inconsistent list - objects that were created, "
    "modified, or deleted between the time the first chunk was returned and now may show up in the list."
)


@dataclass(frozen=True, slots=True)
class Start:
    """Where a list begins: after which key, and as of which revision (0: the newest)."""

    after_key: str = ""
    revision: int = 0


class ContinueExpired(Expired):
    """The list cannot go on as it was; its Status carries a token for going on with newer objects."""

    def __init__(self, fresh_token: str) -> None:
        """`fresh_token` continues at the newest revision."""
        super().__init__(EXPIRED_CONTINUE)
        self._fresh_token = fresh_token

    def to_status(self) -> Document:
        """The Status with the token in its metadata."""
        return {**super().to_status(), "metadata": {"continue": self._fresh_token}}


def continue_token(selection: Selection, after_key: str, revision: int, now_s: float) -> str:
    """A token that goes on after `after_key` at `revision`; -1 stands for whatever is the newest then."""
    form: Document = {
        "v": VERSION,
        "rv": revision,
        "start": after_key[len(selection.key_prefix) :],
        "at": int(now_s),
        "of": _list_of(selection),
    }
    form["sum"] = _checksum(form)
    return base64.urlsafe_b64encode(orjson.dumps(form)).decode().rstrip("=")


def start_from(selection: Selection, token: str, now_s: float) -> Start:
    """Where the list goes on.

    Raises:
        BadRequest: the token is damaged or another list's.
        ContinueExpired: it is too old.
    """
    form = _decode(token)
    if form.get("v") != VERSION:
        raise _refused(f": server does not recognize this encoded version {form.get('v', '')}")
    after, revision, made_s = form.get("start"), form.get("rv"), form.get("at")
    if not isinstance(revision, int) or not revision:
        raise _refused(f": incorrect encoded start resourceVersion (version {VERSION})")
    if not isinstance(after, str) or not after:
        raise _refused(f": encoded start key empty (version {VERSION})")
    if not isinstance(made_s, int) or form.pop("sum", None) != _checksum(form):
        raise _refused(": it has been changed")
    if form.get("of") != _list_of(selection):
        raise _refused(": it belongs to another list")
    key = selection.key_prefix + after
    if revision < 0:
        return Start(key)
    if now_s - made_s > AGE_MAX_S:
        raise expired(selection, key, now_s)
    return Start(key, revision)


def expired(selection: Selection, after_key: str, now_s: float) -> ContinueExpired:
    """The answer when the list's moment is forgotten."""
    return ContinueExpired(continue_token(selection, after_key, -1, now_s))


def _decode(token: str) -> Document:
    if len(token) > TOKEN_CHARACTERS_MAX:
        raise _refused(": it is too long")
    try:
        # The decoder skips what is not base64; upstream's does not.
        if not token.isascii() or not token.replace("-", "").replace("_", "").isalnum():
            raise _refused(": illegal base64 data")
        form = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _refused(f": {error}") from None
    if not isinstance(form, dict):
        raise _refused(": it holds no object")
    return form


def _list_of(selection: Selection) -> str:
    return f"{selection.key_prefix}?{zlib.crc32(f'{selection.labels}&{selection.fields}'.encode()):x}"


def _checksum(form: Document) -> int:
    return zlib.crc32(orjson.dumps(form, option=orjson.OPT_SORT_KEYS))


def _refused(detail: str) -> BadRequest:
    return BadRequest(f"invalid continue token: continue key is not valid{detail}")
