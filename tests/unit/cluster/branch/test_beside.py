"""What-if in a process of its own, asked as the dashboard asks."""

from __future__ import annotations

import pytest

from suites.api_harness import make_api
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Forbidden, NotFound
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.cluster.branch.beside import Beside
from wherry.narrate.intent import Change, Scale

READY = [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}]
TEMPLATE: Document = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}}


async def test_a_forecast_comes_from_a_process_beside_and_nothing_is_changed() -> None:
    api = await make_api()
    await api.must("POST", "/api/v1/nodes", {"metadata": {"name": "n1"}})
    room = {"cpu": "4", "memory": "4Gi", "pods": "3"}
    addresses = [{"type": "InternalIP", "address": "192.0.2.1"}]
    status: Document = {"capacity": room, "allocatable": room, "conditions": READY, "addresses": addresses}
    merge = "application/merge-patch+json"
    await api.must("PATCH", "/api/v1/nodes/n1/status", {"status": status}, content_type=merge)
    spec: Document = {"replicas": 0, "selector": {"matchLabels": {"app": "web"}}, "template": TEMPLATE}
    await api.must("POST", "/apis/apps/v1/namespaces/default/deployments", {"metadata": {"name": "web"}, "spec": spec})
    revision = api.server.environment.store.revision
    client = Client(InProcess(api.server.app, user="admin", groups=("system:masters",)))
    found = await Beside().forecast(client, Change(scales=(Scale(thing="web", replicas=5),)))
    assert (len(found.started), found.waiting[0].pods, found.fits) == (3, 2, False)
    with pytest.raises(NotFound, match="nowhere"):
        await Beside().forecast(client, Change(nodes_down=("nowhere",)))
    with pytest.raises(NotFound, match='nothing here is called ""'):
        await Beside().forecast(client, Change(scales=(Scale(thing="", replicas=5),)))
    assert api.server.environment.store.revision == revision


async def test_who_may_not_see_what_takes_room_gets_no_answer() -> None:
    api = await make_api()
    nobody = Client(InProcess(api.server.app, user="ana", groups=("system:authenticated",)))
    with pytest.raises(Forbidden, match="nobody can say what fits"):
        await Beside().forecast(nobody, Change(nodes_down=("n1",)))
    with pytest.raises(BadRequest, match="nothing would change"):
        await Beside().forecast(nobody, Change())
