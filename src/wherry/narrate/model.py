"""The read-model: one always current set of facts about any Kubernetes cluster, for every face.

    informers (or one list of each kind) ──> handlers ──> facts of what has changed ──> snapshot()

Fed by informers it follows the cluster; `read` fills one from lists, for a command that looks once. Only what has
changed is described anew, so a snapshot of 1,000 nodes and 10,000 pods costs milliseconds.

    model = ReadModel(informers.informer, this_host="laptop")
    stop = model.subscribe(lambda change: ...)      # at every change, on the event loop
    snapshot = model.snapshot()                     # plain data: msgspec.json.encode(snapshot)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol, TypeVar

import msgspec

from wherry.api.core.node import NODES, Node
from wherry.api.core.pod import PODS, Pod
from wherry.api.core.service import SERVICES, Service
from wherry.api.discovery.endpointslice import ENDPOINT_SLICES, EndpointSlice
from wherry.apimachinery.errors import Forbidden, NotFound
from wherry.apimachinery.meta import ObjectKey, ObjectMeta, OwnerReference
from wherry.apimachinery.resource_type import ResourceType
from wherry.client.client import Client
from wherry.client.indexer import meta_of
from wherry.client.informer import Informer
from wherry.client.served import is_missing
from wherry.kit.clock import Clock, SystemClock
from wherry.narrate.describe import (
    add_counts,
    count_pods,
    describe_gone_node,
    describe_node,
    describe_pod,
    describe_service,
    describe_workload,
    is_ready,
)
from wherry.narrate.facts import NodeFacts, PodFacts, ServiceFacts, Snapshot, WorkloadFacts
from wherry.narrate.headline import headline
from wherry.narrate.workloads import WORKLOAD_KINDS, WORKLOAD_RESOURCES, WorkloadKind, is_outermost

T = TypeVar("T", bound=msgspec.Struct)

SERVICE_LABEL = "kubernetes.io/service-name"


class Sources(Protocol):
    """Where informers come from: SharedInformers.informer, or one made for a single look."""

    def __call__(self, resource: ResourceType[T], /) -> Informer[T]:
        """The informer of this kind; the same one for the same kind."""


class Change(NamedTuple):
    """Something is different now: a `kind` of the API and which object of it."""

    kind: str
    key: ObjectKey


class ReadModel:
    """Nodes > pods > containers, workloads and services, as facts."""

    def __init__(self, sources: Sources, *, this_host: str = "") -> None:
        """`sources` delivers the informers; `this_host` is this machine's name, to tell its node from others."""
        self.hidden: tuple[str, ...] = ()
        self.missing: tuple[str, ...] = ()
        self._this_host = this_host
        self._subscribers: list[Callable[[Change], None]] = []
        self._on_node: dict[str, dict[ObjectKey, PodFacts]] = {}
        self._pods: dict[ObjectKey, PodFacts] = {}
        self._of_owner: dict[str, dict[ObjectKey, PodFacts]] = {}
        self._nodes: dict[str, NodeFacts] = {}
        self._stale_nodes: set[str] = set()
        self._workloads: dict[str, WorkloadFacts] = {}
        self._stale_workloads: set[str] = set()
        self._services: dict[ObjectKey, ServiceFacts] = {}
        self._stale_services: set[ObjectKey] = set()
        self._snapshots: dict[str, Snapshot] = {}
        self._workload_informers = {kind.resource.kind: (kind, sources(kind.resource)) for kind in WORKLOAD_KINDS}
        self._node_informer = sources(NODES)
        self._pod_informer = sources(PODS)
        self._service_informer = sources(SERVICES)
        self._slice_informer = sources(ENDPOINT_SLICES)
        self._slice_informer.lister.add_index("service", _service_of)
        informers = (self._node_informer, self._pod_informer, self._service_informer, self._slice_informer)
        self._synced = {informer.resource.kind: informer.synced for informer in informers}
        self._synced |= {kind: informer.synced for kind, (_, informer) in self._workload_informers.items()}
        # Owners first: then a pod finds its workload at once.
        for kind, informer in self._workload_informers.values():
            informer.add_handler(functools.partial(self._workload_changed, kind))
        self._node_informer.add_handler(self._node_changed)
        self._pod_informer.add_handler(self._pod_changed)
        self._service_informer.add_handler(self._service_changed)
        self._slice_informer.add_handler(self._slice_changed)

    def subscribe(self, subscriber: Callable[[Change], None]) -> Callable[[], None]:
        """Call `subscriber` for every change from now on; returns what ends that. It must not block."""
        self._subscribers.append(subscriber)
        return lambda: self._subscribers.remove(subscriber)

    def hide(self, kinds: Iterable[str], *, missing: Iterable[str] = ()) -> None:
        """Say which kinds this person may not see (hidden, not gone), and which the cluster does not have."""
        self.hidden, self.missing = tuple(kinds), tuple(missing)
        self._stale_nodes.update(self._on_node)
        self._snapshots.clear()

    async def wait_synced(self) -> None:
        """Wait until every kind that is neither `hidden` nor `missing` has its first complete copy."""
        for kind, synced in self._synced.items():
            if kind not in (*self.hidden, *self.missing):
                await synced.wait()

    def pod(self, namespace: str, name: str) -> PodFacts | None:
        """One pod's facts, or None."""
        return self._pods.get(ObjectKey(namespace, name))

    def snapshot(self, namespace: str = "") -> Snapshot:
        """The whole cluster now, or one namespace's part of it (all nodes, but only its pods).

        As long as nothing changes it is the same one.
        """
        known = self._snapshots.get(namespace)
        if known is None:
            known = self._snapshots[namespace] = self._make_snapshot(namespace)
        return known

    def _make_snapshot(self, namespace: str) -> Snapshot:
        self._refresh()
        nodes: Iterable[NodeFacts] = (self._nodes[name] for name in sorted(self._nodes))
        waiting = _in_order(self._on_node.get("", {}).values())
        workloads = [self._workloads[key] for key in sorted(self._workloads)]
        services = [self._services[key] for key in sorted(self._services)]
        if namespace:
            narrowed = [self._narrowed(node, namespace) for node in nodes]
            # Of a node that is gone only its pods speak; without one there it is nobody's here.
            nodes = [node for node in narrowed if node.pods or node.kind not in ("gone", "hidden")]
            waiting = [pod for pod in waiting if pod.namespace == namespace]
            workloads = [one for one in workloads if one.namespace == namespace]
            services = [one for one in services if one.namespace == namespace]
        shown = tuple(nodes)
        counts = add_counts(
            [*(node.counts for node in shown), count_pods(waiting)],
            nodes=sum(node.kind != "gone" for node in shown),
            nodes_ready=sum(node.ready for node in shown),
        )
        return Snapshot(
            sentence=headline(counts, shown, waiting, are_nodes_hidden=NODES.kind in self.hidden),
            counts=counts,
            nodes=shown,
            waiting=tuple(waiting),
            workloads=tuple(workloads),
            services=tuple(services),
            hidden=self.hidden,
            missing=self.missing,
        )

    def owner_of(self, meta: ObjectMeta) -> str:
        """The outermost workload that wants this object, as KIND/NAME; "" when nobody does."""
        found: OwnerReference | None = None
        seen = 0
        while (owner := meta.controller) is not None and seen < len(WORKLOAD_KINDS):
            found, seen = owner, seen + 1
            entry = self._workload_informers.get(owner.kind)
            thing = entry[1].lister.get(meta.namespace, owner.name) if entry else None
            if thing is None:
                break
            meta = meta_of(thing)
        return f"{found.kind}/{found.name}" if found else ""

    def _refresh(self) -> None:
        for name in self._stale_nodes:
            self._describe_node(name)
        self._stale_nodes.clear()
        for key in self._stale_workloads:
            self._describe_workload(key)
        self._stale_workloads.clear()
        for service in self._stale_services:
            self._describe_service(service)
        self._stale_services.clear()

    def _describe_node(self, name: str) -> None:
        node = self._node_informer.lister.get("", name)
        pods = _in_order(self._on_node.get(name, {}).values())
        if node is not None:
            self._nodes[name] = describe_node(node, pods, self._this_host)
        elif pods and name:
            self._nodes[name] = self._without_object(name, pods)
        else:
            self._nodes.pop(name, None)

    def _describe_workload(self, key: str) -> None:
        kind_name, namespace, name = key.split("/")
        kind, informer = self._workload_informers[kind_name]
        thing = informer.lister.get(namespace, name)
        if thing is None or not is_outermost(thing):
            self._workloads.pop(key, None)
            return
        pods = _in_order(self._of_owner.get(key, {}).values())
        self._workloads[key] = describe_workload(kind_name, thing, kind.tally(thing), pods)

    def _describe_service(self, key: ObjectKey) -> None:
        service = self._service_informer.lister.get(*key)
        if service is None:
            self._services.pop(key, None)
        else:
            slices = self._slice_informer.lister.by_index("service", str(key))
            self._services[key] = describe_service(service, slices)

    def _narrowed(self, node: NodeFacts, namespace: str) -> NodeFacts:
        pods = [pod for pod in node.pods if pod.namespace == namespace]
        if len(pods) == len(node.pods):
            return node
        known = self._node_informer.lister.get("", node.name)
        return describe_node(known, pods, self._this_host) if known else self._without_object(node.name, pods)

    def _without_object(self, name: str, pods: Sequence[PodFacts]) -> NodeFacts:
        """A node of which only its pods speak: it is gone, or this person may not see it."""
        return describe_gone_node(name, pods, is_hidden=NODES.kind in self.hidden)

    def _pod_changed(self, old: Pod | None, new: Pod | None) -> None:
        either = new or old
        assert either is not None
        self._forget_pod(either.metadata.key)
        if new is not None:
            self._know_pod(new)
        self._tell("Pod", either.metadata.key)

    def _know_pod(self, pod: Pod) -> None:
        facts = describe_pod(pod, self.owner_of(pod.metadata))
        key = pod.metadata.key
        self._pods[key] = facts
        self._on_node.setdefault(facts.node, {})[key] = facts
        self._stale_nodes.add(facts.node)
        if workload := self._workload_key(facts):
            self._of_owner.setdefault(workload, {})[key] = facts
            self._stale_workloads.add(workload)

    def _forget_pod(self, key: ObjectKey) -> None:
        facts = self._pods.pop(key, None)
        if facts is None:
            return
        self._stale_nodes.add(facts.node)
        _take_out(self._on_node, facts.node, key)
        if workload := self._workload_key(facts):
            _take_out(self._of_owner, workload, key)
            self._stale_workloads.add(workload)

    def _workload_key(self, facts: PodFacts) -> str:
        kind, _, name = facts.owner.partition("/")
        return f"{kind}/{facts.namespace}/{name}" if kind in self._workload_informers else ""

    def _workload_changed(
        self, kind: WorkloadKind[msgspec.Struct], old: msgspec.Struct | None, new: msgspec.Struct | None
    ) -> None:
        either = new or old
        assert either is not None
        meta = meta_of(either)
        self._stale_workloads.add(f"{kind.resource.kind}/{meta.namespace}/{meta.name}")
        if old is None or new is None or meta_of(old).controller != meta_of(new).controller:
            # Whom its pods belong to in the end may be another by that.
            for key in self._below(meta.uid):
                self._forget_pod(key)
                if (pod := self._pod_informer.lister.get(*key)) is not None:
                    self._know_pod(pod)
        self._tell(kind.resource.kind, meta.key)

    def _below(self, uid: str) -> list[ObjectKey]:
        """The pods that belong to an object, directly or through others."""
        if not uid:
            return []
        found = [pod.metadata.key for pod in self._pod_informer.lister.owned_by(uid)]
        for _, informer in self._workload_informers.values():
            for thing in informer.lister.owned_by(uid):
                found += self._below(meta_of(thing).uid)
        return found

    def _node_changed(self, old: Node | None, new: Node | None) -> None:
        either = new or old
        assert either is not None
        name = either.metadata.name
        if old is not None and new is not None and _shown(old) == _shown(new):
            return  # a heartbeat
        self._stale_nodes.add(name)
        self._tell("Node", ObjectKey("", name))

    def _service_changed(self, old: Service | None, new: Service | None) -> None:
        either = new or old
        assert either is not None
        self._stale_services.add(either.metadata.key)
        self._tell("Service", either.metadata.key)

    def _slice_changed(self, old: EndpointSlice | None, new: EndpointSlice | None) -> None:
        for one in (old, new):
            name = one.metadata.labels.get(SERVICE_LABEL) if one is not None else None
            if one is not None and name:
                self._stale_services.add(ObjectKey(one.metadata.namespace, name))
                self._tell("Service", ObjectKey(one.metadata.namespace, name))

    def _tell(self, kind: str, key: ObjectKey) -> None:
        self._snapshots.clear()
        change = Change(kind, key)
        for subscriber in [*self._subscribers]:
            subscriber(change)


class Unseen(NamedTuple):
    """The kinds of the picture that cannot be listed: not by this person, or by nobody."""

    hidden: tuple[str, ...]
    missing: tuple[str, ...]


async def unseen_kinds(client: Client, namespace: str = "") -> Unseen:
    """The kinds of the picture that this person may not list, and those that the cluster does not have."""
    hidden: list[str] = []
    missing: list[str] = []
    for resource in (NODES, PODS, SERVICES, ENDPOINT_SLICES, *WORKLOAD_RESOURCES):
        try:
            await client.list(resource, namespace if resource.namespaced else "", limit=1)
        except (Forbidden, NotFound) as error:
            (missing if await is_missing(client, resource, error) else hidden).append(resource.kind)
    return Unseen(tuple(hidden), tuple(missing))


async def read(
    client: Client, *, namespace: str = "", this_host: str = "", clock: Clock | None = None, at_revision: str = ""
) -> ReadModel:
    """A model of the cluster as it is now, from one list of each kind, or of what one namespace holds.

    With `at_revision`: as it was then; raises Expired when that is too long ago.
    Kinds that this person may not list stay empty and are named in `hidden`; those that the cluster does not have, in
    `missing`.
    """
    informers: dict[str, Informer[msgspec.Struct]] = {}

    def informer(resource: ResourceType[T], /) -> Informer[T]:
        made = Informer(resource, clock or SystemClock())
        # Keyed by kind, and only ever handed out for that kind.
        informers[resource.kind] = made  # type: ignore[assignment]
        return made

    model = ReadModel(informer, this_host=this_host)
    hidden: list[str] = []
    missing: list[str] = []
    for kind, one in informers.items():
        try:
            place = namespace if one.resource.namespaced else ""
            listed = await client.list(one.resource, place, at_revision=at_revision)
        except (Forbidden, NotFound) as error:
            (missing if await is_missing(client, one.resource, error) else hidden).append(kind)
            continue
        one.replace(listed.items, listed.resource_version)
    model.hide(hidden, missing=missing)
    return model


def _in_order(pods: Iterable[PodFacts]) -> list[PodFacts]:
    """As they are shown: by app, then as they came; nothing moves by itself."""
    return sorted(pods, key=lambda pod: (pod.app, pod.created, pod.id))


def _take_out(groups: dict[str, dict[ObjectKey, PodFacts]], name: str, key: ObjectKey) -> None:
    group = groups.get(name)
    if group is not None:
        group.pop(key, None)
        if not group:
            del groups[name]


def _service_of(one: EndpointSlice) -> Iterable[str]:
    name = one.metadata.labels.get(SERVICE_LABEL)
    return (str(ObjectKey(one.metadata.namespace, name)),) if name else ()


def _shown(node: Node) -> tuple[object, ...]:
    """What of a node is shown; the rest of it changes with every heartbeat."""
    return node.metadata.labels, node.spec, node.status.allocatable, node.status.addresses, is_ready(node)
