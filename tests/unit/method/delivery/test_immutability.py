from __future__ import annotations

import pytest

from wherry.api.method.release import Release, ReleaseSpec
from wherry.apimachinery.errors import Forbidden, Invalid, NotFound, StatusError
from wherry.apimachinery.meta import ObjectMeta
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response
from wherry.method.delivery.immutability import can_be_changed, keeps_rules

RULES = b'{"x-kubernetes-validations":[]}'
SPEC = ReleaseSpec(service="orders", number=7, environment="dev", image="", digest="")
RELEASE = Release(metadata=ObjectMeta(name="orders-r7", namespace="shop"), spec=SPEC)


def cluster(*answers: bytes | StatusError) -> tuple[Client, list[Request]]:
    """One that gives these answers, one after the other."""
    asked: list[Request] = []

    async def answer(request: Request) -> Response:
        asked.append(request)
        given = answers[len(asked) - 1]
        return Response(body=given) if isinstance(given, bytes) else Response(status=given.code, body=given.to_bytes())

    return Client(InProcess(answer, user="ana")), asked


async def test_a_change_is_asked_for_without_being_made() -> None:
    client, asked = cluster(b"{}")
    assert await can_be_changed(client, RELEASE)
    assert (asked[0].method, asked[0].query) == ("PATCH", "dryRun=All")


@pytest.mark.parametrize("error", [Invalid("a release never changes"), Forbidden("no"), NotFound("gone")])
async def test_what_is_refused_or_cannot_be_asked_is_not_said_to_change(error: StatusError) -> None:
    client, _ = cluster(error)
    assert not await can_be_changed(client, RELEASE)


async def test_who_may_not_see_the_definition_reads_what_is_published() -> None:
    assert await keeps_rules(cluster(RULES)[0])
    assert not await keeps_rules(cluster(b"{}")[0])
    client, asked = cluster(Forbidden("no"), RULES)
    assert await keeps_rules(client)
    assert asked[1].path == "/openapi/v3/apis/wherry.dev/v1"
    assert not await keeps_rules(cluster(Forbidden("no"), NotFound("404 page not found"))[0])
