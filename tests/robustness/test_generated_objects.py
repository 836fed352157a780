"""Objects that are right in their types and arbitrary in all else: each is taken or refused, and says why."""

from __future__ import annotations

import logging
import random

import orjson
import pytest

from suites.api_harness import MERGE, Api, make_api
from suites.schema_documents import random_document
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.resource_type import AnyResourceType

DOCUMENTS = 40
NAMESPACE = "default"
KINDS = [resource for resource in RESOURCE_TYPES if "create" in resource.verbs]


@pytest.fixture
async def api() -> Api:
    return await make_api()


@pytest.mark.parametrize("resource", KINDS, ids=lambda kind: f"{kind.plural}.{kind.version}.{kind.group}")
async def test_a_generated_object_is_taken_or_refused_with_reasons(
    api: Api, resource: AnyResourceType, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(f"{resource.group}/{resource.kind}")
    url = resource.url(NAMESPACE)
    for number in range(DOCUMENTS):
        document = random_document(resource, chance, density=0.05 + 0.6 * number / DOCUMENTS)
        sent = orjson.dumps(document)
        made = await api.ask("POST", url, sent)
        assert made.status < 500, (made.body, sent)
        if made.status >= 400:
            assert made.at("message"), sent
            assert made.at("reason") in ("Invalid", "BadRequest", "Forbidden", "NotFound", "AlreadyExists"), made.body
            continue
        await _change(api, resource, made.json, chance, sent)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def _change(
    api: Api, resource: AnyResourceType, stored: dict[str, object], chance: random.Random, sent: bytes
) -> None:
    """What was taken can be written back, patched with other arbitrary fields, and read in every form."""
    metadata = stored.get("metadata")
    if not isinstance(metadata, dict) or "update" not in resource.verbs:
        return
    url = resource.url(NAMESPACE, str(metadata["name"]))
    again = await api.ask("PUT", url, stored)
    assert again.status == 200, (again.body, sent)
    other = random_document(resource, chance)
    other.pop("metadata")
    for path in (url, f"{url}/status") if resource.has_status else (url,):
        patched = await api.ask("PATCH", path, other, content_type=MERGE)
        assert patched.status < 500, (patched.body, sent, orjson.dumps(other))
    for accept in ("application/json;as=Table;v=v1;g=meta.k8s.io", "application/vnd.kubernetes.protobuf"):
        shown = await api.ask("GET", url, accept=accept)
        assert shown.status == 200, (shown.body[:300], sent)
