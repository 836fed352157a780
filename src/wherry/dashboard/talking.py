"""Comments on contracts that people write in a page: in their name, with their rights, and with the page's word for it.

A browser has no key to seal a comment with. The dashboard has seen who is signed in, so it seals the comment itself
(contracts/comments.py); the object is written with the person's own rights.
"""

from __future__ import annotations

from collections.abc import Awaitable, Mapping

from wherry.apimachinery.errors import BadRequest, NotFound
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.dashboard.actions import Action, Form
from wherry.dashboard.markup import url
from wherry.dashboard.surroundings import Surroundings
from wherry.kit.http.tls import KeyPair
from wherry.method.contracts.about import check_about
from wherry.method.contracts.catalogue import Entry, NoCatalogue, client_authorities, read_catalogue
from wherry.method.contracts.commenting import check_party, check_text, find_own, subject_of, write_comment
from wherry.method.contracts.comments import Words
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.standing import read_entry
from wherry.method.delivery.requester import requester


def talk(around: Surroundings) -> Mapping[str, Action]:
    """What can be said in a page about a contract: `comment` and `withdraw`."""

    async def comment(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        return await _told(_comment(client, form, now_s, around))

    async def withdraw(client: Client, form: Form, now_s: float) -> tuple[str, str]:
        return await _told(_withdraw(client, form, now_s, around))

    return {"comment": comment, "withdraw": withdraw}


async def _comment(client: Client, form: Form, now_s: float, around: Surroundings) -> tuple[str, str]:
    entry, user, key = await _entry(client, form, around)
    _, home = check_party(entry, user)
    about = check_about(form.get("about", ""), entry.facts.api, entry.facts.need)
    words = Words(user, format_time(now_s), check_text(form.get("text", "")), about)
    name = await write_comment(client, home, subject_of(entry.agreement, entry.facts), words, key)
    return f"You have said it, as {user}. With kubectl: kubectl get comment {name} -n {home} -o yaml", _page(entry)


async def _withdraw(client: Client, form: Form, now_s: float, around: Surroundings) -> tuple[str, str]:
    entry, user, key = await _entry(client, form, around)
    _, home = check_party(entry, user)
    own = find_own(entry.remarks, form.get("comment", ""), user)
    await write_comment(client, home, own.subject, Words(user, format_time(now_s), withdraws=own.name), key)
    return "Your comment is withdrawn. It stays there to be read.", _page(entry)


async def _told(said: Awaitable[tuple[str, str]]) -> tuple[str, str]:
    """What cannot be done, as the page tells it."""
    try:
        return await said
    except (NotPossible, BrokenDocument) as error:
        raise BadRequest(f"{error}: {error.remedy}") from error
    except NoCatalogue as error:
        raise BadRequest(f"{error}: an administrator runs, once: wherry contract setup") from error


async def _entry(client: Client, form: Form, around: Surroundings) -> tuple[Entry, str, KeyPair]:
    """The contract that the form is about, who is signed in, and the key that vouches for it."""
    if around.witness is None:
        raise BadRequest("this page cannot say who you are: use wherry contract comment")
    known = around.authorities[0] if around.authorities else b""
    catalogue, authorities = await read_catalogue(client), await client_authorities(client, known)
    key = (form.get("namespace", ""), form.get("name", ""))
    for agreement in catalogue.agreements:
        if (agreement.metadata.namespace, agreement.metadata.name) == key:
            entry = await read_entry(client, catalogue, agreement, authorities)
            user = await requester(client, "")
            if entry is not None and user:
                return entry, user, around.witness
    raise NotFound(f"There is no contract {key[1]} in {key[0]}.")


def _page(entry: Entry) -> str:
    metadata = entry.agreement.metadata
    return url("contracts", metadata.namespace, metadata.name)
