"""The server gets what its own descriptions allow, and what they forbid."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator

import pytest

from suites.api_harness import Api, make_api, pod
from suites.described_requests import Asker

EXAMPLES = 2
# Small ones, with and without namespaces and subresources: drawing a large object takes longer than answering it.
DESCRIPTIONS = (
    "policy/v1", "coordination.k8s.io/v1", "scheduling.k8s.io/v1", "rbac.authorization.k8s.io/v1", "node.k8s.io/v1",
)  # fmt: skip


@pytest.fixture
def asker() -> Iterator[Asker]:
    loop = asyncio.new_event_loop()
    try:
        yield Asker(loop.run_until_complete(_filled()), loop)
    finally:
        loop.close()


async def _filled() -> Api:
    # An account that is missing is waited for, by a clock that stands still here.
    api = await make_api(disabled=frozenset({"ServiceAccount"}))
    await api.must("POST", "/api/v1/namespaces/default/pods", pod())
    return api


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_what_is_described_is_answered(asker: Asker, description: str, caplog: pytest.LogCaptureFixture) -> None:
    operations = list(asker.operations(f"/openapi/v3/apis/{description}"))
    for number, operation in enumerate(operations):
        asker.ask_all(operation, examples=EXAMPLES, number=number)
    assert sum(asker.statuses.values()) > len(operations)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
