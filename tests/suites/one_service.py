"""An API server that has one Service, and answers what is asked of it through the proxy."""

from __future__ import annotations

import orjson

from wherry.apimachinery.document import Document
from wherry.kit.http.types import Request, Response


class OneService:
    """A Service with these ports; `called` are the paths of the calls to it."""

    def __init__(self, ports: list[Document]) -> None:
        self.ports = ports
        self.called: list[str] = []

    async def __call__(self, request: Request) -> Response:
        """Answer a request."""
        if "/proxy" in request.path:
            self.called.append(request.path)
            return Response(body=b"{}")
        name, namespace = request.path.rpartition("/")[2], request.path.split("/")[4]
        metadata: Document = {"name": name, "namespace": namespace}
        return Response(body=orjson.dumps({"metadata": metadata, "spec": {"ports": self.ports}}))
