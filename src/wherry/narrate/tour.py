"""The tour: from the container to the masters, on the cluster as it is. Each step is a claim and the facts behind it.

Pure: `steps(snapshot)` says nothing that the snapshot does not show, and a step without anything to show says how to
get something.
"""

from __future__ import annotations

from wherry.api.core.node import NODES
from wherry.apimachinery.struct import Struct
from wherry.narrate.facts import NodeFacts, PodFacts, Snapshot
from wherry.narrate.glossary import words
from wherry.narrate.templates import count, tell

MAKE_SOMETHING = "wherry kubectl create deployment hello --image=hello --replicas=3"


class Stop(Struct):
    """One step: the word it is about, what it means, what is so in this cluster, and the command that shows it.

    `evidence` names the objects that the claim is about, as KIND/NAMESPACE/NAME or KIND/NAME.
    """

    title: str
    meaning: str
    claim: str
    evidence: tuple[str, ...]
    command: str


def steps(snapshot: Snapshot) -> list[Stop]:
    """The stops of the tour, smallest thing first."""
    return [
        _container(snapshot),
        _pod(snapshot),
        _node(snapshot),
        _workload(snapshot),
        _service(snapshot),
        _master(snapshot),
    ]


def _stop(term: str, claim: str, evidence: tuple[str, ...], command: str) -> Stop:
    return Stop(title=term, meaning=words()[term].says, claim=claim, evidence=evidence, command=command)


def _nothing(term: str) -> Stop:
    return _stop(term, tell("tour.nothing"), (), MAKE_SOMETHING)


def _example(snapshot: Snapshot) -> PodFacts | None:
    """The pod that the tour shows: one that runs, with the most containers."""
    pods = [pod for pod in snapshot.pods if pod.state == "Running"] or snapshot.pods
    return max(pods, key=lambda pod: (len(pod.containers), pod.id), default=None)


def _ref(pod: PodFacts) -> str:
    return f"Pod/{pod.namespace}/{pod.name}"


def _scope(namespace: str) -> str:
    return f" -n {namespace}" if namespace != "default" else ""


def _container(snapshot: Snapshot) -> Stop:
    pod = _example(snapshot)
    if pod is None:
        return _nothing("container")
    one = pod.containers[-1]
    claim = tell("tour.container", container=one.name, image=one.image, pod=pod.name)
    return _stop("container", claim, (_ref(pod),), f"wherry show pod/{pod.name}{_scope(pod.namespace)}")


def _pod(snapshot: Snapshot) -> Stop:
    pod = _example(snapshot)
    if pod is None:
        return _nothing("pod")
    said = {"pod": pod.name, "containers": count(len(pod.containers), "container")}
    key = "tour.pod" if pod.address else "tour.pod-no-address"
    claim = tell(key, address=pod.address, **said)
    return _stop("pod", claim, (_ref(pod),), f"wherry why pod/{pod.name}{_scope(pod.namespace)}")


def _node(snapshot: Snapshot) -> Stop:
    there = [node for node in snapshot.nodes if node.kind != "gone"]
    if not there and NODES.kind in snapshot.hidden:
        return _stop("node", tell("tour.nodes-hidden"), (), "wherry picture")
    if not there:
        return _stop("node", tell("tour.no-node"), (), "wherry up --simulated-nodes 3")
    fullest: NodeFacts = max(there, key=lambda node: (node.counts.pods, node.name))
    claim = tell("tour.node", nodes=count(len(there), "node"), fullest=fullest.sentence)
    return _stop("node", claim, tuple(f"Node/{node.name}" for node in there), "wherry picture")


def _workload(snapshot: Snapshot) -> Stop:
    if not snapshot.workloads:
        return _nothing("workload")
    one = max(snapshot.workloads, key=lambda one: (one.wanted, one.id))
    claim = tell("tour.workload", name=one.name, kind=one.kind, wanted=one.wanted, now=one.now)
    return _stop("workload", claim, (one.id,), f"wherry next {one.name}{_scope(one.namespace)}")


def _service(snapshot: Snapshot) -> Stop:
    if not snapshot.services:
        return _nothing("service")
    one = max(snapshot.services, key=lambda one: (len(one.answering), one.id))
    target = f"wherry show service/{one.name}{_scope(one.namespace)}"
    return _stop("service", one.sentence, (f"Service/{one.id}",), target)


def _master(snapshot: Snapshot) -> Stop:
    claim = tell("tour.master", pods=count(snapshot.counts.pods, "pod"))
    return _stop("master", claim, (), "wherry story -f")
