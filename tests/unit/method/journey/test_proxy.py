"""On which port a Service is called."""

from __future__ import annotations

import pytest

from suites.one_service import OneService
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.transport import InProcess
from wherry.method.journey.proxy import service_calls, service_port

METRICS: Document = {"name": "metrics", "port": 9100}
HTTP: Document = {"name": "http", "port": 80}


@pytest.mark.parametrize(
    ("ports", "wanted", "port"),
    [
        ([{"port": 8080}], 0, 8080),
        ([{"name": "web", "port": 80}], 8080, 80),
        ([METRICS, HTTP], 0, 80),
        ([METRICS, HTTP], 9100, 9100),
        ([METRICS, {"name": "web", "port": 80}], 0, 9100),
        ([], 8080, 0),
    ],
)
async def test_a_service_is_called_on_the_port_that_is_wanted_or_named_http_or_first(
    ports: list[Document], wanted: int, port: int
) -> None:
    client = Client(InProcess(OneService(ports), user="ana"))
    assert await service_port(client, "dev", "orders", wanted=wanted) == port


async def test_a_service_without_a_port_is_called_by_its_name() -> None:
    service = OneService([])
    _ = await (await service_calls(Client(InProcess(service, user="ana")), "dev", "orders"))("GET", "/x", None)
    assert service.called == ["/api/v1/namespaces/dev/services/orders/proxy/x"]
