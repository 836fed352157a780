from __future__ import annotations

import pytest

from suites.custom_resources import definition, serving, widget
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.delivery.ledger_kind import ensure_ledger
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.served_kinds import ServedKinds


async def test_any_kind_that_a_cluster_serves_is_found_built_in_or_not() -> None:
    async with serving(definition()) as api:
        client = Client(InProcess(api.server.app, user="ana", groups=("system:masters", "system:authenticated")))
        kinds = ServedKinds(client)
        pods, deployments = await kinds.find("v1", "Pod"), await kinds.find("apps/v1", "Deployment")
        assert (pods.plural, pods.namespaced, deployments.plural) == ("pods", True, "deployments")
        assert not (await kinds.find("v1", "Namespace")).namespaced
        widgets = await kinds.find("example.com/v1", "Widget")
        made = await client.apply(widgets, "one", widget(), "default")
        assert made.metadata.name == "one"


async def test_a_kind_that_a_cluster_does_not_know_is_said_and_asked_for_again_later() -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="ana", groups=("system:masters", "system:authenticated")))
        kinds = ServedKinds(client)
        for api_version in ("wherry.dev/v1", "apps/v1"):
            with pytest.raises(CannotDeliver, match="knows no Release of"):
                await kinds.find(api_version, "Release")
        await ensure_ledger(client)
        assert (await kinds.find("wherry.dev/v1", "Release")).plural == "releases"
