"""After any sequence of changes the picture is the API's list: no pod lost, none twice, each where it is."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from suites.told_cluster import HandFed, deployment, node, pod, replica_set
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.node import NODES, Node
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document

NAMES = ("a-1", "a-2", "b-1", "b-2")
PLACES = ("", "n1", "n2", "n3")
STATUSES: tuple[Document | None, ...] = (None, {"phase": "Succeeded"}, {"phase": "Failed"}, {"phase": "Pending"})

steps = st.lists(
    st.one_of(
        st.tuples(st.just("pod"), st.sampled_from(NAMES), st.sampled_from(PLACES), st.sampled_from(range(4))),
        st.tuples(st.just("no pod"), st.sampled_from(NAMES)),
        st.tuples(st.just("node"), st.sampled_from(PLACES[1:]), st.booleans()),
        st.tuples(st.just("no node"), st.sampled_from(PLACES[1:])),
        st.tuples(st.just("owner"), st.booleans()),
        st.tuples(st.just("look")),
    ),
    max_size=40,
)


class Api:
    """What the API has, beside the model that has heard of it."""

    def __init__(self) -> None:
        self.told = HandFed()
        self.pods: dict[str, Pod] = {}
        self.nodes: dict[str, Node] = {}
        self.lives = 0

    def do(self, step: tuple[object, ...]) -> None:
        match step:
            case ("pod", str(name), str(place), int(which)):
                self.lives += 1
                # Every other time a namesake takes the place of the old one.
                uid = f"uid-{name}-{self.lives // 2}"
                document = pod(name, place, owner=("ReplicaSet", "a-rs"), status=STATUSES[which], uid=uid)
                self.pods[name] = self.told.put(PODS, document)
            case ("no pod", str(name)) if name in self.pods:
                self.told.remove(PODS, self.pods.pop(name))
            case ("node", str(name), bool(ready)):
                self.nodes[name] = self.told.put(NODES, node(name, ready=ready))
            case ("no node", str(name)) if name in self.nodes:
                self.told.remove(NODES, self.nodes.pop(name))
            case ("owner", bool(there)):
                self.told.put(DEPLOYMENTS, deployment("a", 2))
                known = self.told.put(REPLICA_SETS, replica_set("a-rs", "a"))
                if not there:
                    self.told.remove(REPLICA_SETS, known)
            case _:
                self.told.model.snapshot()


@settings(max_examples=150, deadline=None)
@given(steps)
def test_the_picture_equals_the_list(sequence: list[tuple[object, ...]]) -> None:
    api = Api()
    for step in sequence:
        api.do(step)
    snapshot = api.told.model.snapshot()
    shown = Counter(one.id for one in snapshot.pods)
    assert shown == Counter(f"default/{name}" for name in api.pods), "every pod once"
    for place in snapshot.nodes:
        assert {one.node for one in place.pods} <= {place.name}
        assert place.counts.pods == len(place.pods)
        assert (place.kind == "gone") == (place.name not in api.nodes)
    assert {place.name for place in snapshot.nodes} >= set(api.nodes)
    assert sum(snapshot.counts.states.values()) == snapshot.counts.pods == len(api.pods)
    for one in snapshot.pods:
        real = api.pods[one.name]
        assert (one.node, one.uid) == (real.spec.node_name, real.metadata.uid)


@settings(max_examples=100, deadline=None)
@given(steps)
def test_what_was_built_step_by_step_equals_what_is_built_at_once(sequence: list[tuple[object, ...]]) -> None:
    api = Api()
    for step in sequence:
        api.do(step)
    fresh = HandFed()
    for kind, informer in api.told.informers.items():
        fresh.informers[kind].replace(informer.lister.list(), str(api.told.revision))
    assert fresh.model.snapshot() == api.told.model.snapshot()
