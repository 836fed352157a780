"""Who counts as a second party that has agreed."""

from __future__ import annotations

from suites.custom_resources import serving
from suites.two_teams import project, promise, world
from wherry.api.core.configmap import CONFIG_MAPS
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.contracts.acting import agree, expose
from wherry.method.contracts.catalogue import AUTHENTICATION
from wherry.method.timebox.agreements import agreed_teams


async def test_a_second_party_has_agreed_when_both_have_signed_what_is_said_now() -> None:
    async with world() as w:
        authorities = {"client-ca-file": w.ca.cert_pem.decode()}
        metadata: Document = {"name": AUTHENTICATION, "namespace": "kube-system"}
        await w.admin.apply(CONFIG_MAPS, AUTHENTICATION, {"metadata": metadata, "data": authorities}, "kube-system")
        assert await agreed_teams(w.admin, "orders") == ()
        await w.begun()
        await agree(w.ana, project("orders"), (await w.contract(w.ana))[0])
        assert await agreed_teams(w.admin, "orders") == (), "one signature is no agreement"
        await agree(w.ben, project("web"), (await w.contract(w.ben))[0])
        assert await agreed_teams(w.admin, "orders") == ("orders-team", "web-team")
        assert await agreed_teams(w.admin, "web") == ("orders-team", "web-team")
        assert await agreed_teams(w.admin, "another") == ()
        w.orders.document["info"] = {"title": "Orders", "version": "2"}
        await expose(w.ana, project("orders"), promise(w.orders.document), ("ana",))
        assert await agreed_teams(w.admin, "orders") == (), "they have signed something else"


async def test_where_nobody_has_published_anything_nobody_has_agreed() -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="ben", groups=("system:authenticated",)))
        assert await agreed_teams(client, "orders") == ()
