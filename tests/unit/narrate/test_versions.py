"""Which pods are of the version that replaces another one."""

from __future__ import annotations

import pytest

from suites.fake_api import FakeApi
from suites.told_cluster import meta, pod
from wherry.api.apps.controllerrevision import CONTROLLER_REVISIONS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden
from wherry.kit.http.types import Request
from wherry.narrate.versions import POD_TEMPLATE_HASH, REVISION, REVISION_HASH, pods_of_new_version

ROLLING: Document = {"observedGeneration": 1, "replicas": 2, "updatedReplicas": 1}


def deployment(**status: object) -> Document:
    return {
        "kind": "Deployment",
        "metadata": meta("web", generation=1),
        "spec": {"replicas": 1},
        "status": {**ROLLING, **status},
    }


def stateful_set() -> Document:
    versions: Document = {"currentRevision": "web-old", "updateRevision": "web-new"}
    return {**deployment(**versions), "kind": "StatefulSet"}


def daemon_set() -> Document:
    counts: Document = {"currentNumberScheduled": 2, "desiredNumberScheduled": 2, "numberReady": 1}
    status = {**counts, "numberMisscheduled": 0, "observedGeneration": 1, "updatedNumberScheduled": 1}
    return {"kind": "DaemonSet", "metadata": meta("web", generation=1), "spec": {}, "status": status}


def keep(api: FakeApi, kind: str, word: str, number: int, owner: str = "web") -> None:
    """What a controller keeps of a version."""
    labels = {POD_TEMPLATE_HASH: word, REVISION_HASH: word}
    made = meta(
        f"{owner}-{word}", owner=(kind, owner), labels=labels, annotations={REVISION: str(number)} if number else {}
    )
    api.put(REPLICA_SETS, {"metadata": made, "spec": {"template": {}}}, "default")
    api.put(CONTROLLER_REVISIONS, {"metadata": made, "revision": number, "data": {}}, "default")


@pytest.fixture
def api() -> FakeApi:
    made = FakeApi()
    for name, word in (("web-1", "old"), ("web-2", "new"), ("shop-1", "later")):
        made.put(PODS, pod(name, "n1", labels={POD_TEMPLATE_HASH: word, REVISION_HASH: word}), "default")
    return made


def keep_all(api: FakeApi, kind: str) -> None:
    keep(api, kind, "old", 9)
    keep(api, kind, "new", 10)
    keep(api, kind, "later", 11, owner="shop")


@pytest.mark.parametrize("document", [deployment(), daemon_set()], ids=["Deployment", "DaemonSet"])
async def test_they_have_the_label_of_the_newest_version_that_the_controller_keeps(
    api: FakeApi, document: Document
) -> None:
    keep_all(api, str(document["kind"]))
    assert await pods_of_new_version(api.client(), document) == {"web-2"}


async def test_those_of_a_stateful_set_have_its_update_revision(api: FakeApi) -> None:
    for name, word in (("web-0", "web-old"), ("web-1", "web-new")):
        api.put(PODS, pod(name, "n1", labels={REVISION_HASH: word}), "default")
    assert await pods_of_new_version(api.client(), stateful_set()) == {"web-1"}


@pytest.mark.parametrize(
    "document",
    [deployment(replicas=1), deployment(updatedReplicas=0), {"kind": "ReplicaSet", "metadata": meta("web")}],
    ids=["all are new", "none is new yet", "a kind without versions"],
)
async def test_where_no_version_replaces_another_there_are_none_and_nothing_is_asked(
    api: FakeApi, document: Document
) -> None:
    keep_all(api, "Deployment")
    assert await pods_of_new_version(api.client(), document) == frozenset()
    assert not api.requests


async def test_none_are_named_where_the_versions_may_not_be_seen(api: FakeApi) -> None:
    keep_all(api, "Deployment")

    def refuse(request: Request) -> None:
        raise Forbidden("not for you")

    api.before = refuse
    assert await pods_of_new_version(api.client(), deployment()) == frozenset()
