"""GET of a collection: all objects, a selection, or page by page.

A page's `continue` (continue_token.py) says at which revision the list was begun and after which key it goes on, so
that all pages show one moment. When that moment is forgotten the answer is 410 with a token that goes on at the
newest state instead.
"""

from __future__ import annotations

from wherry.apimachinery.errors import Expired
from wherry.apiserver.answers import list_answer
from wherry.apiserver.continue_token import Start, continue_token, expired, start_from
from wherry.apiserver.environment import Environment
from wherry.apiserver.list_options import ListOptions, list_options, too_large
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import Selection, selection_from
from wherry.kit.http.types import Response
from wherry.store.interface import Compacted, FutureRevision, KeyValue, Page

# With a selector, so many objects are looked at in one step, some 2 ms; others have their turn between two.
SCAN_SIZE = 500


async def handle_list(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the list."""
    selection, options = selection_from(request), list_options(request)
    page = await collect(environment, selection, options)
    token = ""
    if page.remaining:
        token = continue_token(selection, page.items[-1].key, page.revision, environment.clock.now_s())
    # How many are left is unknown when a selector decides, and then left out.
    remaining = page.remaining if selection.is_everything else 0
    return await list_answer(environment, request, page.items, page.revision, token, remaining)


async def collect(environment: Environment, selection: Selection, options: ListOptions) -> Page:
    """The chosen objects, as many as the options allow. `remaining` above 0 means that there may be more."""
    start, limit = _start(environment, selection, options), options.limit
    if selection.is_everything:
        return await _read(environment, selection, options, start, limit)
    # The page is a moment that does not change any more, however long it takes to look through it.
    page = await _read(environment, selection, options, start, 0)
    chosen: list[KeyValue] = []
    for position, item in enumerate(page.items, 1):
        if selection.matches(item.key, item.value):
            chosen.append(item)
            if limit and len(chosen) == limit:
                return Page(chosen, page.revision, len(page.items) - position)
        if position % SCAN_SIZE == 0:
            await environment.clock.sleep(0)
    return Page(chosen, page.revision, 0)


async def _read(environment: Environment, selection: Selection, options: ListOptions, start: Start, limit: int) -> Page:
    try:
        return await environment.store.list(
            selection.key_prefix, after_key=start.after_key, limit=limit, at_revision=start.revision
        )
    except Compacted as error:
        if options.continue_token:
            raise expired(selection, start.after_key, environment.clock.now_s()) from error
        raise Expired("The resourceVersion for the provided list is too old.") from error
    except FutureRevision as error:
        raise too_large(error.requested, error.current) from error


def _start(environment: Environment, selection: Selection, options: ListOptions) -> Start:
    if options.continue_token:
        return start_from(selection, options.continue_token, environment.clock.now_s())
    current = environment.store.revision
    if options.revision > current:
        raise too_large(options.revision, current)
    return Start(revision=options.revision) if options.is_exact else Start()
