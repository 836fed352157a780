"""What a person changes from a page, in a real browser: versions come back, rollouts wait, refusals have a way out."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Page, expect

from suites.browser import NewVisit, needs_chromium
from suites.running_cluster import RunningCluster

pytestmark = needs_chromium

LABELS = {"app": "till"}


def workload(kind: str, image: str) -> str:
    """A StatefulSet or a DaemonSet whose pods have one container."""
    template = {"metadata": {"labels": LABELS}, "spec": {"containers": [{"name": "c", "image": image}]}}
    spec: dict[str, object] = {"selector": {"matchLabels": LABELS}, "template": template}
    spec |= {"serviceName": "till", "replicas": 2} if kind == "StatefulSet" else {}
    return json.dumps({"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "till"}, "spec": spec})


def image_of(cluster: RunningCluster, thing: str) -> str:
    return cluster.jsonpath(thing, "{.spec.template.spec.containers[0].image}")


def edit(page: Page, old: str, new: str) -> None:
    """Change the wish as YAML, and ask what would change."""
    page.get_by_text("Change it", exact=True).click()
    field = page.get_by_label("The wish")
    field.fill(field.input_value().replace(old, new))
    page.get_by_role("button", name="Show what would change").click()


@pytest.mark.parametrize("kind", ["StatefulSet", "DaemonSet"])
def test_an_earlier_version_comes_back(visit: NewVisit, watched: RunningCluster, kind: str) -> None:
    thing = f"{kind.lower()}/till"
    for image in ("till:1", "till:2", "till:3"):
        watched.kubectl("apply", "-f", "-", text=workload(kind, image))
        watched.kubectl("rollout", "status", thing)
    page = visit().open(f"/ui/rollout/{kind}/default/till")
    expect(page.locator("#rows tr")).to_have_count(3)
    page.get_by_text("Go back to version 1").click()
    expect(page.get_by_text(f"kubectl rollout undo {thing} -n default --to-revision=1")).to_be_visible()
    expect(page.locator("#version\\/1")).to_contain_text("till:1")
    page.get_by_role("button", name="Bring version 1 of till back").click()
    expect(page.get_by_text("till goes back to version 1.")).to_be_visible()
    watched.kubectl("rollout", "status", thing)
    assert image_of(watched, thing) == "till:1"
    assert set(watched.jsonpath("pods", "{.items[?(@.metadata.labels.app=='till')].spec.containers[0].image}").split()) == {"till:1"}  # fmt: skip  # noqa: E501
    # What it was is a version of its own once more, the newest; as after kubectl rollout undo.
    expect(page.locator("#version\\/4")).to_contain_text("4 (newest)")
    expect(page.locator("#rows tr")).to_have_count(3)
    history = watched.kubectl("rollout", "history", thing).stdout
    assert [line.split()[0] for line in history.splitlines()[2:] if line.strip()] == ["2", "3", "4"]
    watched.kubectl("delete", thing, "--wait")


def test_a_rollout_is_held_and_goes_on(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/rollout/Deployment/default/web")
    page.get_by_text("Hold the rollout", exact=True).click()
    expect(page.get_by_text("kubectl rollout pause deployment/web -n default")).to_be_visible()
    page.get_by_role("button", name="Hold the rollout of web").click()
    expect(page.get_by_text("The rollout of web is paused")).to_be_visible()
    assert watched.jsonpath("deployment/web", "{.spec.paused}") == "true"
    watched.kubectl("set", "image", "deployment/web", "web=web:2")
    page.reload()
    page.get_by_text("Let it go on", exact=True).click()
    page.get_by_role("button", name="Let the rollout of web go on").click()
    expect(page.get_by_text("The rollout of web goes on.")).to_be_visible()
    watched.kubectl("rollout", "status", "deployment/web")
    page.get_by_text("Go back to version 1").click()
    page.get_by_role("button", name="Bring version 1 of web back").click()
    watched.kubectl("rollout", "status", "deployment/web")
    assert image_of(watched, "deployment/web") == "web:1"


def test_what_the_api_server_refuses_is_said_with_the_way_out_and_nothing_written_is_lost(
    visit: NewVisit, watched: RunningCluster
) -> None:
    one = visit()
    page = one.open("/ui/yaml/Deployment/default/orders")
    edit(page, "matchLabels:\n      app: orders", "matchLabels:\n      app: other")
    expect(page.locator(".headline")).to_contain_text("orders")
    expect(page.locator("main")).to_contain_text("stays as it is until the object is deleted")
    expect(page.get_by_text("kubectl replace --force -f FILE")).to_be_visible()
    # What was written is still there, to be corrected.
    assert "app: other" in page.get_by_label("The wish").input_value()
    page.get_by_role("link", name="Back").click()
    expect(page.locator("h1")).to_contain_text("orders")


def test_a_conflict_is_named_before_anything_is_taken_over(visit: NewVisit, watched: RunningCluster) -> None:
    page = visit().open("/ui/yaml/Deployment/default/orders")
    edit(page, "replicas: 3", "replicas: 2")
    expect(page.locator("main")).to_contain_text("Somebody else has set some of these fields")
    page.get_by_role("button", name="Make this change of orders").click()
    expect(page.locator("main")).to_contain_text("Nothing was changed: say that you take these fields over")
    expect(page.locator("main")).to_contain_text("Look at it as it is now, and ask again.")
    assert watched.jsonpath("deployment/orders", "{.spec.replicas}") == "3"


def test_a_full_quota_and_a_missing_right_have_their_own_ways_out(visit: NewVisit, watched: RunningCluster) -> None:
    watched.kubectl("create", "namespace", "small")
    watched.kubectl("create", "deployment", "till", "--image=till:1", "-n", "small")
    watched.kubectl("expose", "deployment", "till", "--port=80", "-n", "small")
    watched.kubectl("create", "quota", "none", "--hard=services.nodeports=0", "-n", "small")
    page = visit().open("/ui/yaml/Service/small/till")
    edit(page, "type: ClusterIP", "type: NodePort")
    expect(page.locator("main")).to_contain_text("exceeded quota: none")
    expect(page.get_by_text("kubectl describe quota")).to_be_visible()
    watched.wherry("user", "add", "guest", "--role", "view")
    page = visit("--user", "guest").open("/ui/workloads/Deployment/small/till")
    page.get_by_text("Change the number of copies").click()
    page.get_by_label("Copies").fill("2")
    page.get_by_role("button", name="Scale till").click()
    expect(page.locator("h1")).to_have_text("You may not do that")
    expect(page.get_by_text("kubectl auth can-i --list")).to_be_visible()
    page.get_by_role("link", name="Back").click()
    expect(page.locator("h1")).to_contain_text("till")
