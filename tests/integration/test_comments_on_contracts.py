"""What people say about a contract: whose words they are, who may, and what is open until both sign again."""

from __future__ import annotations

import copy
import json

import msgspec
import pytest

from suites.two_teams import World, project, promise, world
from wherry.api.method.agreement import AGREEMENTS
from wherry.api.method.api import APIS
from wherry.api.method.comment import COMMENTS
from wherry.api.method.need import NEEDS
from wherry.api.method.signature import SIGNATURES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.cli.contract_talk import Comment, Withdrawal
from wherry.kit import pki
from wherry.kit.http.tls import KeyPair
from wherry.method.contracts.acting import Actor, agree, expose
from wherry.method.contracts.catalogue import AGREERS, READERS
from wherry.method.contracts.comments import WITNESS, Remark, Subject, Words, seal_comment
from wherry.method.contracts.refusal import NotPossible

NAME = "web-orders"


async def remarks(w: World) -> tuple[Remark, ...]:
    return (await w.contract(w.ana))[0].remarks


async def say(actor: Actor, text: str, about: str = "", on: str = "contract", name: str = NAME) -> str:
    await Comment(name, text, about, on).go(actor)
    (made,) = [one for one in (await actor.client.list(COMMENTS)).items if one.spec.text == text]
    return made.metadata.name


async def bind(w: World, user: str, role: str, namespace: str) -> None:
    ref: Document = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role}
    who: Document = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}
    binding: Document = {"metadata": {"name": f"{user}-only"}, "roleRef": ref, "subjects": [who]}
    path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
    await w.admin.request("POST", path, body=json.dumps(binding).encode())


async def test_people_of_both_parties_comment_at_a_version_and_at_a_place() -> None:
    async with world() as w:
        await w.begun()
        await say(w.ben, "Is it with tax?", "get /orders/42 price")
        await w.pass_time()
        await say(w.ana, "It is.", on="promise")
        one, two = await remarks(w)
        assert (one.user, one.team, one.about, one.text, one.standing) == (
            "ben", "web-team", "GET /orders/42 price", "Is it with tax?", "open",
        )  # fmt: skip
        assert (two.user, two.team, two.subject.kind, two.since) == ("ana", "orders-team", "API", "")


async def test_a_comment_stays_with_its_version_and_says_what_has_changed_since() -> None:
    async with world() as w:
        await w.begun()
        await say(w.ben, "Is it with tax?", "GET /orders/{id} price")
        await w.pass_time()
        await say(w.ben, "We need more.", on="need")
        changed = copy.deepcopy(w.orders.document)
        changed["info"] = {"title": "Orders", "version": "2"}
        await expose(w.ana, project("orders"), promise(changed), ("ana",))
        assert [one.since for one in await remarks(w)] == ["the promise has changed since", ""]


async def test_a_comment_is_open_until_both_have_signed_after_it() -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        await w.pass_time()
        await say(w.ben, "Is it with tax?")
        # ben's signature from before does not settle what came later, nor does one of ana alone.
        await agree(w.ana, project("orders"), (await w.contract(w.ana))[0])
        assert [one.standing for one in await remarks(w)] == ["open"]
        await w.pass_time()
        await w.both_agree()
        assert [one.standing for one in await remarks(w)] == ["settled"]
        assert await agree(w.ana, project("orders"), (await w.contract(w.ana))[0]) is None
        assert len((await w.admin.list(SIGNATURES)).items) == 5


async def test_within_one_second_what_came_first_still_counts() -> None:
    async with world() as w:
        await w.begun()
        await say(w.ben, "Is it with tax?")
        await w.both_agree()
        await say(w.ben, "And with postage?")
        assert [one.standing for one in await remarks(w)] == ["settled", "open"]


async def test_only_its_author_withdraws_a_comment_and_it_stays_to_be_read() -> None:
    async with world() as w:
        await w.begun()
        name = await say(w.ben, "Is it with tax?")
        with pytest.raises(NotPossible, match="only ben can withdraw"):
            await Withdrawal(NAME, name).go(w.ana)
        # ana writes the object that ben would have to write: it counts for nothing.
        forged = seal_comment(
            (await remarks(w))[0].subject, Words("ana", "2026-01-01T00:00:00Z", withdraws=name), key(w, "ana")
        )
        await put(w, *forged)
        assert [one.standing for one in await remarks(w)] == ["open"]
        await Withdrawal(NAME, name).go(w.ben)
        (one,) = await remarks(w)
        assert (one.standing, one.text) == ("withdrawn", "Is it with tax?")
        with pytest.raises(NotPossible, match="withdrawn already"):
            await Withdrawal(NAME, name).go(w.ben)


def key(w: World, user: str) -> KeyPair:
    return pki.issue(w.ca, user, client=True)


async def put(w: World, name: str, spec: object, namespace: str = "orders-dev") -> None:
    body: Document = {"metadata": {"name": name}, "spec": msgspec.to_builtins(spec)}
    await w.admin.create(COMMENTS, body, namespace)


async def test_nobody_puts_words_into_the_mouth_of_somebody_else() -> None:
    async with world() as w:
        await w.begun()
        subject = Subject("Agreement", "web-dev", NAME)
        words = Words("ben", "2026-01-01T00:00:00Z", "We pay.")
        await put(w, *seal_comment(subject, words, key(w, "ana")))
        await put(w, *seal_comment(subject, words, pki.issue(pki.create_ca("x"), "ben", client=True)), "web-dev")
        name, spec = seal_comment(subject, words, key(w, "ben"))
        await put(w, f"{NAME}-again", spec)
        await put(w, f"{NAME}-other", msgspec.structs.replace(spec, text="We pay nothing."))
        assert await remarks(w) == ()
        # The dashboard has seen who is signed in, so its word counts; and the author's own.
        await w.admin.delete(COMMENTS, name, "orders-dev")
        await put(w, *seal_comment(subject, words, key(w, WITNESS)))
        assert [one.user for one in await remarks(w)] == ["ben"]


async def test_a_comment_never_changes() -> None:
    async with world() as w:
        await w.begun()
        name = await say(w.ben, "Is it with tax?")
        with pytest.raises(StatusError, match="a comment never changes"):
            await w.admin.patch(COMMENTS, name, {"spec": {"text": "No."}}, "web-dev")
        for verb in (w.ben.client.patch(COMMENTS, name, {"spec": {"text": "No."}}, "web-dev"),
                     w.ben.client.delete(COMMENTS, name, "web-dev")):  # fmt: skip
            with pytest.raises(Forbidden):
                await verb


async def test_somebody_of_neither_party_is_told_who_may_comment_and_may_still_speak_of_the_promise() -> None:
    async with world() as w:
        await w.begun()
        await bind(w, "cleo", AGREERS, "web-dev")
        cleo = w.actor("cleo", "web-dev")
        with pytest.raises(NotPossible, match=r"cleo is of neither party of web-orders \(ben and ana may comment\)"):
            await say(cleo, "Hello?")
        await say(cleo, "Could it have a currency?", name="orders")
        assert [(one.user, one.team, one.text) for one in await remarks(w)] == [
            ("cleo", "", "Could it have a currency?")
        ]


async def test_who_may_only_look_can_neither_sign_nor_comment() -> None:
    async with world() as w:
        await w.begun(consumers=("ben", "lou"))
        await bind(w, "lou", READERS, "web-dev")
        lou = w.actor("lou", "web-dev")
        entry, state = await w.contract(lou)
        assert state.word == "Exposed"
        with pytest.raises(Forbidden):
            await agree(lou, project("web"), entry)
        with pytest.raises(Forbidden):
            await say(lou, "Hello?")


async def test_who_may_agree_signs_and_comments_and_changes_nothing_else() -> None:
    async with world() as w:
        await w.begun(consumers=("ben", "ada"))
        await bind(w, "ada", AGREERS, "web-dev")
        ada = w.actor("ada", "web-dev")
        await agree(ada, project("web"), (await w.contract(ada))[0])
        await say(ada, "Fine.")
        assert [one.user for one in (await w.contract(ada))[0].facts.signatures] == ["ada"]
        (mine,) = (await w.admin.list(SIGNATURES, "web-dev")).items
        for attempt in (
            ada.client.delete(AGREEMENTS, NAME, "web-dev"),
            ada.client.patch(NEEDS, NAME, {"spec": {"team": "x"}}, "web-dev"),
            ada.client.delete(SIGNATURES, mine.metadata.name, "web-dev"),
            ada.client.patch(APIS, "orders", {"spec": {"team": "x"}}, "orders-dev"),
            ada.client.create(SIGNATURES, {"metadata": {"name": "x"}, "spec": {}}, "orders-dev"),
        ):
            with pytest.raises(Forbidden):
                await attempt


@pytest.mark.parametrize(
    ("text", "about", "says"),
    [
        ("  ", "", "there is nothing in the comment"),
        ("x" * 4001, "", "up to 4000 characters, and this one 4001"),
        ("x", "orders price", '"orders price" is no operation'),
        ("x", "GET /bills", "neither side speaks of GET /bills"),
        ("x", "GET /orders/7 weight", "GET /orders/7 has no field weight"),
    ],
)
async def test_a_comment_that_cannot_be_meant_says_what_is_wrong(text: str, about: str, says: str) -> None:
    async with world() as w:
        await w.begun()
        with pytest.raises(NotPossible, match=says):
            await Comment(NAME, text, about, "contract").go(w.ben)
        assert not (await w.admin.list(COMMENTS)).items
