"""A team's standard is the same where it is left as where it was written."""

from __future__ import annotations

import datetime

from suites.custom_resources import serving
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.done.agreement import Agreement, Signed, Waiver
from wherry.method.done.standard import Standard, find_standard, leave_standard
from wherry.method.evidence.observation import against, supports

STANDARD = Standard(
    Agreement(
        team="shop",
        requires=("logs",),
        agreed={"logs": {"ana": datetime.date(2026, 1, 1), "ben": Signed(datetime.date(2026, 1, 2), "0123456789ab")}},
        waiver=(Waiver("parity", "ana", "later", datetime.date(2030, 1, 1)),),
    ),
    ("ana", "ben"),
    {"logs": [supports("It is so."), against("It is not.", "src/app.py:3", fix="mend it")]},
    "2026-01-01T00:00:00Z",
)


async def test_what_is_left_in_a_cluster_is_found_again_word_for_word() -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="root", groups=("system:masters",)))
        assert await find_standard(client, "default", "orders") is None
        assert await leave_standard(client, "default", "orders", STANDARD)
        assert await find_standard(client, "default", "orders") == STANDARD
        assert await leave_standard(client, "default", "orders", Standard())
        assert await find_standard(client, "default", "orders") == Standard()


async def test_who_may_not_leave_it_is_not_stopped_by_that() -> None:
    async with serving() as api:
        nobody = Client(InProcess(api.server.app, user="ben", groups=("system:authenticated",)))
        assert not await leave_standard(nobody, "default", "orders", STANDARD)
        assert await find_standard(nobody, "default", "orders") is None


async def test_what_somebody_else_has_written_there_counts_for_nothing() -> None:
    async with serving() as api:
        client = Client(InProcess(api.server.app, user="root", groups=("system:masters",)))
        document = {"metadata": {"name": "orders-done"}, "data": {"standard.json": '{"agreement": 5}'}}
        await api.must("POST", "/api/v1/namespaces/default/configmaps", document)
        assert await find_standard(client, "default", "orders") is None
