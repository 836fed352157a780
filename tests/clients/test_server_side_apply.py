"""kubectl apply --server-side: who owns what, conflicts, and the way from the older apply and back."""

from __future__ import annotations

import json

import pytest

from clients.conftest import Tool

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"a": "1", "b": "1"}}
DEPLOYMENT = {
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
SERVER_SIDE = ("apply", "--server-side", "-f", "-")


def config_map(**data: str) -> str:
    return json.dumps({**CONFIG_MAP, "data": data})


def owners(kubectl: Tool, thing: str) -> dict[str, dict[str, object]]:
    """What each manager owns, by its name, operation and subresource."""
    found = json.loads(kubectl("get", thing, "-o", "json", "--show-managed-fields"))
    return {
        " ".join(entry[key] for key in ("manager", "operation", "subresource") if key in entry): entry["fieldsV1"]
        for entry in found["metadata"].get("managedFields", [])
    }


def data(kubectl: Tool) -> dict[str, str]:
    found: dict[str, str] = json.loads(kubectl("get", "configmap/c", "-o", "json"))["data"]
    return found


def test_what_is_applied_is_owned_and_what_is_left_out_goes(kubectl: Tool) -> None:
    assert kubectl(*SERVER_SIDE, text=config_map(a="1", b="1")) == "configmap/c serverside-applied\n"
    assert owners(kubectl, "configmap/c") == {"kubectl Apply": {"f:data": {"f:a": {}, "f:b": {}}}}
    before = kubectl("get", "configmap/c", "-o", "jsonpath={.metadata.resourceVersion}")
    kubectl(*SERVER_SIDE, text=config_map(a="1", b="1"))
    assert kubectl("get", "configmap/c", "-o", "jsonpath={.metadata.resourceVersion}") == before
    kubectl(*SERVER_SIDE, text=config_map(b="2"))
    assert data(kubectl) == {"b": "2"}


def test_a_conflict_names_who_owns_the_field_and_is_won_by_force(kubectl: Tool) -> None:
    kubectl("create", "configmap", "c", "--from-literal=a=1")
    refused = kubectl.attempt(*SERVER_SIDE, text=config_map(a="2"))
    assert refused.returncode == 1
    assert 'Apply failed with 1 conflict: conflict with "kubectl-create" using v1: .data.a' in refused.stderr
    kubectl(*SERVER_SIDE, "--force-conflicts", text=config_map(a="2"))
    assert data(kubectl) == {"a": "2"}
    assert owners(kubectl, "configmap/c")["kubectl Apply"] == {"f:data": {"f:a": {}}}


def test_two_managers_share_an_object(kubectl: Tool) -> None:
    kubectl(*SERVER_SIDE, "--field-manager=one", text=config_map(a="1"))
    kubectl(*SERVER_SIDE, "--field-manager=two", text=config_map(b="1"))
    kubectl(*SERVER_SIDE, "--field-manager=one", text=config_map(c="1"))
    assert data(kubectl) == {"b": "1", "c": "1"}
    refused = kubectl.attempt(*SERVER_SIDE, "--field-manager=one", text=config_map(b="2"))
    assert 'conflict with "two": .data.b' in refused.stderr


def test_an_unknown_field_is_refused(kubectl: Tool) -> None:
    wrong = json.dumps({**CONFIG_MAP, "nonsense": 1})
    refused = kubectl.attempt(*SERVER_SIDE, "--validate=false", text=wrong)
    assert refused.returncode == 1
    assert ".nonsense: field not declared in schema" in refused.stderr


def test_from_the_older_apply_and_back(kubectl: Tool) -> None:
    kubectl("apply", "-f", "-", text=config_map(a="1", b="1"))
    assert "kubectl-client-side-apply Update" in owners(kubectl, "configmap/c")
    # The older way's own fields are no conflict, and are taken along.
    kubectl(*SERVER_SIDE, text=config_map(a="2", c="1"))
    assert data(kubectl) == {"a": "2", "c": "1"}
    after = owners(kubectl, "configmap/c")
    assert after["kubectl Apply"]["f:data"] == {"f:a": {}, "f:c": {}}
    assert "kubectl-client-side-apply Update" not in after
    # The annotation has been kept up, so that the way back removes what is left out.
    kubectl("apply", "-f", "-", text=config_map(a="3"))
    assert data(kubectl) == {"a": "3"}
    kubectl(*SERVER_SIDE, text=config_map(a="4"))
    assert data(kubectl) == {"a": "4"}


@pytest.mark.parametrize("option", ["--dry-run=server", "--dry-run=server -o yaml"])
def test_a_dry_run_changes_nothing(kubectl: Tool, option: str) -> None:
    assert kubectl(*SERVER_SIDE, *option.split(), text=config_map(a="1"))
    assert "NotFound" in kubectl.attempt("get", "configmap/c").stderr


def test_a_difference_is_shown_before_it_is_applied(kubectl: Tool) -> None:
    kubectl(*SERVER_SIDE, text=config_map(a="1"))
    shown = kubectl.attempt("diff", "--server-side", "-f", "-", text=config_map(a="2"))
    assert shown.returncode == 1
    assert '+  a: "2"' in shown.stdout


def test_everyday_commands_own_what_they_change(kubectl: Tool) -> None:
    kubectl(*SERVER_SIDE, text=json.dumps(DEPLOYMENT))
    kubectl("scale", "deployment/web", "--replicas=3")
    kubectl("label", "deployment/web", "tier=front")
    kubectl("rollout", "restart", "deployment/web")
    kubectl("rollout", "status", "deployment/web", "--timeout=30s")
    after = owners(kubectl, "deployment/web")
    # kubectl scale says no name, so that its program's counts.
    program = kubectl.path.name
    assert after[f"{program} Update scale"] == {"f:spec": {"f:replicas": {}}}
    assert after["kubectl-label Update"] == {"f:metadata": {"f:labels": {"f:tier": {}}}}
    annotations: dict[str, object] = {".": {}, "f:kubectl.kubernetes.io/restartedAt": {}}
    template = {"f:template": {"f:metadata": {"f:annotations": annotations}}}
    assert after["kubectl-rollout Update"] == {"f:spec": template}
    assert "f:status" in after["kube-controller-manager Update status"]
    refused = kubectl.attempt(*SERVER_SIDE, text=json.dumps(DEPLOYMENT))
    assert f'conflict with "{program}" with subresource "scale" using apps/v1: .spec.replicas' in refused.stderr
    assert "managedFields" not in kubectl("get", "deployment/web", "-o", "yaml")
