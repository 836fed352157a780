from __future__ import annotations

import gzip
from collections.abc import AsyncIterator

import pytest

from suites.api_harness import PARTIAL_LIST, TABLE, Answer, Api, make_api
from wherry.apiserver.filters.compress import THRESHOLD_BYTES, takes_gzip

MAPS = "/api/v1/namespaces/default/configmaps"
PROTOBUF = "application/vnd.kubernetes.protobuf"


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    for number in range(4):
        await api.must("POST", MAPS, {"metadata": {"name": f"m{number}"}, "data": {"a": "x" * (THRESHOLD_BYTES // 4)}})
    return api


async def ask(api: Api, path: str, encoding: str = "gzip", **options: str) -> Answer:
    return await api.ask("GET", path, headers={"accept-encoding": encoding}, **options)  # type: ignore[arg-type]


def encoding_of(answer: Answer) -> str:
    return dict(answer.headers).get("Content-Encoding", "")


@pytest.mark.parametrize("accept", ["", PROTOBUF, "application/yaml"])
async def test_a_long_list_is_compressed_for_who_takes_it(api: Api, accept: str) -> None:
    plain = await api.ask("GET", MAPS, accept=accept)
    packed = await ask(api, MAPS, accept=accept)
    assert (encoding_of(plain), encoding_of(packed)) == ("", "gzip")
    assert ("Vary", "Accept-Encoding") in packed.headers
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 10


async def test_a_short_list_is_not(api: Api) -> None:
    for answer in (await ask(api, f"{MAPS}?limit=3"), await ask(api, MAPS, accept=PARTIAL_LIST)):
        assert (answer.status, encoding_of(answer)) == (200, "")
    assert encoding_of(await ask(api, MAPS, accept=TABLE)) == ""


async def test_a_large_object_is_compressed_and_a_small_one_is_not(api: Api) -> None:
    await api.must("POST", MAPS, {"metadata": {"name": "large"}, "data": {"a": "x" * THRESHOLD_BYTES}})
    packed = await ask(api, f"{MAPS}/large")
    assert encoding_of(packed) == "gzip"
    assert gzip.decompress(packed.body) == (await api.ask("GET", f"{MAPS}/large")).body
    assert encoding_of(await ask(api, f"{MAPS}/m0")) == ""


async def test_what_is_written_comes_back_as_it_is(api: Api) -> None:
    body = {"metadata": {"name": "large"}, "data": {"a": "x" * THRESHOLD_BYTES}}
    response = await api.raw("POST", MAPS, body, headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in dict(response.headers)


async def test_a_long_list_in_protobuf_is_compressed_as_it_comes(api: Api) -> None:
    for number in range(200):
        await api.must("POST", MAPS, {"metadata": {"name": f"n{number}"}, "data": {"a": f"{number}" * 500}})
    plain = await api.ask("GET", MAPS, accept=PROTOBUF)
    response = await api.raw("GET", MAPS, accept=PROTOBUF, headers={"accept-encoding": "gzip"})
    assert isinstance(response.body, AsyncIterator)
    assert gzip.decompress(b"".join([piece async for piece in response.body])) == plain.body


async def test_a_watch_is_never_compressed(api: Api) -> None:
    response = await api.raw("GET", MAPS, watch="1", headers={"accept-encoding": "gzip"})
    assert "Content-Encoding" not in dict(response.headers)
    assert isinstance(response.body, AsyncIterator)
    assert (await anext(response.body)).startswith(b'{"type":"ADDED"')
    await response.body.aclose()  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("header", "takes"),
    [
        ("gzip", True), ("deflate, gzip", True), ("gzip, deflate, br", True), (" gzip ", True), ("", False),
        ("identity", False), ("gzip;q=0", False), ("x-gzip", False), ("gzipped", False),
    ],
)  # fmt: skip
def test_who_takes_gzip(header: str, takes: bool) -> None:
    assert takes_gzip(header) == takes
