"""Boards are kept in the cluster by those who judge, and read by whoever looks."""

from __future__ import annotations

import datetime
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from suites.custom_resources import serving
from wherry.api.core.namespace import NAMESPACES
from wherry.api.method.api import APIS
from wherry.api.method.board import BoardSpec
from wherry.api.method.release import RELEASES, RUNNING
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response
from wherry.method.contracts.catalogue import PLURALS
from wherry.method.crds import ensure_kinds
from wherry.method.done.agreement import Waiver
from wherry.method.done.board import Board
from wherry.method.done.history import record, with_review
from wherry.method.done.kept_boards import boards_in, keep_board, read_board
from wherry.method.done.proofs import keep_proof, make_proof
from wherry.method.done.standard import Standard, leave_standard, standard_name
from wherry.method.done.waivers import keep_waiver
from wherry.method.evidence.observation import Method, against, supports
from wherry.method.evidence.verdict import Verdict, Word, judge

SPACE, AT = "orders-dev", "2026-01-05T12:00:00Z"
EMPTY = BoardSpec(service="orders", at=AT)
ADMINS = ("system:masters", "system:authenticated")


def board(word: Word, digest: str = "sha256:aa") -> Board:
    return Board("orders", (Verdict("logs", word, "It is so.", digest=digest),), digest)


@asynccontextmanager
async def cluster() -> AsyncIterator[tuple[Client, Client]]:
    """As somebody who may do everything, and as somebody who may do nothing."""
    async with serving() as api:
        await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
        admin = Client(InProcess(api.server.app, user="root", groups=ADMINS))
        yield admin, Client(InProcess(api.server.app, user="ben", groups=("system:authenticated",)))


async def keep(client: Client, word: Word, at: str = AT) -> BoardSpec | None:
    return await keep_board(
        client, SPACE, "orders", lambda previous: record(previous, board(word), at=at, release="orders-r1")
    )


async def note(client: Client, url: str, status: Document) -> None:
    body = json.dumps({"status": status}).encode()
    await client.request("PATCH", url, body=body, content_type="application/merge-patch+json")


async def test_a_board_is_kept_and_its_changes_add_up() -> None:
    async with cluster() as (admin, _):
        await keep(admin, Word.REFUTED)
        await keep(admin, Word.PROVED, "2026-01-06T12:00:00Z")
        found = await read_board(admin, SPACE, "orders")
        assert found is not None
        assert [(one.before, one.after) for one in found.spec.changes] == [("", "Refuted"), ("Refuted", "Proved")]
        assert found.spec.sentence == "Done: 1 of 1."


async def test_two_who_judge_at_once_lose_nothing_of_each_other() -> None:
    async with serving() as api:
        await api.must("POST", "/api/v1/namespaces", {"metadata": {"name": SPACE}})
        first = Client(InProcess(api.server.app, user="root", groups=ADMINS))
        await keep(first, Word.REFUTED)
        writes = 0

        async def somebody_is_faster(request: Request) -> Response:
            nonlocal writes
            if request.method == "PUT":
                writes += 1
                if writes == 1:
                    await keep(first, Word.PROVED, "2026-01-06T12:00:00Z")
            return await api.server.app(request)

        second = Client(InProcess(somebody_is_faster, user="root", groups=ADMINS))
        kept = await keep_board(second, SPACE, "orders", lambda was: with_review(was or EMPTY, "Sprint 1", "ana"))
        assert writes == 2
        assert kept is not None
        assert [one.name for one in kept.reviews] == ["Sprint 1"]
        assert [one.after for one in kept.changes] == ["Refuted", "Proved"]


async def test_who_may_not_keep_a_board_is_told_by_none_and_who_may_not_look_sees_none() -> None:
    async with cluster() as (admin, nobody):
        await ensure_kinds(admin, "boards", "proofs", "releases")
        assert await keep(nobody, Word.PROVED) is None
        await keep(admin, Word.PROVED)
        assert await boards_in(nobody, SPACE) == []
        (found,) = await boards_in(admin)
        assert (found.namespace, found.board.service, found.board.words) == (SPACE, "orders", {"logs": Word.PROVED})


async def test_what_was_promoted_and_never_judged_stands_by_what_was_read_and_waived() -> None:
    async with cluster() as (admin, _):
        await ensure_kinds(admin, "boards", "proofs", "releases")
        spec: Document = {"service": "orders", "number": 1, "environment": "dev", "image": "orders:1"}
        spec["digest"] = "sha256:" + "ab" * 32
        await admin.create(RELEASES, {"metadata": {"name": "orders-r1"}, "spec": spec}, SPACE)
        (bare,) = await boards_in(admin)
        assert (bare.record, bare.board.done) == (None, ())
        read = {
            "config": [supports("It is so.")],
            "logs": [against("A file grows.", fix="print it", repeat="wherry prove logs")],
        }
        await leave_standard(admin, SPACE, "orders", Standard(read=read))
        later = datetime.datetime.now(tz=datetime.UTC).date()
        await keep_waiver(admin, SPACE, standard_name("orders"), "logs", Waiver("logs", "ana", "later", later))
        (found,) = await boards_in(admin)
        assert (found.board.words["config"], found.board.words["logs"]) == (Word.SUPPORTED, Word.WAIVED)


async def test_a_trial_of_the_same_image_in_another_namespace_counts() -> None:
    async with cluster() as (admin, _):
        await ensure_kinds(admin, "boards", "proofs", "releases")
        await admin.create(NAMESPACES, {"metadata": {"name": "orders-trials"}})
        spec: Document = {"service": "orders", "number": 1, "environment": "dev", "image": "orders:1"}
        spec["digest"] = "sha256:" + "ab" * 32
        await admin.create(RELEASES, {"metadata": {"name": "orders-r1"}, "spec": spec}, SPACE)
        release = await admin.get(RELEASES, "orders-r1", SPACE)
        verdict = judge(
            "logs", [against("A file grows.", fix="print it", repeat="wherry prove logs")], digest=release.spec.digest
        )
        proof = make_proof(verdict, release, started_s=0, duration_s=1, version="1")
        assert await keep_proof(admin, "orders-trials", proof)
        for seen in (await boards_in(admin), await boards_in(admin, SPACE)):
            assert [one.board.words["logs"] for one in seen] == [Word.REFUTED]


@pytest.mark.parametrize(("at_s", "word"), [(1767700000, Word.REFUTED), (1767500000, Word.PROVED)])
async def test_what_was_tried_after_a_board_was_kept_counts_and_what_was_tried_before_does_not(
    at_s: int, word: Word
) -> None:
    async with cluster() as (admin, _):
        await ensure_kinds(admin, "boards", "proofs", "releases")
        digest = "sha256:" + "ab" * 32
        spec: Document = {"service": "orders", "number": 1, "environment": "dev", "image": "orders:1", "digest": digest}
        await admin.create(RELEASES, {"metadata": {"name": "orders-r1"}, "spec": spec}, SPACE)
        release = await admin.get(RELEASES, "orders-r1", SPACE)
        kept = board(Word.PROVED, digest)
        await keep_board(admin, SPACE, "orders", lambda was: record(was, kept, at=AT, release="orders-r1"))
        sin = against("A file grows.", fix="print it", repeat="wherry prove logs")
        proof = make_proof(judge("logs", [sin], digest=digest), release, started_s=at_s, duration_s=1, version="1")
        assert await keep_proof(admin, SPACE, proof)
        (found,) = await boards_in(admin)
        assert (found.board.words["logs"], found.environment) == (word, "dev")


async def test_what_the_catalogue_shows_is_not_lost_with_a_trial_that_came_after_the_board_was_kept() -> None:
    async with cluster() as (admin, _):
        await ensure_kinds(admin, "boards", "proofs", "releases", *PLURALS)
        digest = "sha256:" + "ab" * 32
        spec: Document = {"service": "orders", "number": 1, "environment": "dev", "image": "orders:1", "digest": digest}
        await admin.create(RELEASES, {"metadata": {"name": "orders-r1"}, "spec": spec}, SPACE)
        runs: Document = {"state": RUNNING, "runningSince": "2026-01-05T11:00:00Z"}
        await note(admin, RELEASES.url(SPACE, "orders-r1", "status"), runs)
        release = await admin.get(RELEASES, "orders-r1", SPACE)
        promise: Document = {"service": "orders", "digest": digest, "servedAt": "/openapi.json"}
        await admin.create(APIS, {"metadata": {"name": "orders"}, "spec": promise}, SPACE)
        await note(admin, APIS.url(SPACE, "orders", "status"), {"served": {"digest": "", "at": AT}})
        kept = Board("orders", (Verdict("contract-exposed", Word.REFUTED, "It is so.", digest=digest),), digest)
        await keep_board(admin, SPACE, "orders", lambda was: record(was, kept, at=AT, release="orders-r1"))
        good = replace(supports("It serves what it says."), method=Method.LIVE)
        verdict = judge("contract-exposed", [good], digest=digest)
        proof = make_proof(verdict, release, started_s=1767700000, duration_s=1, version="1")
        assert await keep_proof(admin, SPACE, proof)
        (found,) = await boards_in(admin)
        assert found.board.words == {"contract-exposed": Word.REFUTED}
        (one,) = found.board.verdicts
        assert one.says == f"orders was asked for its contract at /openapi.json, and serves none (seen last at {AT})."


async def test_where_nothing_is_installed_there_are_no_boards() -> None:
    async with cluster() as (admin, _):
        assert await boards_in(admin) == []
