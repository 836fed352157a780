"""The facts for a program with its own credentials: answered without the pages, which may never have been asked for.

    programs = Programs(api, Moments(store, clock), hosts=["localhost"], this_host="laptop")
    response = await programs.answer(request)      # GET /ui/v1/status.json, and what else facts.py answers

The command line asks for these with each `wherry status`; the pages and all that they are made of need not be loaded
for it. What only a page's own copies can answer (picture.json of now, the downloads) stays with the dashboard.
"""

from __future__ import annotations

from collections.abc import Collection

from wherry.apimachinery.errors import StatusError, Unauthorized
from wherry.dashboard.facts import ANSWERS, facts_as_json
from wherry.dashboard.guard import guarded, is_known_host
from wherry.dashboard.moments import Moments
from wherry.dashboard.person import Credentials, client_of, name_of
from wherry.dashboard.place import FACTS
from wherry.kit.http.types import App, Request, Response

PLAIN = "text/plain; charset=utf-8"


class Programs:
    """Answers programs, each with its own rights."""

    def __init__(self, api: App, moments: Moments, *, hosts: Collection[str], this_host: str = "") -> None:
        """`api` answers Kubernetes' API; `hosts` are the names and addresses of this server, in small letters."""
        self._api = api
        self._moments = moments
        self._hosts = frozenset(hosts)
        self._this_host = this_host

    def can_answer(self, request: Request) -> bool:
        """Whether it asks for facts, and brings no session of a browser."""
        if request.method != "GET" or "cookie" in request.headers:
            return False
        name = request.path.removeprefix(FACTS)
        # The picture of now is kept current for whoever asks again and again; for a single look that is too much.
        return name in ANSWERS and (name != "picture.json" or not {"at", "few"}.isdisjoint(dict(request.query_items())))

    async def answer(self, request: Request) -> Response:
        """Answer one request that `can_answer`."""
        if not is_known_host(request, self._hosts):
            return guarded(Response(421, PLAIN, b"This server has another name.\n"))
        return guarded(await self._facts(request, request.path.removeprefix(FACTS)))

    async def _facts(self, request: Request, name: str) -> Response:
        credentials = Credentials(request.peer, request.headers.get("authorization", ""))
        try:
            await name_of(self._api, credentials)
            client, asked = client_of(self._api, credentials), dict(request.query_items())
            return Response(body=await facts_as_json(name, client, self._moments, asked, self._this_host))
        except Unauthorized:
            return not_signed_in()
        except StatusError as error:
            return Response(error.code, body=error.to_bytes())


def not_signed_in() -> Response:
    """The answer to who has said nothing of who they are."""
    refusal = Unauthorized("you are not signed in here: wherry open; or send a token or a certificate")
    return Response(401, body=refusal.to_bytes())
