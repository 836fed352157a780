"""Who has changed what, for whoever may see the changes of it: GET /wherry/v1/deeds.

    ?after=40&until=90                          everything between two revisions
    ?people=true&since=1800000000               what people did since a moment, and nothing of the masters
    ?group=apps&plural=deployments&namespace=shop&name=web        of one object, as long as anybody remembers

Kubernetes has no such question, so it stands beside the API and in none of its descriptions. Everybody who has proved
who they are may ask; the answer holds what they may watch, and of what is asked for by name what they may get.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import msgspec

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.deed import Deed, deed_of
from wherry.apimachinery.errors import MethodNotAllowed
from wherry.apiserver.filters.authorize import Access, Authorizer
from wherry.apiserver.request import ApiRequest, account_of
from wherry.apiserver.wire import collection_prefix
from wherry.kit.http.types import Response
from wherry.store.interface import Store
from wherry.store.signatures import Signed

PATH = "/wherry/v1/deeds"
# The newest; some 3 MB.
DEEDS_MAX = 10_000
# Some 3 ms; others have their turn between two.
DEEDS_PER_TURN = 500
MASTERS_NAMESPACE = "kube-system"


async def answer_deeds(store: Store, catalog: Catalog, authorizer: Authorizer, request: ApiRequest) -> Response:
    """The deeds that are asked for and that the person may see, oldest first."""
    if request.http.method != "GET":
        raise MethodNotAllowed
    after, until = request.whole_number("after", 0), request.whole_number("until", 0)
    since, people = request.whole_number("since", 0), request.is_set("people")
    query = request.query
    signed = await store.signed(_prefix(request), after_revision=max(0, after), until_revision=max(0, until))
    kinds = {(one.group, one.plural): one.kind for one in catalog}
    found: list[Deed] = []
    seen: dict[tuple[str, str, str], bool] = {}
    for start in range(0, len(signed), DEEDS_PER_TURN):
        for deed in _read(signed[start : start + DEEDS_PER_TURN]):
            if deed.time_s < since or (people and _is_masters(deed.author.user)):
                continue
            if query.get("name") and deed.name != query["name"]:
                continue
            if query.get("namespace") and deed.namespace != query["namespace"]:
                continue
            if await _may_see(authorizer, request, deed, seen):
                found.append(msgspec.structs.replace(deed, kind=kinds.get((deed.group, deed.plural), "")))
        await asyncio.sleep(0)  # noqa: TID251 - a turn of the loop, not time
    return Response(body=msgspec.json.encode(found[-DEEDS_MAX:]))


def _prefix(request: ApiRequest) -> str:
    """The start of the keys that can be meant."""
    query = request.query
    if not query.get("plural"):
        return ""
    place = collection_prefix(query.get("group", ""), query["plural"])
    return place + (f"{query['namespace']}/" if query.get("namespace") else "") + query.get("name", "")


def _is_masters(user: str) -> bool:
    """Whether a user is a part of the cluster: everybody of `system:` but the accounts of others' programs."""
    account = account_of(user)
    return user.startswith("system:") if account is None else account[0] == MASTERS_NAMESPACE


def _read(signed: Iterable[Signed]) -> Iterable[Deed]:
    for one in signed:
        deed = deed_of(one.revision, one.time_s, one.key, one.text)
        if deed is not None:
            yield deed


async def _may_see(
    authorizer: Authorizer, request: ApiRequest, deed: Deed, seen: dict[tuple[str, str, str], bool]
) -> bool:
    """Whether the person may see the changes of the object."""
    user, name = request.user, request.query.get("name", "")
    where = (deed.group, deed.plural, deed.namespace)
    if where not in seen:
        await authorizer.refresh_for(user, deed.plural)
        asked = [Access("watch", deed.group, deed.plural, namespace=deed.namespace)]
        if name:
            # A namespace lies in itself, as in authorize.py.
            space = name if (deed.group, deed.plural) == ("", "namespaces") else deed.namespace
            asked.append(Access("get", deed.group, deed.plural, namespace=space, name=name))
        seen[where] = any(authorizer.is_allowed(user, access) for access in asked)
    return seen[where]
