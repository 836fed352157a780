"""What a client may ask of a list or a watch: how much, from when, with which promises.

    resourceVersionMatch   limit, continue   resourceVersion: none   "0"        a number
    none                   none              the newest              any        not older than it
    none                   limit             the newest              any        exactly it
    none                   continue          as the token says       the same   400
    Exact                  with or without   422                     422        exactly it
    NotOlderThan           with or without   422                     any        not older than it
    any                    continue          422                     422        422

    sendInitialEvents      resourceVersionMatch   a watch begins with
    not given              none                   what there is (no resourceVersion, or "0"); else what comes after it
    true                   NotOlderThan           what there is, not older than the resourceVersion
    false                  NotOlderThan           what comes now (none, or "0"), or after the resourceVersion
    anything else          anything else          422

"Any" and "not older than" are the newest here: there is one store and it is never behind.

Source: kubernetes.io, API concepts, "Resource versions"; apimachinery, ListOptions validation.
"""

from __future__ import annotations

from dataclasses import dataclass

from wherry.apimachinery import field_errors
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Timeout, invalid
from wherry.apimachinery.field_errors import FieldError
from wherry.apiserver.options import META_GROUP
from wherry.apiserver.request import ApiRequest

EXACT, NOT_OLDER_THAN = "Exact", "NotOlderThan"
MATCH = "resourceVersionMatch"
# Revisions are unsigned 64-bit numbers on the wire.
REVISION_BITS = 64


@dataclass(frozen=True, slots=True)
class ListOptions:
    """The options, checked. `limit` 0 means all; `timeout_s` 0 leaves it to the server.

    `revision` is 0 where none is named. `sends_initial_events` is None where the client does not say.
    """

    limit: int = 0
    continue_token: str = ""
    revision: int = 0
    match: str = ""
    sends_initial_events: bool | None = None
    with_bookmarks: bool = False
    timeout_s: int = 0

    @property
    def is_exact(self) -> bool:
        """Whether a list shows just this revision."""
        return self.revision > 0 and (self.match == EXACT or (not self.match and self.limit > 0))


NO_OPTIONS = ListOptions()


def list_options(request: ApiRequest) -> ListOptions:
    """The options of a list (or of a deletion of a collection).

    Raises:
        BadRequest: something that is no number.
        Invalid: a combination that makes no sense.
    """
    if not request.http.query:
        return NO_OPTIONS
    query = request.query
    options = _read(request)
    errors = _check_match(query.get("resourceVersion", ""), options)
    if options.sends_initial_events is not None:
        errors.append(field_errors.forbidden("sendInitialEvents", "sendInitialEvents is forbidden for list"))
    if errors:
        raise invalid("ListOptions", META_GROUP, "", errors)
    if options.continue_token and options.revision:
        raise BadRequest("specifying resource version is not allowed when using continue")
    return options


def watch_options(request: ApiRequest) -> ListOptions:
    """The options of a watch. Raises like `list_options`."""
    options = _read(request)
    says, match = options.sends_initial_events is not None, options.match
    errors: list[FieldError] = []
    if says and match != NOT_OLDER_THAN:
        detail = f"sendInitialEvents requires setting resourceVersionMatch to {NOT_OLDER_THAN}"
        errors.append(field_errors.forbidden(MATCH, detail))
    if match:
        if not says:
            detail = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
            errors.append(field_errors.forbidden(MATCH, detail))
        if match != NOT_OLDER_THAN:
            errors.append(field_errors.not_supported(MATCH, match, (NOT_OLDER_THAN,)))
        if options.continue_token:
            errors.append(field_errors.forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"))
    if errors:
        raise invalid("ListOptions", META_GROUP, "", errors)
    return options


def parse_revision(text: str) -> int:
    """A resourceVersion as a number; "" is 0. Raises BadRequest."""
    if not text:
        return 0
    shown = field_errors.show(text)
    if not (text.isascii() and text.isdigit()):
        raise BadRequest(f"resourceVersion: Invalid value: {shown}: strconv.ParseUint: parsing {shown}: invalid syntax")
    # Longer than any revision: not worth making a number of.
    revision = int(text) if len(text) <= REVISION_BITS else 1 << REVISION_BITS
    if revision >> REVISION_BITS:
        raise BadRequest(
            f"resourceVersion: Invalid value: {shown}: strconv.ParseUint: parsing {shown}: value out of range"
        )
    return revision


def too_large(requested: int, current: int) -> Timeout:
    """The answer to a revision that has not happened yet."""
    cause: Document = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return Timeout(
        f"Timeout: Too large resource version: {requested}, current: {current}", causes=[cause], retry_after_s=1
    )


def _read(request: ApiRequest) -> ListOptions:
    query = request.query
    return ListOptions(
        limit=max(0, request.whole_number("limit", 0)),
        continue_token=query.get("continue", ""),
        revision=parse_revision(query.get("resourceVersion", "")),
        match=query.get(MATCH, ""),
        sends_initial_events=request.is_set("sendInitialEvents") if "sendInitialEvents" in query else None,
        with_bookmarks=request.is_set("allowWatchBookmarks"),
        timeout_s=request.whole_number("timeoutSeconds", 0),
    )


def _check_match(given: str, options: ListOptions) -> list[FieldError]:
    match = options.match
    errors: list[FieldError] = []
    if not match:
        return errors
    if not given:
        detail = "resourceVersionMatch is forbidden unless resourceVersion is provided"
        errors.append(field_errors.forbidden(MATCH, detail))
    if options.continue_token:
        errors.append(field_errors.forbidden(MATCH, "resourceVersionMatch is forbidden when continue is provided"))
    if match not in (EXACT, NOT_OLDER_THAN):
        errors.append(field_errors.not_supported(MATCH, match, (EXACT, NOT_OLDER_THAN, "")))
    if match == EXACT and given == "0":
        detail = 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'
        errors.append(field_errors.forbidden(MATCH, detail))
    return errors
