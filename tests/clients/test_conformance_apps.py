"""Boxes of the conformance list about workloads (apps/*.go), shown on simulated nodes, whose pods run at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from clients.conftest import Tool, program
from suites.conformance import box
from suites.running_cluster import RunningCluster

IMAGE = "registry.example/web:1"
OTHER_IMAGE = "registry.example/web:2"
LABELS = {"app": "web"}


def template(image: str = IMAGE, labels: dict[str, str] = LABELS, **spec: Any) -> dict[str, Any]:
    return {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "c", "image": image}], **spec}}


def workload(kind: str, name: str = "web", **spec: Any) -> str:
    body: dict[str, Any] = {
        "apiVersion": "v1" if kind == "ReplicationController" else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "labels": {"e2e": "yes", **LABELS}},
        "spec": {
            "selector": LABELS if kind == "ReplicationController" else {"matchLabels": LABELS},
            "template": template(),
            **spec,
        },
    }
    return json.dumps(body)


def bare_pod(name: str, **labels: str) -> str:
    metadata = {"name": name, "labels": labels}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template()["spec"]})


class Space:
    """One namespace, and a kubectl that works in it."""

    def __init__(self, kubectl: Tool) -> None:
        self.kubectl = kubectl

    def create(self, *manifests: str) -> None:
        items = [json.loads(each) for each in manifests]
        self.kubectl("create", "-f", "-", text=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))

    def read(self, *what: str) -> Any:
        return json.loads(self.kubectl("get", *what, "-o", "json"))

    def names(self, *what: str) -> list[str]:
        return self.kubectl("get", *what, "-o", "name").split()

    def until(self, thing: str, path: str, value: object = "") -> None:
        wanted = f"jsonpath={{{path}}}" + (f"={value}" if value != "" else "")
        self.kubectl("wait", thing, f"--for={wanted}", "--timeout=30s")

    def rolled_out(self, thing: str) -> None:
        self.kubectl("rollout", "status", thing, "--timeout=40s")

    def patch(self, thing: str, change: Any, *options: str) -> Any:
        done = self.kubectl("patch", thing, "-p", json.dumps(change), "-o", "json", "--type=merge", *options)
        return json.loads(done)

    def raw(self, plural: str, group: str = "apis/apps/v1", query: str = "") -> str:
        return f"/{group}/namespaces/{self.kubectl.namespace}/{plural}{query}"

    def delete_collection(self, plural: str, group: str = "apis/apps/v1", label: str = "e2e%3Dyes") -> None:
        self.kubectl("delete", "--raw", self.raw(plural, group, f"?labelSelector={label}"))


@pytest.fixture
def space(simulated: RunningCluster, namespace: str) -> Space:
    return Space(Tool(program("kubectl-1.37"), simulated, namespace))


def owner_of(thing: Any) -> str | None:
    owners = thing["metadata"].get("ownerReferences", [])
    return next((f"{each['kind']}/{each['name']}" for each in owners if each.get("controller")), None)


STATEFUL = "StatefulSet Basic StatefulSet functionality"


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        pytest.param(
            "Deployment", "deployments",
            marks=box("Deployment Deployment should have a working scale subresource"),
        ),
        pytest.param(
            "ReplicaSet", "replicasets", marks=box("ReplicaSet Replicaset should have a working scale subresource")
        ),
        pytest.param("StatefulSet", "statefulsets", marks=box(f"{STATEFUL} should have a working scale subresource")),
        pytest.param(
            "ReplicationController", "replicationcontrollers",
            marks=box("ReplicationController should get and update a ReplicationController scale"),
        ),
    ],
)  # fmt: skip
def test_the_scale_is_read_replaced_and_patched(space: Space, kind: str, resource: str) -> None:
    more = {"serviceName": "web"} if kind == "StatefulSet" else {}
    space.create(workload(kind, replicas=1, **more))
    space.until(f"{resource}/web", ".status.readyReplicas", 1)
    group = "api/v1" if kind == "ReplicationController" else "apis/apps/v1"
    path = space.raw(f"{resource}/web/scale", group)
    scale = json.loads(space.kubectl("get", "--raw", path))
    assert (scale["kind"], scale["spec"]["replicas"], scale["status"]["replicas"]) == ("Scale", 1, 1)
    scale["spec"]["replicas"] = 2
    space.kubectl("replace", "--raw", path, "-f", "-", text=json.dumps(scale))
    space.until(f"{resource}/web", ".status.readyReplicas", 2)
    space.patch(f"{resource}/web", {"spec": {"replicas": 4}}, "--subresource=scale")
    space.until(f"{resource}/web", ".status.readyReplicas", 4)
    assert space.read(f"{resource}/web")["spec"]["replicas"] == 4


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        pytest.param("Deployment", "deployments", marks=box("Deployment should validate Deployment Status endpoints")),
        pytest.param("ReplicaSet", "replicasets", marks=box("ReplicaSet should validate Replicaset Status endpoints")),
        pytest.param(
            "StatefulSet", "statefulsets", marks=box(f"{STATEFUL} should validate Statefulset Status endpoints")
        ),
        pytest.param("DaemonSet", "daemonsets", marks=box("Daemon set should verify changes to a daemon set status")),
    ],
)
def test_the_status_is_replaced_and_patched(space: Space, kind: str, resource: str) -> None:
    more = {"serviceName": "web"} if kind == "StatefulSet" else {}
    space.create(workload(kind, **more))
    thing = f"{resource}/web"
    space.until(thing, ".status.numberReady" if kind == "DaemonSet" else ".status.readyReplicas")
    condition = {"type": "StatusUpdate", "status": "True", "reason": "E2E", "message": "Set from e2e test"}
    path = space.raw(f"{thing}/status")
    current = json.loads(space.kubectl("get", "--raw", path))
    current["status"].setdefault("conditions", []).append(condition)
    # Without a revision: the controller may have been quicker.
    del current["metadata"]["resourceVersion"]
    replaced = json.loads(space.kubectl("replace", "--raw", path, "-f", "-", text=json.dumps(current)))
    assert any(each["type"] == "StatusUpdate" for each in replaced["status"]["conditions"])
    patched = space.patch(
        thing, {"status": {"conditions": [{**condition, "type": "StatusPatched"}]}}, "--subresource=status"
    )
    assert any(each["type"] == "StatusPatched" for each in patched["status"]["conditions"])


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        pytest.param(
            "ReplicaSet", "replicasets", marks=box("ReplicaSet should list and delete a collection of ReplicaSets")
        ),
        pytest.param(
            "StatefulSet", "statefulsets",
            marks=box(f"{STATEFUL} should list, patch and delete a collection of StatefulSets"),
        ),
        pytest.param(
            "DaemonSet", "daemonsets", marks=box("Daemon set should list and delete a collection of DaemonSets")
        ),
    ],
)  # fmt: skip
def test_workloads_are_listed_patched_and_deleted_together(space: Space, kind: str, resource: str) -> None:
    more = {"serviceName": "web"} if kind == "StatefulSet" else {}
    space.create(workload(kind, **more))
    space.until(f"{resource}/web", ".status.numberReady" if kind == "DaemonSet" else ".status.readyReplicas")
    listed = space.read(resource, "--all-namespaces", "-l", "e2e=yes")["items"]
    assert space.kubectl.namespace in [each["metadata"]["namespace"] for each in listed]
    space.patch(f"{resource}/web", {"metadata": {"annotations": {"seen": "yes"}}})
    assert space.read(f"{resource}/web")["metadata"]["annotations"]["seen"] == "yes"
    space.delete_collection(resource)
    assert space.names(resource) == []
    space.kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s")


@pytest.mark.parametrize(
    ("kind", "resource"),
    [
        pytest.param(
            "ReplicaSet", "replicasets",
            marks=box("ReplicaSet should adopt matching pods on creation and release no longer matching pods"),
        ),
        pytest.param(
            "ReplicationController", "replicationcontrollers",
            marks=[
                box("ReplicationController should adopt matching pods on creation"),
                box("ReplicationController should release no longer matching pods"),
            ],
        ),
    ],
)  # fmt: skip
def test_a_pod_that_matches_is_adopted_and_one_that_does_not_any_more_released(
    space: Space, kind: str, resource: str
) -> None:
    space.create(bare_pod("orphan", **LABELS))
    space.create(workload(kind, replicas=1))
    space.until("pod/orphan", ".metadata.ownerReferences[0].kind", kind)
    space.until(f"{resource}/web", ".status.readyReplicas", 1)
    assert space.names("pods", "-l", "app=web") == ["pod/orphan"]
    space.kubectl("label", "--overwrite", "pod/orphan", "app=other")
    space.kubectl("wait", "pod/orphan", "--for=jsonpath={.metadata.labels.app}=other")
    space.until(f"{resource}/web", ".status.readyReplicas", 1)
    for _ in range(50):
        if owner_of(space.read("pod/orphan")) is None:
            break
    assert owner_of(space.read("pod/orphan")) is None
    assert len(space.names("pods", "-l", "app=web")) == 1


@box("ReplicaSet Replace and Patch tests")
def test_a_replica_set_is_scaled_patched_and_replaced(space: Space) -> None:
    space.create(workload("ReplicaSet", replicas=1))
    space.until("rs/web", ".status.readyReplicas", 1)
    patched = space.patch(
        "rs/web",
        {
            "metadata": {"labels": {"test-rs": "patched"}},
            "spec": {"replicas": 3, "template": template(OTHER_IMAGE, terminationGracePeriodSeconds=0)},
        },
    )
    assert patched["metadata"]["labels"]["test-rs"] == "patched"
    assert patched["spec"]["template"]["spec"]["containers"][0]["image"] == OTHER_IMAGE
    space.until("rs/web", ".status.readyReplicas", 3)
    current = space.read("rs/web")
    current["spec"]["replicas"] = 2
    del current["metadata"]["resourceVersion"]
    space.kubectl("replace", "-f", "-", text=json.dumps(current))
    space.until("rs/web", ".status.readyReplicas", 2)


@box("Deployment RollingUpdateDeployment should delete old pods and create new ones")
def test_a_deployment_takes_over_a_replica_set_and_replaces_its_pods(space: Space) -> None:
    old = json.loads(workload("ReplicaSet", "old", replicas=1))
    old["metadata"]["annotations"] = {"deployment.kubernetes.io/revision": "3546343826724305832"}
    space.create(json.dumps(old))
    space.until("rs/old", ".status.readyReplicas", 1)
    space.create(workload("Deployment", replicas=1, template=template(OTHER_IMAGE)))
    space.rolled_out("deployment/web")
    deployment = space.read("deployment/web")
    assert deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"] == "3546343826724305833"
    space.until("rs/old", ".spec.replicas", 0)
    owners = {each["metadata"]["name"]: owner_of(each) for each in space.read("rs")["items"]}
    assert len(owners) == 2
    assert set(owners.values()) == {"Deployment/web"}
    space.kubectl("wait", "--for=jsonpath={.status.observedGeneration}=1", "deployment/web")


@box("Deployment RecreateDeployment should delete old pods and create new ones")
def test_old_pods_are_gone_before_new_ones_come(space: Space) -> None:
    space.create(workload("Deployment", replicas=2, strategy={"type": "Recreate"}))
    space.rolled_out("deployment/web")
    before = set(space.names("pods"))
    space.kubectl("set", "image", "deployment/web", f"c={OTHER_IMAGE}")
    space.rolled_out("deployment/web")
    pods = [each for each in space.read("pods")["items"] if not each["metadata"].get("deletionTimestamp")]
    assert {each["spec"]["containers"][0]["image"] for each in pods} == {OTHER_IMAGE}
    assert not before & {f"pod/{each['metadata']['name']}" for each in pods}
    # Never together: a new pod is made after every old one is gone.
    events = space.read("events", "--field-selector=involvedObject.kind=Deployment")["items"]
    events.sort(key=lambda event: int(event["metadata"]["resourceVersion"]))
    assert [event["message"].split()[1] for event in events] == ["up", "down", "up"]


@box("Deployment deployment should delete old replica sets")
def test_a_deployment_forgets_what_it_need_not_remember(space: Space) -> None:
    space.create(workload("ReplicaSet", "old", replicas=1))
    space.until("rs/old", ".status.readyReplicas", 1)
    space.create(workload("Deployment", replicas=1, revisionHistoryLimit=0, template=template(OTHER_IMAGE)))
    space.rolled_out("deployment/web")
    space.kubectl("wait", "--for=delete", "rs/old", "--timeout=30s")
    assert len(space.names("rs")) == 1


@box("Deployment deployment should support rollover")
def test_a_new_template_is_rolled_out_over_one_that_is_stuck(space: Space) -> None:
    space.create(workload("ReplicaSet", "old", replicas=1))
    space.until("rs/old", ".status.readyReplicas", 1)
    stuck = template(OTHER_IMAGE, nodeSelector={"no": "such"})
    space.create(workload("Deployment", replicas=1, minReadySeconds=1, template=stuck))
    space.until("deployment/web", ".status.updatedReplicas", 1)
    rolled = {
        "spec": {"template": {"spec": {"nodeSelector": None, "containers": [{"name": "c", "image": IMAGE + "0"}]}}}
    }
    space.patch("deployment/web", rolled)
    space.rolled_out("deployment/web")
    counts = {each["metadata"]["name"]: each["spec"]["replicas"] for each in space.read("rs")["items"]}
    assert len(counts) == 3
    assert sorted(counts.values()) == [0, 0, 1]


@box("Deployment deployment should support proportional scaling")
def test_a_rollout_that_is_stuck_is_scaled_in_proportion(space: Space) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}}
    space.create(workload("Deployment", replicas=10, strategy=strategy))
    space.until("deployment/web", ".status.readyReplicas", 10)
    [first] = space.names("rs")
    space.patch("deployment/web", {"spec": {"template": template(OTHER_IMAGE, nodeSelector={"no": "such"})}})
    space.until(first, ".spec.replicas", 8)
    [second] = [name for name in space.names("rs") if name != first]
    space.until(second, ".spec.replicas", 5)
    space.kubectl("scale", "deployment/web", "--replicas=30")
    space.until(first, ".spec.replicas", 20)
    space.until(second, ".spec.replicas", 13)


@box("Deployment should run the lifecycle of a Deployment")
def test_a_deployment_lives_from_creation_to_deletion(space: Space) -> None:
    space.create(workload("Deployment", replicas=1))
    space.until("deployment/web", ".status.readyReplicas", 1)
    patched = space.patch(
        "deployment/web",
        {"metadata": {"labels": {"test": "patched"}}, "spec": {"replicas": 2, "template": template(OTHER_IMAGE)}},
    )
    assert patched["metadata"]["labels"]["test"] == "patched"
    space.rolled_out("deployment/web")
    assert space.names("deployments", "-l", "test=patched") == ["deployment.apps/web"]
    current = space.read("deployment/web")
    current["spec"]["template"] = template(IMAGE)
    del current["metadata"]["resourceVersion"]
    space.kubectl("replace", "-f", "-", text=json.dumps(current))
    space.rolled_out("deployment/web")
    status = json.loads(space.kubectl("get", "--raw", space.raw("deployments/web/status")))["status"]
    assert (status["readyReplicas"], status["updatedReplicas"]) == (2, 2)
    assert status["observedGeneration"] == 3
    space.delete_collection("deployments")
    assert space.names("deployments") == []


@box("Daemon set should run and stop simple daemon")
def test_a_daemon_runs_on_every_node_and_comes_back(space: Space) -> None:
    space.create(workload("DaemonSet"))
    nodes = len(space.names("nodes"))
    space.until("ds/web", ".status.numberReady", nodes)
    pods = space.read("pods")["items"]
    assert len({each["spec"]["nodeName"] for each in pods}) == nodes
    space.kubectl("delete", "pod", pods[0]["metadata"]["name"])
    space.until("ds/web", ".status.numberReady", nodes)


@box("Daemon set should run and stop complex daemon")
def test_a_daemon_follows_the_labels_of_nodes(space: Space) -> None:
    color = space.kubectl.namespace
    space.create(workload("DaemonSet", template=template(nodeSelector={color: "blue"})))
    space.until("ds/web", ".status.observedGeneration", 1)
    assert space.names("pods") == []
    space.kubectl("label", "node", "simulated-1", f"{color}=blue")
    space.until("ds/web", ".status.numberReady", 1)
    assert space.read("pods")["items"][0]["spec"]["nodeName"] == "simulated-1"
    space.kubectl("label", "--overwrite", "node", "simulated-1", f"{color}=green")
    space.kubectl("wait", "--for=delete", "pod", "-l", "app=web", "--timeout=30s")
    space.patch(
        "ds/web",
        {"spec": {"template": template(nodeSelector={color: "green"}), "updateStrategy": {"type": "RollingUpdate"}}},
    )
    space.until("ds/web", ".status.numberReady", 1)
    space.kubectl("label", "node", "simulated-1", f"{color}-")


@box("Daemon set should update pod when spec was updated and update strategy is RollingUpdate")
def test_a_daemons_pods_are_replaced_when_its_template_changes(space: Space) -> None:
    space.create(workload("DaemonSet"))
    nodes = len(space.names("nodes"))
    space.until("ds/web", ".status.numberReady", nodes)
    first = space.names("controllerrevisions")
    space.kubectl("set", "image", "ds/web", f"c={OTHER_IMAGE}")
    space.rolled_out("ds/web")
    pods = [each for each in space.read("pods")["items"] if not each["metadata"].get("deletionTimestamp")]
    assert {each["spec"]["containers"][0]["image"] for each in pods} == {OTHER_IMAGE}
    assert len(first) == 1
    revisions = space.read("controllerrevisions")["items"]
    assert sorted(each["revision"] for each in revisions) == [1, 2]


@box("Daemon set should retry creating failed daemon pods")
def test_a_daemon_pod_that_fails_is_made_again(space: Space) -> None:
    space.create(workload("DaemonSet"))
    nodes = len(space.names("nodes"))
    space.until("ds/web", ".status.numberReady", nodes)
    name = space.read("pods")["items"][0]["metadata"]["name"]
    space.patch(f"pod/{name}", {"status": {"phase": "Failed"}}, "--subresource=status")
    space.kubectl("wait", "--for=delete", f"pod/{name}", "--timeout=30s")
    space.until("ds/web", ".status.numberReady", nodes)


@box(f"{STATEFUL} should perform rolling updates and roll backs of template modifications")
@box(f"{STATEFUL} should perform canary updates and phased rolling updates of template modifications")
def test_a_stateful_set_is_changed_from_its_last_pod_on(space: Space) -> None:
    space.create(
        workload(
            "StatefulSet", replicas=3, serviceName="web",
            updateStrategy={"type": "RollingUpdate", "rollingUpdate": {"partition": 3}},
        )
    )  # fmt: skip
    space.until("sts/web", ".status.readyReplicas", 3)

    def images() -> list[str]:
        return [space.read(f"pod/web-{n}")["spec"]["containers"][0]["image"] for n in range(3)]

    space.kubectl("set", "image", "sts/web", f"c={OTHER_IMAGE}")
    space.until("sts/web", ".status.observedGeneration", 2)
    status = space.read("sts/web")["status"]
    assert status["currentRevision"] != status["updateRevision"]
    assert images() == [IMAGE] * 3
    for partition, wanted in ((2, [IMAGE, IMAGE, OTHER_IMAGE]), (0, [OTHER_IMAGE] * 3)):
        space.patch("sts/web", {"spec": {"updateStrategy": {"rollingUpdate": {"partition": partition}}}})
        space.until("sts/web", ".status.updatedReplicas", 3 - partition)
        space.until("sts/web", ".status.readyReplicas", 3)
        assert images() == wanted
    space.rolled_out("sts/web")
    space.kubectl("delete", "pod", "web-1")
    space.until("sts/web", ".status.readyReplicas", 3)
    assert images()[1] == OTHER_IMAGE
    space.kubectl("rollout", "undo", "sts/web")
    space.rolled_out("sts/web")
    assert images() == [IMAGE] * 3


JOB = "Job should"
PENDING = template(restartPolicy="Never", nodeSelector={"no": "such"})


def job(name: str = "j", **spec: Any) -> str:
    pod_template = {"spec": {"containers": [{"name": "c", "image": IMAGE}], "restartPolicy": "Never"}}
    body = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "labels": {"e2e": "yes"}}}
    return json.dumps({**body, "spec": {"template": pod_template, **spec}})


@box(f"{JOB} create pods for an Indexed job with completion indexes and specified hostname")
def test_each_pod_of_an_indexed_job_knows_its_place(space: Space) -> None:
    space.create(job(completions=4, parallelism=2, completionMode="Indexed"))
    space.kubectl("wait", "job/j", "--for=condition=Complete", "--timeout=30s")
    assert space.read("job/j")["status"]["completedIndexes"] == "0-3"
    pods = space.read("pods")["items"]
    index = "batch.kubernetes.io/job-completion-index"
    assert sorted(each["metadata"]["annotations"][index] for each in pods) == ["0", "1", "2", "3"]
    assert sorted(each["spec"]["hostname"] for each in pods) == ["j-0", "j-1", "j-2", "j-3"]
    for each in pods:
        assert "JOB_COMPLETION_INDEX" in [one["name"] for one in each["spec"]["containers"][0]["env"]]


@box(f"{JOB} manage the lifecycle of a job")
def test_a_job_is_held_back_let_go_listed_and_deleted(space: Space) -> None:
    space.create(job(suspend=True, completions=2, parallelism=2))
    space.kubectl("wait", "job/j", "--for=condition=Suspended", "--timeout=30s")
    assert space.names("pods") == []
    space.patch("job/j", {"metadata": {"labels": {"patched": "yes"}}, "spec": {"suspend": False}})
    space.kubectl("wait", "job/j", "--for=condition=Complete", "--timeout=30s")
    space.patch("job/j", {"metadata": {"annotations": {"updated": "true"}}})
    assert space.names("jobs", "-l", "patched=yes") == ["job.batch/j"]
    space.delete_collection("jobs", "apis/batch/v1")
    assert space.names("jobs") == []


@box(f"{JOB} delete a job")
def test_a_job_goes_with_its_pods(space: Space) -> None:
    space.create(job(completions=2, parallelism=2, template=PENDING))
    space.until("job/j", ".status.active", 2)
    space.kubectl("delete", "job", "j", "--cascade=foreground", "--timeout=30s")
    assert space.names("jobs") == []
    assert space.names("pods") == []


@box(f"{JOB} apply changes to a job status")
def test_the_status_of_a_job_is_patched_and_replaced(space: Space) -> None:
    space.create(job(completions=2, parallelism=2, template=PENDING))
    space.until("job/j", ".status.active", 2)
    condition = {"type": "CustomConditionType", "status": "True", "lastTransitionTime": "2026-11-23T07:00:00Z"}
    patched = space.patch("job/j", {"status": {"conditions": [condition]}}, "--subresource=status")
    assert patched["status"]["conditions"][0]["type"] == "CustomConditionType"
    path = space.raw("jobs/j/status", "apis/batch/v1")
    current = json.loads(space.kubectl("get", "--raw", path))
    current["status"]["conditions"] = [{**condition, "reason": "Updated"}]
    replaced = json.loads(space.kubectl("replace", "--raw", path, "-f", "-", text=json.dumps(current)))
    assert replaced["status"]["conditions"][0]["reason"] == "Updated"
