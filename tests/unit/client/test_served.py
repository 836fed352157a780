from __future__ import annotations

import orjson

from wherry.api.core.pod import PODS
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.client.client import Client
from wherry.client.served import is_missing, is_served
from wherry.client.transport import InProcess
from wherry.kit.http.types import Request, Response


def cluster(*names: str, error: StatusError | None = None) -> Client:
    async def answer(request: Request) -> Response:
        assert request.path == "/apis/discovery.k8s.io/v1"
        if error is not None:
            return Response(status=error.code, body=error.to_bytes())
        return Response(body=orjson.dumps({"resources": [{"name": name} for name in names]}))

    return Client(InProcess(answer, user="ana"))


async def test_what_is_served_is_asked_of_the_cluster() -> None:
    assert await is_served(cluster("endpointslices"), ENDPOINT_SLICES)
    assert not await is_served(cluster("others"), ENDPOINT_SLICES)
    assert not await is_served(cluster(error=NotFound("404 page not found")), ENDPOINT_SLICES)
    assert await is_served(cluster(), PODS), "every cluster has pods"
    assert await is_served(cluster(error=Forbidden("no")), ENDPOINT_SLICES), "who may not ask does not know"


async def test_a_refusal_is_about_the_person_unless_the_cluster_lacks_the_kind() -> None:
    assert not await is_missing(cluster("endpointslices"), ENDPOINT_SLICES, Forbidden("no"))
    assert await is_missing(cluster("others"), ENDPOINT_SLICES, Forbidden("no"))
    assert await is_missing(cluster(), PODS, NotFound("404 page not found"))
