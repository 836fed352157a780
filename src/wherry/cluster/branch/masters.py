"""The real masters over a state in memory: API server, controllers, scheduler, and nodes that are played.

Nothing is implemented twice. What differs from a running cluster, and why:

- *Nodes are played* by the code of simulated nodes, also those that are machines elsewhere: containers start at once
  and are ready. Pods that were there stay as they were, sick or well, until somebody deletes them.
- *Heartbeats are not sent.* Who is down is known; the node controller gets to hear of silence from those alone.
- *What only the clock does* is left out: a CronJob's next run and the tidying up of finished Jobs are nobody's change.
- *Events and Endpoints are not kept*: nobody reads them in a branch (EndpointSlices say who answers).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Sequence
from random import Random

import orjson

from wherry.agent.simulated.pods import simulated_pods_controller
from wherry.agent.simulated.stages import built_in_stages
from wherry.api.core.node import NODES, Node
from wherry.api.core.pod import PODS
from wherry.api.registry import RESOURCE_TYPES
from wherry.apimachinery.meta import ObjectKey
from wherry.apiserver.app import ApiServer, ApiServerConfig, build_app
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.recorder import EventRecorder
from wherry.client.transport import InProcess
from wherry.controllers.node_lifecycle import plan_node, ready_status
from wherry.controllers.registry import all_controllers
from wherry.kit.clock import Clock
from wherry.kit.http.types import App, Request, Response
from wherry.kit.tasks import TaskScope
from wherry.reconcile.actions import Action, Requeue
from wherry.reconcile.controller import Controller, View
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager
from wherry.scheduler.loop import Scheduler
from wherry.store.interface import Store

BY_THE_CLOCK = frozenset(
    {"cronjob-controller", "ttl-after-finished-controller", "token-cleaner-controller"}
    | {"certificatesigningrequest-cleaner-controller"}
)
# They work with keys and certificates, which no branch has.
WITH_KEYS = frozenset({"root-ca-cert-publisher", "bootstrap-signer-controller"})
# Endpoints say the same as EndpointSlices, whole again at every change: half of the time for a thousand pods.
SAID_TWICE = frozenset({"endpoint-controller"})
# It deletes what belongs to nobody; where somebody may not see all owners, everything might seem to.
NEEDS_TO_SEE_ALL = frozenset({"garbage-collector-controller"})
NODE_CONTROLLER = "node-controller"
MASTERS = ("system:masters", "system:authenticated")
# The same branch twice gives the same answer.
RANDOM_SEED = 7


class BranchMasters:
    """The masters of one branch."""

    def __init__(self, store: Store, clock: Clock, *, down: Collection[str], sees_all: bool) -> None:
        """`down` are the nodes that do not answer; `sees_all`: nothing of the stem is hidden."""
        self.journal = Journal()
        self._store = store
        self._clock = clock
        self._down = frozenset(down)
        self._sees_all = sees_all
        self._random = Random(RANDOM_SEED)  # noqa: S311 - names and jitter, no secrets
        self.server: ApiServer = build_app(
            ApiServerConfig(store=store, clock=clock, random=self._random, resource_types=RESOURCE_TYPES)
        )
        self.client = self.client_of("wherry-what-if")

    def client_of(self, user: str) -> Client:
        """A client that may do everything in the branch, and writes under its own name."""
        return Client(_WithoutEvents(self.server.app, user), user_agent=user.removeprefix("system:"))

    async def start(self, scope: TaskScope) -> None:
        """Start everybody; returns when all are at work."""
        await self.server.custom_resources.load()
        self.server.ready.set()
        _ = scope.start("custom-resources", self.server.custom_resources.run())
        client = self.client_of("system:kube-controller-manager")
        informers = SharedInformers(client, self._clock, self._random)
        scheduling = self.client_of("system:kube-scheduler")
        recorder = EventRecorder(scheduling, component="default-scheduler", clock=self._clock)
        parts = (
            ControllerManager(client, informers, self._clock, await self._controllers(), self.journal, self._random),
            Scheduler(scheduling, informers, self._clock, recorder, self.journal, self._random),
        )
        _ = scope.start("events", recorder.run())
        _ = scope.start(informers.name, informers.run())
        for part in parts:
            _ = scope.start(part.name, part.run())
        for part in parts:
            await part.ready.wait()

    async def _controllers(self) -> Sequence[Controller]:
        async def remove_directory(path: str) -> None:
            """There is none."""

        found = all_controllers(ca_pem="branch", volume_dir="/branch", remove_directory=remove_directory)
        left_out = BY_THE_CLOCK | WITH_KEYS | SAID_TWICE | (frozenset() if self._sees_all else NEEDS_TO_SEE_ALL)
        kept = [self._heard(one) for one in found if one.name not in left_out]
        there = {pod.metadata.uid for pod in (await self.client.list(PODS)).items}
        nodes = simulated_pods_controller(built_in_stages(), plays=self._plays, leaves_alone=there)
        return [*kept, nodes]

    def _plays(self, node: Node | None) -> bool:
        return node is not None and node.metadata.name not in self._down and ready_status(node.status) == "True"

    def _heard(self, controller: Controller) -> Controller:
        """The node controller hears from every node that is not down; everybody else is as ever."""
        if controller.name != NODE_CONTROLLER:
            return controller

        def plan(key: ObjectKey, view: View) -> Sequence[Action]:
            if key.name in self._down:
                return controller.plan(key, view)
            node = view.lister(NODES).get(*key)
            actions = plan_node(node, 0.0, view) if node is not None else ()
            # It will be heard again in time, so nobody need look whether it was.
            return [action for action in actions if not isinstance(action, Requeue)]

        return dataclasses.replace(controller, plan=plan)


class _WithoutEvents:
    """Carries requests to a branch's API server; Events end here. Implements client.transport.Transport."""

    def __init__(self, app: App, user: str) -> None:
        self._inner = InProcess(app, user=user, groups=MASTERS)

    async def request(self, request: Request) -> Response:
        if request.method != "GET" and "/events" in request.path:
            document = orjson.loads(request.body) if request.body else {}
            return Response(201, body=orjson.dumps({"metadata": {"name": "none"}, **document}))
        return await self._inner.request(request)
