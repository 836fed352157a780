"""Two teams and their contract: propose, expose, agree, verify, break it, see who breaks, and agree again."""

from __future__ import annotations

import json
from dataclasses import replace

import msgspec
import pytest

from suites.custom_resources import serving
from suites.two_teams import NEED, PROMISE, project, promise, world
from wherry.api.method.api import APIS
from wherry.api.method.signature import SIGNATURES
from wherry.api.method.verification import VERIFICATIONS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit import pki
from wherry.method.contracts.acting import Actor, agree, expose, propose, verify
from wherry.method.contracts.breaks import judge_change, sentences
from wherry.method.contracts.catalogue import NoCatalogue, ensure_catalogue, read_catalogue, read_published_need
from wherry.method.contracts.needs import read_need
from wherry.method.contracts.overview import Piece, read_puzzle
from wherry.method.contracts.reading import read_text
from wherry.method.contracts.refusal import NotPossible
from wherry.method.project import Service


async def test_a_contract_goes_from_proposed_to_verified_by_what_two_teams_do() -> None:
    async with world() as w:
        await w.begun()
        assert await w.word() == "Exposed"
        await agree(w.ana, project("orders"), (await w.contract(w.ana))[0])
        entry, state = await w.contract(w.ben)
        assert state.word == "Exposed"
        assert state.why == "Not signed yet by web-team (ben)."
        await agree(w.ben, project("web"), entry)
        entry, state = await w.contract(w.ana)
        assert state.word == "Agreed"
        result, outcomes = await verify(w.ana, entry)
        assert (result, [one.result for one in outcomes]) == ("Passed", ["Passed"])
        assert await w.word() == "Verified"


async def test_a_change_of_the_promise_unsigns_and_renegotiation_signs_again() -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        w.orders.document["info"] = {"title": "Orders", "version": "2"}
        assert await w.word() == "Drifting"  # served, and not published yet
        await expose(w.ana, project("orders"), promise(w.orders.document), ("ana",))
        state = (await w.contract(w.ana))[1]
        assert state.word == "Drifting"
        assert not state.condition("Agreed").holds
        await w.both_agree()
        assert await w.word() == "Agreed"


async def test_a_promise_without_what_is_needed_breaks_the_contract_and_names_the_partner() -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        changed = json.loads(json.dumps(PROMISE).replace('["id", "price"]', '["id"]'))
        catalogue = await read_catalogue(w.ana.client)
        needs = [await read_published_need(w.ana.client, one) for one in catalogue.needs]
        breaks = judge_change(promise(PROMISE).api, promise(changed).api, needs)
        assert sentences(breaks) == [
            "GET /orders/{id} may leave out price. The promise changes, and web uses it: web breaks."
        ]
        await expose(w.ana, project("orders"), promise(changed), ("ana",))
        state = (await w.contract(w.ana))[1]
        assert state.word == "Broken"
        assert state.why == "GET /orders/{id} may leave out price, and web needs it every time."


async def test_a_service_that_breaks_its_word_is_found_by_the_replay() -> None:
    async with world() as w:
        await w.begun()
        await w.both_agree()
        w.orders.order["price"] = None
        result, (outcome,) = await verify(w.ana, (await w.contract(w.ana))[0])
        assert result == "Failed"
        assert "GET /orders/42 answered with price empty (null), which web does not expect." in outcome.message
        assert "against its own contract" in outcome.message
        assert await w.word() == "Broken"


async def test_of_a_service_that_does_not_run_nothing_is_put_down() -> None:
    async with world() as w:
        elsewhere = project("orders")
        elsewhere = replace(elsewhere, file=msgspec.structs.replace(elsewhere.file, service=Service(port=9999)))
        await expose(w.ana, elsewhere, promise(PROMISE), ("ana",))
        need = read_need(read_text(json.dumps(NEED), "orders.json"), consumer="web")
        await propose(w.ben, project("web"), need, ("ben",))
        with pytest.raises(NotPossible, match=r"orders does not run in orders-dev: services \"orders\" not found"):
            await verify(Actor(w.admin, "orders-dev", "root"), (await w.contract(w.ana))[0])
        assert (await w.admin.list(VERIFICATIONS)).items == []


async def test_a_slip_in_the_name_of_a_provider_is_told_the_right_one() -> None:
    async with world() as w:
        await w.begun()
        slip = json.loads(json.dumps(NEED).replace('"orders"', '"ordres"'))
        need = read_need(read_text(json.dumps(slip), "ordres.json"), consumer="web")
        with pytest.raises(NotPossible) as told:
            await propose(w.ben, project("web"), need, ("ben",))
        assert told.value.remedy == "if you mean orders: write so as the provider, in contracts/needs"


async def test_nobody_signs_for_somebody_else() -> None:
    async with world() as w:
        await w.begun()
        entry, _ = await w.contract(w.ana)
        statement = await agree(w.ana, project("orders"), entry)
        (true,) = (await w.admin.list(SIGNATURES)).items
        stranger = pki.issue(pki.create_ca("other"), "ben", client=True)
        forged: list[Document] = [
            {"certificate": stranger.cert_pem.decode()},
            {"user": "ben"},
            {"team": "web-team", "user": "ben"},
            {"needDigest": "sha256:" + "0" * 64},
        ]
        for number, change in enumerate(forged):
            spec = json.loads(
                json.dumps((await w.admin.get_document(SIGNATURES, true.metadata.name, "orders-dev"))["spec"])
            )
            made: Document = {"metadata": {"name": f"forged-{number}"}, "spec": {**spec, **change}}
            await w.admin.create(SIGNATURES, made, "web-dev")
        facts = (await w.contract(w.ana))[0].facts
        assert [(one.user, one.statement) for one in facts.signatures] == [("ana", statement)]


async def test_a_signature_never_changes() -> None:
    async with world() as w:
        await w.begun()
        await agree(w.ana, project("orders"), (await w.contract(w.ana))[0])
        (one,) = (await w.admin.list(SIGNATURES)).items
        with pytest.raises(Exception, match="a signature never changes"):
            await w.admin.patch(SIGNATURES, one.metadata.name, {"spec": {"user": "ben"}}, "orders-dev")


async def test_who_may_not_sign_is_told_who_may() -> None:
    async with world() as w:
        await w.begun()
        entry, _ = await w.contract(w.ben)
        with pytest.raises(NotPossible, match=r"ben may not sign for orders-team \(ana may\)"):
            await agree(w.ben, project("orders"), entry)
        with pytest.raises(NotPossible, match="ana has no certificate to sign with"):
            await agree(w.actor("ana", "orders-dev", has_key=False), project("orders"), entry)


async def test_a_team_cannot_publish_in_the_namespace_of_another() -> None:
    async with world() as w:
        with pytest.raises(Forbidden):
            await expose(w.actor("ben", "orders-dev"), project("orders"), promise(PROMISE), ("ben",))


async def test_a_need_of_a_service_that_promises_nothing_is_told_the_way_out() -> None:
    async with world() as w:
        need = read_need(read_text(json.dumps(NEED), "orders.json"), consumer="web")
        with pytest.raises(NotPossible, match="orders has published no contract"):
            await propose(w.ben, project("web"), need, ("ben",))


async def test_large_documents_are_kept_beside() -> None:
    async with world() as w:
        w.orders.document["info"] = {"title": "x" * 250_000, "version": "1"}
        made, served = await expose(
            Actor(w.admin, "orders-dev", "root"), project("orders"), promise(w.orders.document), ("ana",)
        )
        assert (made.spec.document, made.spec.document_from) == ("", "orders-api")
        assert served == made.spec.digest


async def test_without_a_catalogue_only_somebody_who_may_makes_one() -> None:
    async with serving() as api:
        nobody = Client(InProcess(api.server.app, user="ben", groups=("system:authenticated",)))
        with pytest.raises(NoCatalogue):
            await ensure_catalogue(nobody)


async def test_the_puzzle_shows_what_each_service_offers_and_needs_and_who_has_not_signed() -> None:
    async with world() as w:
        await w.begun()
        await agree(w.ana, project("orders"), (await w.contract(w.ana))[0])
        puzzle = await read_puzzle(w.ben.client, w.ben.ca_pems)
        assert puzzle.pieces == (
            Piece("orders", "orders-dev", "orders-team", offers=("GET /orders/{id}",)),
            Piece("web", "web-dev", "web-team", needs=("orders",)),
        )
        (one,) = puzzle.of("web")
        assert (one.name, one.state.word, one.requests) == ("web-orders", "Exposed", ("GET /orders/42",))
        assert [signed.user for signed in one.signed] == ["ana"]
        assert [party.team for party in one.unsigned] == ["web-team"]


async def test_a_need_whose_provider_takes_its_promise_back_is_a_hole_in_the_puzzle() -> None:
    async with world() as w:
        await w.begun()
        await w.ana.client.delete(APIS, "orders", "orders-dev")
        puzzle = await read_puzzle(w.ben.client, w.ben.ca_pems)
        assert puzzle.pieces[0] == Piece("orders", "orders-dev", is_published=False)
        assert puzzle.contracts[0].state.why == "orders has published no contract."


async def test_where_nobody_has_published_anything_the_puzzle_is_empty() -> None:
    async with serving() as api:
        puzzle = await read_puzzle(Client(InProcess(api.server.app, user="ben", groups=("system:authenticated",))))
        assert not puzzle.pieces
        assert not puzzle.contracts
