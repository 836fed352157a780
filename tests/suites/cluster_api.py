"""The API of a running cluster for tests that do not wait: a client whose event loop runs beside them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing
from typing import Any, TypeVar

import orjson

from suites.running_cluster import RunningCluster
from wherry.api.apps.daemonset import DAEMON_SETS
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.apps.statefulset import STATEFUL_SETS
from wherry.api.batch.job import JOBS
from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.apimachinery.meta import ObjectKey
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.client.client import Client
from wherry.client.http_transport import Http
from wherry.client.indexer import meta_of
from wherry.client.kubeconfig import transport_from_kubeconfig
from wherry.kit.clock import settle
from wherry.kit.http.types import read_body

T = TypeVar("T")

Thing = dict[str, Any]
"""An object as the wire has it."""

Everything = dict[str, list[Thing]]
"""What the picture is about, by kind."""

SHOWN: tuple[AnyResourceType, ...] = (NODES, PODS, DEPLOYMENTS, STATEFUL_SETS, DAEMON_SETS, REPLICA_SETS, JOBS)
WAIT_S = 30.0


class ClusterApi:
    """What a test asks of the API server, and waits for."""

    def __init__(self, cluster: RunningCluster) -> None:
        """Nothing is asked yet."""
        self._cluster = cluster
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._transport: Http = transport_from_kubeconfig(cluster.kubeconfig)
        self.client = Client(self._transport, user_agent="somebody")

    def do(self, asked: Awaitable[T]) -> T:
        """The answer. Raises StatusError."""

        async def within() -> T:
            async with asyncio.timeout(WAIT_S):
                return await asked

        return asyncio.run_coroutine_threadsafe(within(), self._loop).result()

    def together(self, asked: Iterable[Coroutine[Any, Any, object]]) -> list[object]:
        """The answers, or errors, of what is asked at the same time."""

        async def all_of_it() -> list[object]:
            return [*await asyncio.gather(*asked, return_exceptions=True)]

        return self.do(all_of_it())

    def everything(self, at_revision: int = 0) -> Everything:
        """What there is now, or was at a revision."""
        query = f"resourceVersion={at_revision}&resourceVersionMatch=Exact" if at_revision else ""

        async def items(resource: AnyResourceType) -> list[Thing]:
            group = f"apis/{resource.api_version}" if resource.group else "api/v1"
            answer = await self.client.request("GET", f"/{group}/{resource.plural}", query)
            found: list[Thing] = orjson.loads(await read_body(answer))["items"]
            return found

        async def all_of_it() -> Everything:
            lists = await asyncio.gather(*(items(resource) for resource in SHOWN))
            return {resource.kind: found for resource, found in zip(SHOWN, lists, strict=True)}

        return self.do(all_of_it())

    def wait_until(self, resource: AnyResourceType, is_so: Callable[[set[ObjectKey]], bool]) -> None:
        """Follow a kind until those that are there are as they should be."""

        async def follow() -> None:
            listed = await self.client.list(resource)
            there = {meta_of(one).key for one in listed.items}
            if is_so(there):
                return
            async with aclosing(self.client.watch(resource, resource_version=listed.resource_version)) as changes:
                async for change in changes:
                    if change.object is not None:
                        (there.discard if change.type == "DELETED" else there.add)(meta_of(change.object).key)
                    if is_so(there):
                        return

        self.do(follow())

    def reconnect(self) -> None:
        """The server has been started anew."""
        self.do(self._transport.close())
        self._transport = transport_from_kubeconfig(self._cluster.kubeconfig)
        self.client = Client(self._transport, user_agent="somebody")

    def close(self) -> None:
        """End the loop and its thread."""
        self.do(self._transport.close())
        # A connection over TLS needs some turns of the loop to be closed.
        self.do(settle())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
