"""Helm 3 and 4 with a chart that has what real charts have: hooks, a CRD, policies, autoscaling, tests."""

from __future__ import annotations

import json

from clients.conftest import Tool

SLOW_S = 90.0


def test_a_chart_is_installed_upgraded_rolled_back_tested_and_removed(helm: Tool, chart: str) -> None:
    installed = helm("install", "shop", chart, "--wait", "--timeout", "60s", timeout_s=SLOW_S)
    assert "The shop shop says hello." in installed
    (listed,) = json.loads(helm("list", "-o", "json"))
    assert (listed["name"], listed["status"], listed["chart"]) == ("shop", "deployed", "shop-0.1.0")
    assert "kind: Deployment" in helm("get", "manifest", "shop")

    upgraded = helm(
        "upgrade", "shop", chart, "--set", "greeting=goodbye,image=shop:2", "--wait", "--timeout", "60s",
        timeout_s=SLOW_S,
    )  # fmt: skip
    assert "says goodbye" in upgraded
    assert _image(helm) == "shop:2"

    helm("rollback", "shop", "1", "--wait", "--timeout", "60s", timeout_s=SLOW_S)
    assert _image(helm) == "shop:1"
    history = json.loads(helm("history", "shop", "-o", "json"))
    assert [entry["status"] for entry in history] == ["superseded", "superseded", "deployed"]
    assert "Succeeded" in helm("test", "shop", "--timeout", "60s", timeout_s=SLOW_S)

    helm("uninstall", "shop", "--wait", "--timeout", "60s", timeout_s=SLOW_S)
    left = helm.cluster.kubectl(
        "get", "deploy,sts,svc,cm,ingress,hpa,pdb,role,shelves", "-n", helm.namespace, "-o", "name"
    )
    assert left.stdout.split() == ["configmap/kube-root-ca.crt"]


def test_an_upgrade_that_changes_nothing_changes_no_object(helm: Tool, chart: str) -> None:
    helm("install", "shop", chart, "--wait", "--timeout", "60s", timeout_s=SLOW_S)
    before = _revisions(helm)
    helm("upgrade", "shop", chart, "--no-hooks", "--wait", "--timeout", "60s", timeout_s=SLOW_S)
    assert _revisions(helm) == before
    helm("uninstall", "shop", timeout_s=SLOW_S)


def test_a_broken_chart_is_refused_with_the_field_named(helm: Tool, chart: str) -> None:
    refused = helm.attempt("install", "shop", chart, "--set", "port=99999", timeout_s=SLOW_S)
    assert refused.returncode != 0
    assert "containerPort" in refused.stderr
    helm.attempt("uninstall", "shop", timeout_s=SLOW_S)


def _image(helm: Tool) -> str:
    return helm.cluster.jsonpath("deployment/shop", "{.spec.template.spec.containers[0].image}", helm.namespace)


def _revisions(helm: Tool) -> dict[str, str]:
    found = helm.cluster.get("deploy,svc,cm,ingress,pdb,role,rolebinding,networkpolicy", "-n", helm.namespace)
    items = found["items"]
    assert isinstance(items, list)
    return {f"{item['kind']}/{item['metadata']['name']}": item["metadata"].get("generation", 0) for item in items}
