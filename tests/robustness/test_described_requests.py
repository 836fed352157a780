"""The server gets what its own descriptions allow, and what they forbid.

`WHERRY_EXAMPLES=20 python -m pytest -q tests/robustness/test_described_requests.py` draws twenty times as many
requests, and those of all other groups too.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator, Sequence

import pytest

from suites.api_harness import Api, make_api
from suites.described_requests import Asker, GenerationMode, Operation
from suites.sample_objects import BODIES, sample
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.document import Document

TIMES = int(os.environ.get("WHERRY_EXAMPLES", "1"))
CORE = "/openapi/v3/api/v1"
# Small ones, with and without namespaces and subresources.
SMALL = (
    "policy/v1", "coordination.k8s.io/v1", "scheduling.k8s.io/v1", "rbac.authorization.k8s.io/v1", "node.k8s.io/v1",
)  # fmt: skip
OTHERS = sorted({each.api_version for each in RESOURCE_TYPES if each.group} - set(SMALL)) if TIMES > 1 else []
CORE_RESOURCES = sorted({each.plural for each in RESOURCE_TYPES if not each.group})
STORED = [each for each in RESOURCE_TYPES if each.kind in BODIES and {"create", "get"} <= set(each.verbs)]
SOUND: dict[tuple[str, str], Document] = {(each.api_version, each.kind): sample(each) for each in STORED}


@pytest.fixture
def asker() -> Iterator[Asker]:
    loop = asyncio.new_event_loop()
    try:
        yield Asker(loop.run_until_complete(_filled()), loop, SOUND)
    finally:
        loop.close()


async def _filled() -> Api:
    """A server with a sound object of nearly every kind."""
    # An account that is missing is waited for, by a clock that stands still here.
    api = await make_api(disabled=frozenset({"ServiceAccount"}))
    for resource in STORED:
        await api.ask("POST", resource.url("default"), sample(resource))
    await api.must("GET", "/api/v1/namespaces/default/pods/web")
    return api


def ask(asker: Asker, operations: Sequence[Operation], caplog: pytest.LogCaptureFixture, *, examples: int = 2) -> None:
    for number, operation in enumerate(operations):
        count = {GenerationMode.POSITIVE: examples * TIMES, GenerationMode.NEGATIVE: TIMES}
        # To break the description of a large object takes a second, and a POST takes what a PUT takes.
        if operation.method == "put":
            del count[GenerationMode.NEGATIVE]
        asker.ask_all(operation, examples=count, number=number)
    assert sum(asker.statuses.values()) > len(operations)
    # Of a single operation all may be refused; of several, some get beyond the door.
    assert len(operations) == 1 or {200, 201} & asker.statuses.keys()
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@pytest.mark.parametrize("description", [*SMALL, *OTHERS])
def test_what_is_described_is_answered(asker: Asker, description: str, caplog: pytest.LogCaptureFixture) -> None:
    ask(asker, asker.operations(f"/openapi/v3/apis/{description}"), caplog)


@pytest.mark.parametrize("resource", CORE_RESOURCES)
def test_what_is_described_of_the_core_is_answered(
    asker: Asker, resource: str, caplog: pytest.LogCaptureFixture
) -> None:
    operations = [each for each in asker.operations(CORE) if _resource_of(each) == resource]
    ask(asker, operations, caplog, examples=5)


def _resource_of(operation: Operation) -> str:
    # /api/v1/[namespaces/{namespace}/]pods/..., or the whole cluster's /api/v1/pods.
    steps = operation.path.split("/")[3:]
    return steps[2] if len(steps) > 2 and steps[1] == "{namespace}" else steps[0]


def test_every_operation_of_the_core_belongs_to_a_resource(asker: Asker) -> None:
    unknown = {_resource_of(each) for each in asker.operations(CORE)} - {*CORE_RESOURCES, "watch", ""}
    assert unknown == set()
