"""kubectl 1.37 and 1.32, as people use them; no container is needed for any of it."""

from __future__ import annotations

import json
import shlex

import pytest

from clients.conftest import Tool

CREATED = [
    ("configmap", "create configmap c --from-literal=a=b"),
    ("secret", "create secret generic s --from-literal=a=b"),
    ("deployment", "create deployment d --image=i --replicas=2 --port=80"),
    ("service", "create service clusterip v --tcp=80:8080"),
    ("service", "create service nodeport n --tcp=80:8080"),
    ("service", "create service externalname e --external-name example.com"),
    ("job", "create job j --image=i"),
    ("cronjob", "create cronjob k --image=i --schedule='*/5 * * * *'"),
    ("ingress", "create ingress g --rule=example.com/path=svc:80"),
    ("role", "create role r --verb=get,list --resource=pods,deployments.apps"),
    ("rolebinding", "create rolebinding b --clusterrole=view --user=ana"),
    ("serviceaccount", "create serviceaccount a"),
    ("resourcequota", "create quota q --hard=pods=10,requests.cpu=4"),
    ("poddisruptionbudget", "create poddisruptionbudget p --selector=app=x --min-available=1"),
]
APPLIED = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "labels": {"app": "web"}},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {
            "metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "c", "image": "web:1", "ports": [{"containerPort": 80}]}]},
        },
    },
}


@pytest.mark.parametrize(("kind", "command"), CREATED, ids=lambda value: value.replace(" ", "-")[:40])
def test_create_makes_what_it_says(kubectl: Tool, kind: str, command: str) -> None:
    words = shlex.split(command)
    assert "created" in kubectl(*words)
    assert kind in kubectl("get", kind, words[2 if words[1] not in ("secret", "service") else 3], "-o", "name")


def test_a_deployment_is_applied_changed_scaled_and_rolled_back(kubectl: Tool) -> None:
    kubectl("apply", "-f", "-", text=json.dumps(APPLIED))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "unchanged" in kubectl("apply", "-f", "-", text=json.dumps(APPLIED))
    changed = json.loads(json.dumps(APPLIED).replace("web:1", "web:2"))
    diff = kubectl.attempt("diff", "-f", "-", text=json.dumps(changed))
    assert diff.returncode == 1
    assert "web:2" in diff.stdout
    kubectl("apply", "-f", "-", text=json.dumps(changed))
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    kubectl("set", "image", "deployment/web", "c=web:3")
    kubectl("rollout", "undo", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    assert "web:2" in kubectl("get", "deployment", "web", "-o", "wide")
    kubectl("scale", "deployment/web", "--replicas=4")
    kubectl("wait", "--for=jsonpath={.status.readyReplicas}=4", "deployment/web", "--timeout=30s")
    kubectl("autoscale", "deployment/web", "--min=2", "--max=6", "--cpu-percent=80")
    kubectl("expose", "deployment/web", "--port=80")
    kubectl("set", "env", "deployment/web", "A=b")
    kubectl("set", "resources", "deployment/web", "--requests=cpu=10m")
    assert "REVISION" in kubectl("rollout", "history", "deployment/web")
    kubectl("rollout", "restart", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    # kubectl remembers on disk for hours which kinds are in `all`; some of another test's may be gone by now.
    kubectl("api-resources", "--cached=false")
    kubectl("delete", "all", "--all")


def test_server_side_apply_says_who_owns_what_and_who_is_in_the_way(kubectl: Tool) -> None:
    kubectl("apply", "--server-side", "--field-manager=team-a", "-f", "-", text=json.dumps(APPLIED))
    rival = json.loads(json.dumps(APPLIED).replace("web:1", "web:9"))
    refused = kubectl.attempt("apply", "--server-side", "--field-manager=team-b", "-f", "-", text=json.dumps(rival))
    assert refused.returncode == 1
    assert 'conflict with "team-a"' in refused.stderr
    assert '.spec.template.spec.containers[name="c"].image' in refused.stderr
    kubectl("apply", "--server-side", "--field-manager=team-b", "--force-conflicts", "-f", "-", text=json.dumps(rival))
    owned = json.loads(kubectl("get", "deployment", "web", "-o", "json", "--show-managed-fields"))
    assert {entry["manager"] for entry in owned["metadata"]["managedFields"] if entry["operation"] == "Apply"} == {
        "team-a", "team-b",
    }  # fmt: skip
    assert "web:9" in kubectl("get", "deployment", "web", "-o", "wide")


def test_a_client_side_apply_becomes_a_server_side_one_and_fields_left_out_go(kubectl: Tool) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "2"}}
    kubectl("apply", "-f", "-", text=json.dumps(manifest))
    manifest["data"] = {"a": "1"}
    kubectl("apply", "--server-side", "-f", "-", text=json.dumps(manifest))
    assert json.loads(kubectl("get", "configmap", "c", "-o", "json"))["data"] == {"a": "1"}


def test_patches_of_all_types(kubectl: Tool) -> None:
    kubectl("create", "configmap", "c", "--from-literal=a=b")
    kubectl("patch", "configmap", "c", "--type=merge", "-p", '{"data":{"x":"1"}}')
    kubectl("patch", "configmap", "c", "--type=json", "-p", '[{"op":"replace","path":"/data/x","value":"2"}]')
    kubectl("patch", "configmap", "c", "-p", '{"data":{"y":"3"}}')
    assert json.loads(kubectl("get", "configmap", "c", "-o", "json"))["data"] == {"a": "b", "x": "2", "y": "3"}
    kubectl("label", "configmap", "c", "team=a")
    kubectl("annotate", "configmap", "c", "note=x")
    assert kubectl("get", "configmap", "-l", "team=a", "-o", "name").strip() == "configmap/c"
    replaced = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"z": "9"}}
    kubectl("replace", "-f", "-", text=json.dumps(replaced))
    assert "Error" not in kubectl("describe", "configmap", "c")


def test_nodes_are_cordoned_drained_and_tainted(kubectl: Tool) -> None:
    kubectl("create", "deployment", "d", "--image=i", "--replicas=6")
    kubectl("rollout", "status", "deployment/d", "--timeout=30s")
    kubectl("drain", "simulated-1", "--ignore-daemonsets", "--timeout=30s")
    kubectl("wait", "--for=jsonpath={.status.readyReplicas}=6", "deployment/d", "--timeout=30s")
    assert "simulated-1" not in kubectl("get", "pods", "-o", "wide")
    kubectl("uncordon", "simulated-1")
    kubectl("taint", "nodes", "simulated-1", "a=b:NoSchedule")
    kubectl("taint", "nodes", "simulated-1", "a=b:NoSchedule-")


def test_discovery_and_explanations(kubectl: Tool) -> None:
    resources = kubectl("api-resources", "--no-headers")
    for word in (
        "ingresses",
        "horizontalpodautoscalers",
        "customresourcedefinitions",
        "resourceclaims",
        "clusterroles",
    ):
        assert word in resources
    assert "autoscaling/v2" in kubectl("api-versions")
    assert "minAvailable" in kubectl("explain", "poddisruptionbudget.spec")
    assert "<[]Container> -required-" in kubectl("explain", "deployment.spec.template.spec")
    assert "yes" in kubectl("auth", "can-i", "create", "pods")
    assert "kubernetes-admin" in kubectl("auth", "whoami")


def test_bad_manifests_are_refused_with_the_field_named(kubectl: Tool) -> None:
    wrong = json.loads(json.dumps(APPLIED))
    wrong["spec"]["replica"] = 2
    refused = kubectl.attempt("apply", "-f", "-", text=json.dumps(wrong))
    assert 'unknown field "spec.replica"' in refused.stderr
    mismatch = json.loads(json.dumps(APPLIED).replace('"matchLabels": {"app": "web"}', '"matchLabels": {"app": "x"}'))
    refused = kubectl.attempt("apply", "-f", "-", text=json.dumps(mismatch))
    assert "`selector` does not match template `labels`" in refused.stderr
