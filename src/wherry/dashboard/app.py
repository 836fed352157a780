"""The dashboard: its addresses under /ui, and who may have them.

    /ui/                       the picture; /ui/story, /ui/next, /ui/glossary
    /ui/pods/NS/NAME           why a pod is as it is; /ui/workloads/KIND/NS/NAME
    /ui/stream                 what changes, for the views that a browser shows
    /ui/log, /ui/shell, /ui/settings, /ui/rollout, /ui/yaml  and  KIND/NS/NAME: the other tabs of both
    /ui/logs/NS/POD            a container's log as text, as it grows
    /ui/exec/NS/POD            a shell in a container, as a WebSocket
    /ui/v1/NAME.json           the facts behind the pages, now and in the past: facts.py
    /ui/actions/NAME           one change, as a form; /ui/trials/NAME says what would change
    /ui/play/NS/SERVICE/NAME   plays a journey and tells it
    /ui/login-links            makes a link that signs in once (asked with the person's own credentials)
    /ui/login?code=...         signs in; /ui/logout signs out

Every answer about the cluster is made of what the API server tells this very person: see person.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from pathlib import Path
from random import Random
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import msgspec
import orjson

from wherry.api.core.pod import PODS
from wherry.apimachinery.errors import BadRequest, Forbidden, NotFound, StatusError, TooManyRequests, Unauthorized
from wherry.client.client import Client
from wherry.dashboard.actions import ACTIONS, TRIALS
from wherry.dashboard.channel import Channel
from wherry.dashboard.choosing import choose_namespace
from wherry.dashboard.container_streams import log_of, shell_in
from wherry.dashboard.detail.editing import written_again
from wherry.dashboard.downloads import DOWNLOADS, LIVE_FACTS
from wherry.dashboard.facts import ANSWERS, facts_as_json
from wherry.dashboard.guard import guarded, is_known_host, is_own_form
from wherry.dashboard.layout import answer_page, frame, message_page, whole_page
from wherry.dashboard.live import Live, Lives
from wherry.dashboard.markup import url
from wherry.dashboard.moments import Moments, Past
from wherry.dashboard.person import Credentials, client_of, name_of
from wherry.dashboard.place import PREFIX
from wherry.dashboard.playing import stream_play, whole_play
from wherry.dashboard.programs import not_signed_in
from wherry.dashboard.puzzle.moving import moving
from wherry.dashboard.refusals import refusal
from wherry.dashboard.sessions import CODE_LIFE_S, Session, Sessions, cookie_in, cookie_name, set_cookie
from wherry.dashboard.sight import is_blind, unseen
from wherry.dashboard.stand_ins import starting
from wherry.dashboard.static_files import static_file
from wherry.dashboard.stream import Source, Unserved, event_stream
from wherry.dashboard.surroundings import Surroundings
from wherry.dashboard.talking import talk
from wherry.dashboard.trying import try_what_if
from wherry.dashboard.views.registry import VIEWS
from wherry.dashboard.views.view import Asked, Page, View
from wherry.kit.clock import Clock
from wherry.kit.http.types import App, Request, Response
from wherry.kit.tasks import TaskScope
from wherry.method.journey.keeping import KeptJourney, find_journey

HTML = "text/html; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"
VIEWS_PER_STREAM_MAX = 16
TOO_MANY_VIEWS = "this browser shows too many different pages. Close some, then load this one again."


class Dashboard:
    """Answers what is asked below /ui; implements kit.component.Component."""

    name = "dashboard"

    def __init__(
        self,
        api: App,
        clock: Clock,
        random: Random,
        *,
        hosts: Collection[str],
        surroundings: Surroundings | None = None,
        keep_sessions_in: Path | None = None,
        past: Past | None = None,
    ) -> None:
        """`api` answers Kubernetes' API; `hosts` are the names and addresses of this server, in small letters.

        `past` knows which revision was the newest when.
        """
        around = surroundings or Surroundings()
        self.ready = asyncio.Event()
        self._api = api
        self._clock = clock
        self._hosts = frozenset(hosts)
        self.sessions = Sessions(clock, keep_sessions_in)
        self._this_host = around.this_host
        self._what_if = around.what_if
        self._actions = {
            **ACTIONS,
            **talk(around),
            **moving(around.places),
            "stand-in": starting(around.make_stand_in_image),
        }
        self._moments = Moments(past, clock)
        self._lives = Lives(
            lambda client, namespace: Live(client, namespace, clock, random, around, moments=self._moments)
        )
        self._scope: TaskScope | None = None

    async def run(self) -> None:
        """Keep what people look at current, until cancelled."""
        async with TaskScope(self.name) as scope:
            self._scope = scope
            self.ready.set()
            await asyncio.Event().wait()

    async def app(self, request: Request) -> Response:
        """Answer one request."""
        if not is_known_host(request, self._hosts):
            return guarded(Response(421, PLAIN, b"This server has another name.\n"))
        try:
            return guarded(await self._answer(request))
        except StatusError as error:
            return guarded(self._refusal(error))

    async def _answer(self, request: Request) -> Response:
        path = [unquote(segment) for segment in request.path.removeprefix(PREFIX).strip("/").split("/")]
        match request.method, path:
            case "GET" | "HEAD", ["static", *rest] if (file := static_file("/".join(rest))) is not None:
                return file
            case "POST", ["login-links"]:
                return await self._make_login_link(request)
            case "GET", ["login"]:
                return self._login(request)
            case "GET", ["v1", name] if name in ANSWERS or name in LIVE_FACTS:
                return await self._facts(request, name)
            case "GET", ["files", kind, *rest] if kind in DOWNLOADS:
                # For a browser that has signed in, and for a program with its own credentials.
                asker = await self._session_or_program(request)
                try:
                    return await DOWNLOADS[kind](await self._live(asker, rest[0] if len(rest) > 1 else ""), rest)
                except StatusError as error:
                    if asker.id:
                        raise
                    return Response(error.code, body=error.to_bytes())
        session = self._session(request)
        if request.method == "GET":
            return await self._show(request, session, path)
        if request.method == "POST":
            return await self._change(request, session, path)
        return Response(405, PLAIN, b"405 method not allowed\n")

    async def _show(self, request: Request, session: Session, path: list[str]) -> Response:
        match path:
            case [""] if request.path == PREFIX:
                return _see_other(f"{PREFIX}/")
            case ["stream"]:
                return await self._stream(request, session)
            case ["logs", namespace, pod]:
                return await log_of(self._client(session), request, _safe(namespace), _safe(pod))
            case ["exec", namespace, pod]:
                # A page of a stranger could open a WebSocket with the person's cookie.
                if not is_own_form(request):
                    raise Forbidden("this shell is not asked for by a page of this dashboard")
                return await shell_in(self._client(session), request, session, _safe(namespace), _safe(pod))
        return await self._page(request, session, path)

    async def _change(self, request: Request, session: Session, path: list[str]) -> Response:
        if not is_own_form(request):
            raise Forbidden("this form does not come from a page of this dashboard")
        match path:
            case ["logout"]:
                return self._logout(request, session)
            case ["depth"]:
                session.is_technical = not session.is_technical
                return _see_other(_own_page(_form(request).get("back", "")))
            case ["keys"]:
                session.has_keys = not session.has_keys
                return _see_other(_own_page(_form(request).get("back", "")))
            case ["actions", name]:
                return await self._act(request, session, name)
            case ["trials", "what-if"]:
                main = await try_what_if(self._what_if, self._client(session), _form(request))
                return Response(200, HTML, answer_page("What if", main, session, f"{PREFIX}/").encode())
            case ["play", namespace, service, journey]:
                return await self._play(request, session, await self._journey(session, namespace, service, journey))
            case ["trials", name] if name in TRIALS:
                return await self._try(request, session, name)
        raise NotFound("There is no such form.")

    async def _facts(self, request: Request, name: str) -> Response:
        """Facts as JSON: for a browser that has signed in, and for a program with its own credentials."""
        asked = dict(request.query_items())
        try:
            session = await self._session_or_program(request)
            if name == "picture.json" and not asked.get("at"):
                namespace = asked.get("ns", "")
                live = await self._live(session, namespace)
                return Response(body=msgspec.json.encode(live.model.snapshot(namespace)))
            if name in LIVE_FACTS:
                live = await self._live(session, asked.get("ns", ""))
                return Response(body=msgspec.json.encode(await LIVE_FACTS[name](live)))
            return Response(
                body=await facts_as_json(name, self._client(session), self._moments, asked, self._this_host)
            )
        except Unauthorized:
            return not_signed_in()
        except StatusError as error:
            return Response(error.code, body=error.to_bytes())

    async def _session_or_program(self, request: Request) -> Session:
        try:
            return self._session(request)
        except Unauthorized:
            credentials = Credentials(request.peer, request.headers.get("authorization", ""))
            name = await name_of(self._api, credentials)
            return Session("", name, credentials, ends_s=0.0, used_s=0.0)

    def _refusal(self, error: StatusError) -> Response:
        if error.code == 401:
            sentence = "You are not signed in here, or no longer: links work once, and sessions end."
            return Response(401, HTML, message_page("Please sign in", sentence, "wherry open").encode())
        title = "There is no such page" if error.code == 404 else _title_of(error)
        return Response(error.code, HTML, message_page(title, error.message, back=f"{PREFIX}/").encode())

    # ------------------------------------------------------------------------------------ signing in and out

    async def _make_login_link(self, request: Request) -> Response:
        """Only programs ask for links: a browser would say from which page it asks."""
        if "origin" in request.headers or "sec-fetch-site" in request.headers:
            raise Forbidden("links are made by: wherry open")
        credentials = Credentials(request.peer, request.headers.get("authorization", ""))
        try:
            name = await name_of(self._api, credentials)
        except StatusError as error:
            return Response(error.code, body=error.to_bytes())
        own = dict(request.query_items()).get("ns", "")
        code = self.sessions.make_code(name, credentials, own)
        link = f"https://{request.headers['host']}{PREFIX}/login?{urlencode({'code': code})}"
        return Response(201, body=orjson.dumps({"url": link, "name": name, "goodForSeconds": int(CODE_LIFE_S)}))

    def _login(self, request: Request) -> Response:
        if "prefetch" in request.headers.get("sec-purpose", "") + request.headers.get("purpose", ""):
            raise Forbidden("a link that works once is not for looking ahead")
        cookie = self.sessions.redeem(dict(request.query_items()).get("code", ""))
        if cookie is None:
            raise Unauthorized
        # A page that leads on, not a redirect: the browser then comes from our own page, and a strict cookie is sent.
        main = f'<h1>You are signed in</h1><p><a href="{PREFIX}/">Open the picture</a></p>'
        response = Response(200, HTML, frame("Signed in", main, refresh=f"{PREFIX}/").encode())
        response.headers.append(set_cookie(cookie_name(request.headers.get("host", "")), cookie))
        return response

    def _logout(self, request: Request, session: Session) -> Response:
        self.sessions.end(session)
        body = message_page("You are signed out", "This browser may see nothing of the cluster now.", "wherry open")
        response = Response(200, HTML, body.encode())
        response.headers.append(set_cookie(cookie_name(request.headers.get("host", "")), ""))
        return response

    def _session(self, request: Request) -> Session:
        cookie = cookie_in(request.headers.get("cookie", ""), cookie_name(request.headers.get("host", "")))
        session = self.sessions.find(cookie)
        if session is None:
            raise Unauthorized
        return session

    # ------------------------------------------------------------------------------------------------ views

    async def _page(self, request: Request, session: Session, path: list[str]) -> Response:
        view, page, channel, live = await self._open(session, path, request.query)
        asked = dict(parse_qsl(request.query))
        if not unseen(live):
            session.namespace = live.namespace
        elif await self._goes_on_elsewhere(session, view, live):
            return _see_other(url(*path, **{**asked, "ns": session.namespace}))
        # A stream need not wait for that: what is missing is its first message.
        await (channel.refresh() if session.note else channel.catch_up())
        still = await page.still() if page.still is not None else ""
        namespace = live.namespace or asked.get("ns", "")
        return Response(200, HTML, whole_page(page, channel, session, view, still, namespace=namespace).encode())

    async def _goes_on_elsewhere(self, session: Session, view: View, live: Live) -> bool:
        """Whether no namespace is asked for, nothing is seen without one, and something is in the one from before."""
        if live.namespace or not session.namespace or not await is_blind(live, view.tells_of):
            return False
        return not unseen(await self._live(session, session.namespace))

    async def _open(self, session: Session, path: list[str], query: str) -> tuple[View, Page, Channel, Live]:
        """A view, ready to be shown. Raises NotFound."""
        first, rest = path[0], tuple(path[1:])
        view = next((one for one in VIEWS if one.path == first and one.segments == len(rest)), None)
        if view is None or not all(rest):
            raise NotFound("There is no page at this address.")
        asked = Asked(rest, dict(parse_qsl(query)))
        live = await self._live(session, rest[-2] if len(rest) > 1 else asked.get("ns"))
        page = choose_namespace(view, live, asked) if await is_blind(live, view.tells_of) else view.make(live, asked)
        address = "/".join(quote(one, safe="") for one in path) + (f"?{query}" if query else "")
        return view, page, await live.channel(address, page.render, page.interval_s, page.beat_s), live

    async def _live(self, session: Session, namespace: str) -> Live:
        """What this person may see: the whole cluster, or, where they may not, the namespace that they ask for."""
        assert self._scope is not None
        client = self._client(session)
        try:
            live = await self._lives.get(self._scope, session.credentials.key, client)
            if namespace and PODS.kind in live.model.hidden:
                live = await self._lives.get(self._scope, session.credentials.key, client, namespace)
        except Unauthorized:
            self.sessions.end(session)
            raise
        return live

    def _client(self, session: Session) -> Client:
        return client_of(self._api, session.credentials)

    async def _stream(self, request: Request, session: Session) -> Response:
        asked = request.query_items()
        addresses = [value for name, value in asked if name == "view"]
        positions = [value for name, value in asked if name == "from"]
        if last := request.headers.get("last-event-id", ""):
            positions = last.split(",")
        positions += [""] * (len(addresses) - len(positions))
        if not addresses:
            raise BadRequest("a stream needs a view")
        sources: list[Source] = []
        lives: list[Live] = []
        for number, address in enumerate(addresses):
            try:
                if number >= VIEWS_PER_STREAM_MAX:
                    raise TooManyRequests(TOO_MANY_VIEWS)
                path, _, query = address.partition("?")
                _, _, channel, live = await self._open(session, [unquote(one) for one in path.split("/")], query)
            except StatusError as error:
                # Without a session no view is good; what the server cannot do now it can do when asked again.
                if error.code == 401 or error.code >= 500:
                    raise
                sources.append(Unserved(address, positions[number], error.message))
            else:
                sources.append(channel)
                lives.append(live)

        def is_good() -> bool:
            return self.sessions.is_good(session) and not any(live.is_over for live in lives)

        return Response(200, "text/event-stream", event_stream(sources, positions, self._clock, is_good))

    async def _journey(self, session: Session, namespace: str, service: str, name: str) -> KeptJourney:
        return await find_journey(self._client(session), _safe(namespace), service, name)

    async def _play(self, request: Request, session: Session, kept: KeptJourney) -> Response:
        """Play a journey in the person's name, and tell it: line by line to a script, else as one page."""
        client = self._client(session)
        if "text/event-stream" in request.headers.get("accept", ""):
            return Response(200, "text/event-stream", stream_play(client, kept, self._clock))
        title, main = f"{kept.journey.title}: {kept.service}", await whole_play(client, kept, self._clock)
        return Response(200, HTML, answer_page(title, main, session, f"{PREFIX}/demo").encode())

    async def _act(self, request: Request, session: Session, name: str) -> Response:
        action = self._actions.get(name)
        if action is None:
            raise NotFound("There is no such action.")
        form = _form(request)
        try:
            session.note, page = await action(self._client(session), form, self._clock.now_s())
        except StatusError as error:
            return self._refused(error, request, session, form)
        return _see_other(page)

    async def _try(self, request: Request, session: Session, name: str) -> Response:
        form = _form(request)
        try:
            title, main = await TRIALS[name](self._client(session), form)
        except StatusError as error:
            return self._refused(error, request, session, form)
        return Response(200, HTML, answer_page(title, main, session, f"{PREFIX}/").encode())

    def _refused(self, error: StatusError, request: Request, session: Session, form: Mapping[str, str]) -> Response:
        """Say what was refused and the way out; what the person has written stays in its form."""
        if error.code == 401:
            raise error
        back = _own_page(urlsplit(request.headers.get("referer", "")).path)
        main = refusal(error, back) + written_again(form)
        return Response(error.code, HTML, answer_page(_title_of(error), main, session, back).encode())


def _title_of(error: StatusError) -> str:
    return "You may not do that" if error.code == 403 else "That did not work"


def _see_other(path: str) -> Response:
    return Response(303, PLAIN, b"", [("Location", path)])


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def _own_page(address: str) -> str:
    """An address of this dashboard; nobody is led elsewhere."""
    return address if address.startswith(f"{PREFIX}/") and address.isprintable() else f"{PREFIX}/"


def _safe(segment: str) -> str:
    if not segment or "/" in segment or segment in (".", ".."):
        raise NotFound("There is no page at this address.")
    return segment
