from __future__ import annotations

import base64

import pytest

from suites.custom_resources import serving
from suites.release_orders import content, manifests
from wherry.api.core.secret import SECRETS
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.delivery.documents import reference
from wherry.method.delivery.kept_manifests import read_documents
from wherry.method.delivery.ledger import Ledger, ensure_namespace
from wherry.method.delivery.refusal import CannotDeliver


async def test_a_release_gives_back_what_was_released_and_notices_what_was_not() -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="ana", groups=("system:masters", "system:authenticated")))
        await ensure_namespace(client, "orders-dev", "orders", "dev")
        big: Document = {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "z"},
            "data": {"a": "x" * 200_000},
        }
        made = await Ledger(client, "orders").add(content(documents=[*manifests(), big]), "ana", "2026-11-28T00:00:00Z")
        assert made.spec.manifests_from
        found = await read_documents(client, made)
        assert sorted(reference(one).name for one in found) == ["orders", "orders", "orders", "orders-db", "z"]

        part = made.spec.secrets_from
        kept = await client.get_document(SECRETS, part, "orders-dev")
        await client.delete(SECRETS, part, "orders-dev")
        with pytest.raises(CannotDeliver, match="was deleted"):
            await read_documents(client, made)
        forged = base64.b64encode(b'{"apiVersion":"v1","kind":"Secret","metadata":{"name":"orders"}}').decode()
        await client.create(SECRETS, {"metadata": {"name": part}, "data": {"manifests": forged}}, "orders-dev")
        with pytest.raises(CannotDeliver, match="is not what was released") as caught:
            await read_documents(client, made)
        assert caught.value.exit_code == 4
        assert kept["immutable"] is True
