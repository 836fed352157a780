from __future__ import annotations

import copy

from suites.planned_world import PlannedWorld
from suites.sample_objects import sample
from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.apps.replicaset import REPLICA_SETS
from wherry.api.core.pod import PODS
from wherry.api.documents import find, section, text
from wherry.apimachinery.document import Document
from wherry.apimachinery.meta import ObjectKey
from wherry.controllers.deployment.controller import DEPLOYMENT_CONTROLLER, plan
from wherry.controllers.pod_template import build_pod, template_hash

KEY = ObjectKey("default", "web")
REVISION = "deployment.kubernetes.io/revision"


def world_with(**spec: object) -> PlannedWorld:
    world = PlannedWorld()
    deployment = sample(DEPLOYMENTS)
    section(deployment, "spec").update(copy.deepcopy(spec))
    world.create(DEPLOYMENTS, deployment)
    return world


def make_available(world: PlannedWorld) -> None:
    for document in world.of_kind("ReplicaSet"):
        size = section(document, "spec")["replicas"]
        generation = section(document, "metadata")["generation"]
        document["status"] = {
            "replicas": size,
            "readyReplicas": size,
            "availableReplicas": size,
            "observedGeneration": generation,
        }


def roll_out(world: PlannedWorld) -> None:
    for _ in range(20):
        if not world.perform(plan(KEY, world)):
            return
        make_available(world)
    raise AssertionError("the rollout does not end")


def release(world: PlannedWorld, image: str) -> None:
    patch: Document = {"spec": {"template": {"spec": {"containers": [{"name": "c", "image": image}]}}}}
    world.patch(DEPLOYMENTS, "default", "web", patch)


def deployment_of(world: PlannedWorld) -> Document:
    return world.objects[("Deployment", "default", "web")]


def condition(world: PlannedWorld, kind: str) -> tuple[object, object]:
    conditions = find(deployment_of(world), "status", "conditions")
    assert isinstance(conditions, list)
    return next((one["status"], one["reason"]) for one in conditions if one["type"] == kind)


def revisions(world: PlannedWorld) -> dict[str, str]:
    """Image -> revision."""
    found = {}
    for one in world.of_kind("ReplicaSet"):
        containers = find(one, "spec", "template", "spec", "containers")
        assert isinstance(containers, list)
        found[containers[0]["image"]] = text(one, "metadata", "annotations", REVISION)
    return found


def test_a_new_deployment_gets_a_replica_set_named_after_its_template() -> None:
    world = world_with(replicas=2)
    world.perform(plan(KEY, world))
    (replica_set,) = world.of_kind("ReplicaSet")
    template = find(deployment_of(world), "spec", "template")
    assert isinstance(template, dict)
    word = template_hash(template)
    assert text(replica_set, "metadata", "name") == f"web-{word}"
    assert find(replica_set, "metadata", "labels") == {"app": "web", "pod-template-hash": word}
    assert find(replica_set, "spec", "selector", "matchLabels") == {"app": "web", "pod-template-hash": word}
    assert find(replica_set, "spec", "template", "metadata", "labels") == {"app": "web", "pod-template-hash": word}
    assert find(replica_set, "metadata", "annotations") == {
        REVISION: "1",
        "deployment.kubernetes.io/desired-replicas": "2",
        "deployment.kubernetes.io/max-replicas": "3",
    }
    assert world.events == [f"ScalingReplicaSet: Scaled up replica set web-{word} from 0 to 2"]
    assert condition(world, "Progressing") == ("True", "NewReplicaSetCreated")
    assert condition(world, "Available") == ("False", "MinimumReplicasUnavailable")


def test_a_finished_rollout_says_so_and_then_rests() -> None:
    world = world_with(replicas=2)
    roll_out(world)
    assert condition(world, "Progressing") == ("True", "NewReplicaSetAvailable")
    assert condition(world, "Available") == ("True", "MinimumReplicasAvailable")
    status = section(deployment_of(world), "status")
    assert {name: status.get(name) for name in ("replicas", "updatedReplicas", "readyReplicas")} == {
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
    }
    assert "unavailableReplicas" not in status
    assert text(deployment_of(world), "metadata", "annotations", REVISION) == "1"
    assert list(plan(KEY, world)) == []


def test_a_rollback_uses_the_old_replica_set_again_under_a_new_number() -> None:
    world = world_with(replicas=2)
    release(world, "i:1")
    roll_out(world)
    release(world, "i:2")
    roll_out(world)
    assert revisions(world) == {"i:1": "1", "i:2": "2"}
    release(world, "i:1")
    roll_out(world)
    assert revisions(world) == {"i:1": "3", "i:2": "2"}
    assert text(deployment_of(world), "metadata", "annotations", REVISION) == "3"
    again = next(one for one in world.of_kind("ReplicaSet") if section(one, "spec")["replicas"] == 2)
    assert text(again, "metadata", "annotations", "deployment.kubernetes.io/revision-history") == "1"


def test_a_paused_deployment_is_scaled_but_not_rolled_out() -> None:
    world = world_with(replicas=2)
    roll_out(world)
    world.patch(DEPLOYMENTS, "default", "web", {"spec": {"paused": True, "replicas": 4}})
    release(world, "i:2")
    world.settle(plan, KEY)
    (only,) = world.of_kind("ReplicaSet")
    assert section(only, "spec")["replicas"] == 4
    assert condition(world, "Progressing") == ("Unknown", "DeploymentPaused")
    world.patch(DEPLOYMENTS, "default", "web", {"spec": {"paused": None}})
    roll_out(world)
    assert len(world.of_kind("ReplicaSet")) == 2
    assert condition(world, "Progressing") == ("True", "NewReplicaSetAvailable")


def test_recreate_waits_until_the_last_old_pod_is_gone() -> None:
    world = world_with(replicas=1, strategy={"type": "Recreate"})
    roll_out(world)
    (old,) = (REPLICA_SETS.from_document(one) for one in world.of_kind("ReplicaSet"))
    pod = world.create(PODS, build_pod(old.spec.template, REPLICA_SETS, old.metadata, generate_name="web-"))
    release(world, "i:2")
    world.settle(plan, KEY)
    assert [section(one, "spec")["replicas"] for one in world.of_kind("ReplicaSet")] == [0]
    world.delete(PODS, "default", text(pod, "metadata", "name"))
    roll_out(world)
    assert sorted(str(section(one, "spec")["replicas"]) for one in world.of_kind("ReplicaSet")) == ["0", "1"]


def test_a_rollout_without_progress_is_called_late() -> None:
    world = world_with(replicas=1, progressDeadlineSeconds=60)
    world.perform(plan(KEY, world))
    world.settle(plan, KEY)
    assert world.requeue_after_s == 61.0
    world.time_s += 61.5
    world.settle(plan, KEY)
    assert condition(world, "Progressing") == ("False", "ProgressDeadlineExceeded")
    make_available(world)
    roll_out(world)
    assert condition(world, "Progressing") == ("True", "NewReplicaSetAvailable")


def test_only_as_many_old_revisions_are_kept_as_the_user_wants() -> None:
    world = world_with(replicas=1, revisionHistoryLimit=1)
    for number in range(4):
        release(world, f"i:{number}")
        roll_out(world)
    assert sorted(revisions(world)) == ["i:2", "i:3"]


def test_a_name_that_belongs_to_somebody_else_is_avoided() -> None:
    world = world_with(replicas=1)
    template = find(deployment_of(world), "spec", "template")
    assert isinstance(template, dict)
    stranger = sample(REPLICA_SETS, f"web-{template_hash(template)}")
    section(stranger, "spec")["selector"] = {"matchLabels": {"app": "other"}}
    section(stranger, "spec", "template")["metadata"] = {"labels": {"app": "other"}}
    world.create(REPLICA_SETS, stranger)
    world.perform(plan(KEY, world))
    assert section(deployment_of(world), "status")["collisionCount"] == 1
    world.perform(plan(KEY, world))
    assert len(world.of_kind("ReplicaSet")) == 2


def test_a_replica_set_that_nobody_controls_is_adopted() -> None:
    world = world_with(replicas=1)
    lonely = sample(REPLICA_SETS, "lonely")
    section(lonely, "metadata")["labels"] = {"app": "web"}
    world.create(REPLICA_SETS, lonely)
    world.perform(plan(KEY, world))
    (adopted,) = world.of_kind("ReplicaSet")
    assert find(adopted, "metadata", "ownerReferences") is not None
    roll_out(world)
    assert len(world.of_kind("ReplicaSet")) == 1


def test_scaling_in_the_middle_of_a_rollout_gives_every_revision_its_share() -> None:
    world = world_with(replicas=10, strategy={"rollingUpdate": {"maxSurge": 3, "maxUnavailable": 2}})
    roll_out(world)
    release(world, "i:2")
    world.perform(plan(KEY, world))
    world.settle(plan, KEY)
    before = sorted(int(str(section(one, "spec")["replicas"])) for one in world.of_kind("ReplicaSet"))
    assert before == [5, 8]
    world.patch(DEPLOYMENTS, "default", "web", {"spec": {"replicas": 15}})
    world.perform(plan(KEY, world))
    after = sorted(int(str(section(one, "spec")["replicas"])) for one in world.of_kind("ReplicaSet"))
    assert after == [7, 11]


def test_the_controller_is_named_as_in_kubernetes() -> None:
    assert DEPLOYMENT_CONTROLLER.name == "deployment-controller"
