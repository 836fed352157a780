"""The facts that every face shows: web pages, the command line and JSON draw from these and from nothing else.

Plain, frozen data without defaults; `msgspec.json.encode` makes the documented JSON of it (camelCase, every field
always there). Who builds them:
narrate/model.py. Containment is nesting: a node holds its pods, a pod holds its containers, and no pod is in two
places.
"""

from __future__ import annotations

from typing import Literal

from wherry.apimachinery.struct import Struct
from wherry.narrate.state_words import Word

NodeKind = Literal["this machine", "other machine", "simulated", "gone", "hidden"]

Role = Literal["main", "first", "beside", "guest"]


class ContainerFacts(Struct):
    """One program in its box. `role` tells the main ones from those that run first, beside them or as a guest.

    A guest is an ephemeral container: somebody added it to look at the pod from inside. `requests` and `limits` are
    amounts by resource as Kubernetes writes them, `ports` are as in "http 8080/TCP".
    """

    name: str
    image: str
    role: Role
    state: Word
    symbol: str
    ready: bool
    restarts: int
    reason: str
    requests: dict[str, str]
    limits: dict[str, str]
    ports: tuple[str, ...]


class PodFacts(Struct):
    """One pod: where it is, whose it is and how it is.

    `app` is what people call it; `owner` is the outermost workload as KIND/NAME ("" for a pod of nobody); when it
    `has_ended`, none of its containers will run again.
    """

    id: str
    uid: str
    name: str
    namespace: str
    node: str
    app: str
    owner: str
    state: Word
    symbol: str
    reason: str
    needs_help: bool
    has_ended: bool
    ready: int
    restarts: int
    created: str
    address: str
    containers: tuple[ContainerFacts, ...]


class Counts(Struct):
    """How many there are, and how they are. `states` has all six words."""

    nodes: int
    nodes_ready: int
    pods: int
    containers: int
    needs_help: int
    states: dict[str, int]


class NodeFacts(Struct):
    """One node with everything on it. A node that pods name and that is not there any more is `gone`.

    One that this person may not see is `hidden`. `machine` says in words what a real one is; "" where nobody knows.
    """

    name: str
    kind: NodeKind
    machine: str
    ready: bool
    state: str
    reason: str
    accepts_pods: bool
    cpu_milli: int
    memory_bytes: int
    pods_max: int
    sentence: str
    counts: Counts
    pods: tuple[PodFacts, ...]


class WorkloadFacts(Struct):
    """Something that wants pods: how many it wants, how many it has, and in words what comes next.

    `missing` is how many empty places a picture shows for it.
    """

    id: str
    kind: str
    name: str
    namespace: str
    app: str
    wanted: int
    have: int
    ready: int
    missing: int
    is_as_wanted: bool
    images: tuple[str, ...]
    pods: tuple[str, ...]
    now: str
    next: str


class ServiceFacts(Struct):
    """A name that other programs call: who answers it and who does not."""

    id: str
    name: str
    namespace: str
    type: str
    address: str
    ports: tuple[str, ...]
    answering: tuple[str, ...]
    silent: tuple[str, ...]
    sentence: str


class Snapshot(Struct):
    """The whole cluster at one moment.

    `waiting` are the pods without a node; `hidden` the kinds that this person may not see, `missing` those that the
    cluster does not have.
    """

    sentence: str
    counts: Counts
    nodes: tuple[NodeFacts, ...]
    waiting: tuple[PodFacts, ...]
    workloads: tuple[WorkloadFacts, ...]
    services: tuple[ServiceFacts, ...]
    hidden: tuple[str, ...]
    missing: tuple[str, ...] = ()

    @property
    def pods(self) -> list[PodFacts]:
        """Every pod once: those on nodes, then those that wait for one."""
        return [*(pod for node in self.nodes for pod in node.pods), *self.waiting]
