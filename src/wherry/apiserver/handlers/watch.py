"""GET of a collection with watch=true: every change as it happens, one JSON line each.

The stream begins where the client says: with what there is now (no resourceVersion, or 0, or
sendInitialEvents), or right after a revision that it has seen. Then it waits for the store's events,
and a task beside it keeps the time (bookmarks, the end). All events of a commit leave as one piece.

A selector turns changes into what they mean to this client: an object that begins to match is ADDED,
one that stops matching is DELETED. Without a selector, in plain JSON, no object is ever parsed.

A bookmark says "you have seen everything up to this revision": one a minute, and one shortly before
the end, for clients that ask for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Expired
from wherry.apimachinery.table import IncludeObject, parse_include_object, partial_metadata, table
from wherry.apimachinery.watch_event import INITIAL_EVENTS_END, bookmark_line, document_line, error_line, event_line
from wherry.apiserver.environment import Environment
from wherry.apiserver.list_options import too_large, watch_options
from wherry.apiserver.media_types import PARTIAL, PARTIAL_LIST, PLAIN, TABLE
from wherry.apiserver.representations import representation
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import Selection, selection_from
from wherry.apiserver.watch_frames import type_of
from wherry.apiserver.wire import header_of, served_value
from wherry.kit.clock import Clock
from wherry.kit.http.types import Response
from wherry.kit.tasks import TaskScope
from wherry.store.interface import Compacted, KeyValue, StoreEvent, Watch

BOOKMARK_INTERVAL_S = 60.0
# The last bookmark comes this long before the end, so that it still arrives.
LAST_BOOKMARK_S = 2.0
# Without timeoutSeconds a watch ends after 30 to 60 minutes, each at another moment.
DEFAULT_TIMEOUT_S = 1800.0
TIMEOUT_MAX_S = 86400.0


@dataclass(slots=True)
class WatchPlan:
    """What one client has asked for. `after_revision` 0 means: begin with what there is."""

    request: ApiRequest
    selection: Selection
    form: str
    include_object: IncludeObject
    after_revision: int
    timeout_s: float
    with_bookmarks: bool
    sends_initial_end: bool
    shows_columns: bool = True


@dataclass(slots=True)
class Feed:
    """What the stream waits for: the store's events, a due bookmark, the end.

    The stream itself waits for the store, and the timekeeper interrupts it. A task in between would cost a
    turn of the loop per event, which under load is as long as all requests that arrive meanwhile take (4 ms).
    """

    watch: Watch
    is_bookmark_due: bool = False
    is_over: bool = False
    lost: Compacted | None = None
    _wait: asyncio.Timeout | None = None

    async def events(self) -> list[StoreEvent]:
        """The next events; none when it is time for something else."""
        if self.is_bookmark_due or self.is_over:
            return []
        try:
            # An interrupted wait loses nothing: the watch hands events over only when it returns.
            async with asyncio.timeout(None) as self._wait:
                return await anext(self.watch)
        except TimeoutError:
            return []
        except StopAsyncIteration:
            self.is_over = True
        except Compacted as error:
            self.lost = error
            self.is_over = True
        finally:
            self._wait = None
        return []

    async def keep_time(self, clock: Clock, timeout_s: float, with_bookmarks: bool) -> None:
        """Say when a bookmark is due and when the time is over."""
        if with_bookmarks:
            while timeout_s > BOOKMARK_INTERVAL_S + LAST_BOOKMARK_S:
                await clock.sleep(BOOKMARK_INTERVAL_S)
                timeout_s -= BOOKMARK_INTERVAL_S
                self._demand_bookmark()
            if timeout_s > LAST_BOOKMARK_S:
                await clock.sleep(timeout_s - LAST_BOOKMARK_S)
                timeout_s = LAST_BOOKMARK_S
                self._demand_bookmark()
        await clock.sleep(timeout_s)
        self.is_over = True
        self._interrupt()

    def _demand_bookmark(self) -> None:
        self.is_bookmark_due = True
        self._interrupt()

    def _interrupt(self) -> None:
        if self._wait is not None and not self._wait.expired():
            self._wait.reschedule(0)


async def handle_watch(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the stream; it begins when it is first read."""
    plan = _plan(environment, request)
    return Response(content_type="application/json", body=_stream(environment, plan))


def _plan(environment: Environment, request: ApiRequest) -> WatchPlan:
    options, newest = watch_options(request), environment.store.revision
    says, after_revision = options.sends_initial_events, options.revision
    # Who does not say gets what there is where no revision is named, for old clients' sake.
    sends_initial = not after_revision if says is None else says
    if says and after_revision > newest:
        raise too_large(after_revision, newest)
    form = representation(request).form
    return WatchPlan(
        request=request,
        selection=selection_from(request),
        form=PARTIAL if form == PARTIAL_LIST else form,
        include_object=parse_include_object(request.query.get("includeObject", "")),
        after_revision=0 if sends_initial else after_revision or newest,
        timeout_s=_timeout_s(environment, options.timeout_s),
        with_bookmarks=options.with_bookmarks,
        sends_initial_end=sends_initial and options.with_bookmarks,
    )


def _timeout_s(environment: Environment, asked_s: int) -> float:
    if asked_s == 0:
        return DEFAULT_TIMEOUT_S * (1 + environment.random.random())
    return min(max(0.0, float(asked_s)), TIMEOUT_MAX_S)


async def _stream(environment: Environment, plan: WatchPlan) -> AsyncIterator[bytes]:
    store, resource = environment.store, plan.request.target
    open_watches = environment.telemetry.watches.labels(resource.group, resource.plural)
    after_revision = plan.after_revision
    if not after_revision:
        page = await store.list(plan.selection.key_prefix)
        first = _initial_lines(environment, plan, page.items)
        if plan.sends_initial_end:
            first += _bookmark(environment, plan, page.revision, initial_end=True)
        if first:
            yield first
        after_revision = page.revision
    try:
        watch = store.watch(plan.selection.key_prefix, after_revision=after_revision)
    except Compacted as error:
        yield _too_old(error)
        return
    feed = Feed(watch)
    # Not `async with`: a generator that is closed at a yield must not turn that into an error of the scope.
    scope = TaskScope("watch")
    await scope.__aenter__()
    open_watches.inc()
    try:
        _ = scope.start("time", feed.keep_time(environment.clock, plan.timeout_s, plan.with_bookmarks))
        while not feed.is_over:
            events = await feed.events()
            piece = _lines(environment, plan, events) if events else b""
            if feed.is_bookmark_due:
                feed.is_bookmark_due = False
                piece += _bookmark(environment, plan, feed.watch.revision)
            if piece:
                yield piece
        if feed.lost is not None:
            yield _too_old(feed.lost)
    finally:
        open_watches.inc(-1)
        watch.close()
        await scope.__aexit__(None, None, None)


def _lines(environment: Environment, plan: WatchPlan, events: list[StoreEvent]) -> bytes:
    frames, selection = environment.frames, plan.selection
    if selection.is_everything and plan.form == PLAIN:
        return frames.chunk(selection.resource, selection.key_prefix, events)
    lines: list[bytes] = []
    for event in events:
        event_type = _selected_type(environment, selection, event)
        if not event_type:
            continue
        if plan.form == PLAIN:
            lines.append(frames.frame(selection.resource, event_type, event))
        else:
            lines.append(_shaped_line(environment, plan, event_type, _shown(event, event_type)))
    return b"".join(lines)


def _selected_type(environment: Environment, selection: Selection, event: StoreEvent) -> str:
    """What the event means to somebody who sees only the selection; "" for nothing."""
    if selection.is_everything:
        return type_of(event)
    previous = event.previous
    was = previous is not None and _matches(environment, selection, previous)
    if event.value is None:
        return "DELETED" if was else ""
    now = _matches(environment, selection, KeyValue(event.key, event.value, event.revision, event.created_revision))
    if now:
        return "MODIFIED" if was else "ADDED"
    return "DELETED" if was else ""


def _matches(environment: Environment, selection: Selection, item: KeyValue) -> bool:
    return selection.matches(item.key, item.value, lambda: environment.frames.document(selection.resource, item))


def _shown(event: StoreEvent, event_type: str) -> KeyValue:
    """The object that the line shows: what was, with the revision of its end, when it has left."""
    if event_type == "DELETED" or event.value is None:
        assert event.previous is not None
        return KeyValue(event.key, event.previous.value, event.revision, event.created_revision)
    return KeyValue(event.key, event.value, event.revision, event.created_revision)


def _initial_lines(environment: Environment, plan: WatchPlan, items: list[KeyValue]) -> bytes:
    lines: list[bytes] = []
    header = header_of(plan.selection.resource)
    for item in items:
        if not plan.selection.matches(item.key, item.value):
            continue
        if plan.form == PLAIN:
            lines.append(event_line("ADDED", header, served_value(plan.selection.resource, item.value), item.revision))
        else:
            lines.append(_shaped_line(environment, plan, "ADDED", item))
    return b"".join(lines)


def _shaped_line(environment: Environment, plan: WatchPlan, event_type: str, item: KeyValue) -> bytes:
    """An event whose object is a Table or only metadata."""
    resource = plan.selection.resource
    # A deletion shows an old value under a new revision, which the cache of documents must not keep.
    document: Document = orjson.loads(served_value(resource, item.value))
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    metadata["resourceVersion"] = str(item.revision)
    if plan.form != TABLE:
        return document_line(event_type, partial_metadata(document))
    shown = table(
        resource,
        [document],
        now_s=environment.clock.now_s(),
        list_meta={"resourceVersion": str(item.revision)},
        include_object=plan.include_object,
        with_columns=plan.shows_columns,
    )
    plan.shows_columns = False
    return document_line(event_type, shown)


def _bookmark(environment: Environment, plan: WatchPlan, revision: int, *, initial_end: bool = False) -> bytes:
    resource = plan.selection.resource
    if plan.form == PLAIN:
        return bookmark_line(header_of(resource), revision, initial_events_end=initial_end)
    metadata: Document = {"resourceVersion": str(revision)}
    if initial_end:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    if plan.form == PARTIAL:
        return document_line("BOOKMARK", partial_metadata({"metadata": metadata}))
    now_s = environment.clock.now_s()
    row: Document = {"metadata": metadata}
    shown = table(resource, [], now_s=now_s, list_meta=metadata, with_columns=plan.shows_columns)
    shown["rows"] = [{"cells": [], "object": partial_metadata(row)}] if initial_end else []
    plan.shows_columns = False
    return document_line("BOOKMARK", shown)


def _too_old(error: Compacted) -> bytes:
    return error_line(Expired(f"too old resource version: {error.requested} ({error.oldest})"))
