from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Api, make_api, pod
from wherry.apimachinery.document import Document

PODS = "/api/v1/namespaces/default/pods"
LIMIT = 3 * 512 * 1024


@pytest.fixture
async def api() -> Api:
    return await make_api()


def large(name: str, size: int) -> Document:
    container: Document = {"name": "app", "image": "app:1", "args": ["x" * size]}
    return {**pod(name), "spec": {"containers": [container]}}


async def test_an_object_of_more_than_a_megabyte_and_a_half_is_refused_in_words_that_clients_know(api: Api) -> None:
    answer = await api.ask("POST", PODS, large("big", LIMIT))
    assert (answer.status, answer.at("reason"), answer.at("code")) == (413, "RequestEntityTooLarge", 413)
    message = str(answer.at("message"))
    assert message.startswith("Request entity too large: limit is 1572864")
    assert "etcdserver: request is too large" in message
    assert (await api.ask("GET", f"{PODS}/big")).status == 404


async def test_a_little_less_is_stored(api: Api) -> None:
    assert (await api.ask("POST", PODS, large("big", LIMIT - 4096))).status == 201


async def test_an_object_cannot_grow_past_the_limit_either(api: Api) -> None:
    await api.must("POST", PODS, large("big", LIMIT - 4096))
    patch = {"metadata": {"annotations": {"a": "x" * 8000}}}
    answer = await api.ask("PATCH", f"{PODS}/big", patch, content_type=MERGE)
    assert (answer.status, answer.at("reason")) == (413, "RequestEntityTooLarge")
    assert (await api.ask("GET", f"{PODS}/big")).at("metadata.annotations") is None


async def test_a_dry_run_is_measured_too(api: Api) -> None:
    assert (await api.ask("POST", PODS, large("big", LIMIT), dryRun="All")).status == 413
