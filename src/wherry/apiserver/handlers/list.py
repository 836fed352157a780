"""GET of a collection: all objects, a selection, or page by page.

A page's `continue` says at which revision the list was begun and after which key it goes on, so that
all pages show one moment. When that moment is forgotten the answer is 410 with a token that goes on
at the newest state instead.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Expired, Timeout, invalid
from wherry.apiserver.answers import list_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.options import META_GROUP
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import Selection, selection_from
from wherry.kit.http.types import Response
from wherry.store.interface import Compacted, FutureRevision, KeyValue, Page, Store

TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 - the version of the token's form
# With a selector, so many objects are looked at in one step towards a page.
SCAN_SIZE = 500
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


async def handle_list(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the list."""
    selection = selection_from(request)
    limit = max(0, request.whole_number("limit", 0)) if request.http.query else 0
    page = await collect(environment.store, request, selection, limit)
    token = ""
    if page.remaining:
        token = _token(selection.key_prefix, page.items[-1].key, page.revision)
    # How many are left is unknown when a selector decides, and then left out.
    remaining = page.remaining if selection.is_everything else 0
    return list_answer(environment, request, page.items, page.revision, token, remaining)


async def collect(store: Store, request: ApiRequest, selection: Selection, limit: int) -> Page:
    """The chosen objects, at most `limit` (0: all). `remaining` above 0 means that there may be more."""
    start = _start(store, request, selection, limit) if request.http.query else Start()
    prefix, after_key, revision = selection.key_prefix, start.after_key, start.revision
    chosen: list[KeyValue] = []
    while True:
        step = limit if selection.is_everything else (max(limit, SCAN_SIZE) if limit else 0)
        try:
            page = await store.list(prefix, after_key=after_key, limit=step, at_revision=revision)
        except Compacted as error:
            if request.query.get("continue"):
                raise ContinueExpired(_token(prefix, after_key, -1)) from error
            raise Expired("The resourceVersion for the provided list is too old.") from error
        except FutureRevision as error:
            raise too_large(error.requested, error.current) from error
        if selection.is_everything:
            return page
        for position, item in enumerate(page.items):
            if selection.matches(item.key, item.value):
                chosen.append(item)
                if limit and len(chosen) == limit:
                    remaining = page.remaining + len(page.items) - position - 1
                    return Page(chosen, page.revision, remaining)
        if not page.remaining:
            return Page(chosen, page.revision, 0)
        after_key, revision = page.items[-1].key, page.revision


def _start(store: Store, request: ApiRequest, selection: Selection, limit: int) -> Start:
    query = request.query
    token, given, match = (
        query.get("continue", ""),
        query.get("resourceVersion", ""),
        query.get("resourceVersionMatch", ""),
    )
    if match:
        _check_match(match, given, token)
    if token:
        if given not in ("", "0"):
            raise BadRequest("specifying resource version is not allowed when using continue")
        return _continue(selection.key_prefix, token)
    revision = parse_revision(given)
    if revision > store.revision:
        raise too_large(revision, store.revision)
    is_exact = match == "Exact" or (not match and limit > 0)
    return Start(revision=revision) if revision and is_exact else Start()


def _check_match(match: str, given: str, token: str) -> None:
    detail = ""
    if match not in ("Exact", "NotOlderThan"):
        error = field_errors.not_supported("resourceVersionMatch", match, ("Exact", "NotOlderThan"))
        raise invalid("ListOptions", META_GROUP, "", [error])
    if token:
        detail = "resourceVersionMatch is forbidden when continue is provided"
    elif not given:
        detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
    elif match == "Exact" and given == "0":
        detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
    if detail:
        raise invalid("ListOptions", META_GROUP, "", [field_errors.forbidden("resourceVersionMatch", detail)])


def parse_revision(text: str) -> int:
    """A resourceVersion as a number; "" is 0. Raises BadRequest."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": invalid syntax'
        )
    revision = int(text)
    if revision >= 2**63:
        raise BadRequest(
            f'resourceVersion: Invalid value: "{text}": strconv.ParseUint: parsing "{text}": value out of range'
        )
    return revision


def too_large(requested: int, current: int) -> Timeout:
    """The answer to a revision that has not happened yet."""
    cause: Document = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return Timeout(
        f"Timeout: Too large resource version: {requested}, current: {current}", causes=[cause], retry_after_s=1
    )


def _token(prefix: str, after_key: str, revision: int) -> str:
    form: Document = {"v": TOKEN_VERSION, "rv": revision, "start": after_key[len(prefix) :], "in": prefix}
    return base64.urlsafe_b64encode(orjson.dumps(form)).decode().rstrip("=")


def _continue(prefix: str, token: str) -> Start:
    try:
        form = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    except (binascii.Error, ValueError) as error:
        raise _bad_token(f"continue key is not valid: {error}") from error
    if not isinstance(form, dict) or form.get("v") != TOKEN_VERSION:
        raise _bad_token("continue key is not valid: server does not recognize this encoded version")
    after, revision = form.get("start"), form.get("rv")
    if form.get("in") != prefix:
        raise _bad_token("continue key is not valid: it belongs to another list")
    if not isinstance(after, str) or not after or not isinstance(revision, int):
        raise _bad_token("continue key is not valid: encoded start key empty (version meta.k8s.io/v1)")
    return Start(prefix + after, max(0, revision))


def _bad_token(detail: str) -> BadRequest:
    return BadRequest(f"invalid continue token: {detail}")
