"""Whatever nodes and pods there are: the DaemonSet planner converges, stays put, and keeps to its limits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from suites.controller_objects import NOW_S, controlled_by, meta, node, pod
from suites.fake_view import FakeView
from suites.sample_objects import created
from wherry.api.apps.controllerrevision import ControllerRevision
from wherry.api.apps.daemonset import DAEMON_SETS, DaemonSet
from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.daemonset.controller import plan
from wherry.controllers.daemonset.placement import HASH_LABEL, node_of
from wherry.controllers.revisions import revision_data
from wherry.reconcile.actions import Create, Delete
from wherry.reconcile.pods import is_ready

KEY = ObjectKey("default", "web")
NODES = ("n1", "n2", "n3", "n4")
NEW, OLD = "new", "old"


def daemon_set(*, surge: bool) -> DaemonSet:
    rolling = {"maxSurge": 1, "maxUnavailable": 0} if surge else {"maxSurge": 0, "maxUnavailable": 1}
    return DAEMON_SETS.from_document(
        created(DAEMON_SETS, updateStrategy={"type": "RollingUpdate", "rollingUpdate": rolling})
    )


def revision(of: DaemonSet) -> ControllerRevision:
    owner = controlled_by("DaemonSet", "web")
    metadata = meta("web-new", "default", labels={HASH_LABEL: NEW}, owner_references=owner)
    return ControllerRevision(metadata=metadata, data=revision_data(of.spec.template), revision=1)


def own_pod(name: str, place: str, release: str, *, ready: bool) -> Pod:
    owner = controlled_by("DaemonSet", "web")
    labels = {"app": "web", HASH_LABEL: release}
    return pod(name, node=place, ready=ready, namespace="default", labels=labels, owner_references=owner)


@st.composite
def pods(draw: st.DrawFn) -> list[Pod]:
    return [
        own_pod(
            f"p{number}",
            draw(st.sampled_from((*NODES, "gone"))),
            draw(st.sampled_from((NEW, OLD))),
            ready=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 9)))
    ]


def available(held: dict[str, Pod]) -> int:
    served = {each.spec.node_name for each in held.values() if each.status.conditions[0].status == "True"}
    return len(served & set(NODES))


@given(found=pods(), surge=st.booleans())
def test_every_node_ends_with_one_new_pod_and_no_step_takes_more_than_is_allowed(found: list[Pod], surge: bool) -> None:
    wanted = daemon_set(surge=surge)
    held = {each.metadata.name: each for each in found if each.spec.node_name != "gone"}
    for round_ in range(40):
        view = FakeView([wanted, revision(wanted), *map(node, NODES), *held.values()], now_s=NOW_S)
        actions = plan(KEY, view)
        creates = [action for action in actions if isinstance(action, Create)]
        deletes = [action for action in actions if isinstance(action, Delete)]
        waiting = [one for one in held.values() if one.metadata.labels[HASH_LABEL] == NEW and not is_ready(one)]
        if not creates and not deletes and not waiting:
            break
        before = available(held)
        twins = any(sum(each.spec.node_name == name for each in held.values()) > 1 for name in NODES)
        for delete in deletes:
            del held[delete.name]
        if not twins and before == len(NODES):
            assert available(held) >= len(NODES) - (0 if surge else 1), "no more is taken away than may be missing"
        for number, create in enumerate(creates):
            place = node_of(PODS.from_document(create.document))
            name = f"r{round_}-{number}"
            held[name] = own_pod(name, place, NEW, ready=True)
        for one in waiting:
            # Sooner or later a new pod is ready.
            if one.metadata.name in held:
                held[one.metadata.name] = own_pod(one.metadata.name, one.spec.node_name, NEW, ready=True)
    assert sorted(each.spec.node_name for each in held.values()) == sorted(NODES)
    assert {each.metadata.labels[HASH_LABEL] for each in held.values()} == {NEW}
