"""GET of a collection with watch=true: every change as it happens, one JSON line each (watch_stream.py).

Old dashboards ask for the same over a WebSocket; then each event is a message of text.
"""

from __future__ import annotations

from contextlib import aclosing

from wherry.apimachinery.table import parse_include_object
from wherry.apiserver.environment import Environment
from wherry.apiserver.list_options import ListOptions, too_large, watch_options
from wherry.apiserver.media_types import PARTIAL, PARTIAL_LIST
from wherry.apiserver.representations import representation
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.selection import selection_from
from wherry.apiserver.watch_lines import WatchLines
from wherry.apiserver.watch_stream import WatchPlan, WatchStream
from wherry.kit.http.types import Response, Upgrade, WebSocket

# Without timeoutSeconds a watch ends after 30 to 60 minutes, each at another moment.
DEFAULT_TIMEOUT_S = 1800.0
TIMEOUT_MAX_S = 86400.0


async def handle_watch(environment: Environment, request: ApiRequest) -> Response:
    """Answer with the stream; it begins when it is first read."""
    options = watch_options(request)
    wanted, selection = representation(request), selection_from(request)
    lines = WatchLines(
        environment.frames,
        environment.clock,
        selection,
        PARTIAL if wanted.form == PARTIAL_LIST else wanted.form,
        wanted.version,
        parse_include_object(request.query.get("includeObject", "")),
    )
    open_watches = environment.telemetry.long_running(request)
    stream = WatchStream(environment.store, environment.clock, lines, _plan(environment, options), open_watches)
    if request.http.headers.get("upgrade", "").lower() == "websocket":
        return Response(upgrade=Upgrade("", lambda socket: _send_messages(stream, socket), sends_text=True))
    return Response(content_type="application/json", body=stream)


def _plan(environment: Environment, options: ListOptions) -> WatchPlan:
    newest, says, after_revision = environment.store.revision, options.sends_initial_events, options.revision
    # Who does not say gets what there is where no revision is named, for old clients' sake.
    sends_initial = not after_revision if says is None else says
    if says and after_revision > newest:
        raise too_large(after_revision, newest)
    return WatchPlan(
        after_revision=0 if sends_initial else after_revision or newest,
        timeout_s=_timeout_s(environment, options.timeout_s),
        with_bookmarks=options.with_bookmarks,
        sends_initial_end=sends_initial and options.with_bookmarks,
    )


def _timeout_s(environment: Environment, asked_s: int) -> float:
    if asked_s == 0:
        return DEFAULT_TIMEOUT_S * (1 + environment.random.random())
    return min(max(0.0, float(asked_s)), TIMEOUT_MAX_S)


async def _send_messages(stream: WatchStream, socket: WebSocket) -> None:
    async with aclosing(stream):
        async for piece in stream:
            for line in piece.splitlines(keepends=True):
                await socket.send(line)
