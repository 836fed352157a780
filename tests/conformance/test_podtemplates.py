"""common/node/podtemplates.go: templates of pods as objects of their own."""

from __future__ import annotations

from typing import Any

from suites.conformance import box
from suites.conformance_cluster import Cluster


def template(name: str) -> dict[str, Any]:
    labels = {"podtemplate-set": "true"}
    containers = [{"name": "token-test", "image": "pause"}]
    return {
        "metadata": {"name": name, "labels": labels},
        "template": {"metadata": {"labels": labels}, "spec": {"containers": containers}},
    }


@box("PodTemplates should delete a collection of pod templates")
async def test_pod_templates_are_deleted_together(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/podtemplates"
    for name in ("one", "two", "three"):
        await cluster.must("POST", path, template(name))
    assert len(await cluster.items(path, labelSelector="podtemplate-set=true")) == 3
    await cluster.must("DELETE", path, labelSelector="podtemplate-set=true")
    assert await cluster.items(path, labelSelector="podtemplate-set=true") == []


@box("PodTemplates should replace a pod template")
async def test_a_pod_template_is_replaced(cluster: Cluster) -> None:
    path = f"/api/v1/namespaces/{await cluster.namespace()}/podtemplates"
    made: Any = await cluster.must("POST", path, template("one"))
    made["metadata"]["annotations"] = {"updated": "true"}
    made["template"]["spec"]["containers"][0]["image"] = "pause:2"
    replaced: Any = await cluster.must("PUT", f"{path}/one", made)
    assert replaced["metadata"]["annotations"] == {"updated": "true"}
    assert replaced["template"]["spec"]["containers"][0]["image"] == "pause:2"
    assert replaced["metadata"]["uid"] == made["metadata"]["uid"]
