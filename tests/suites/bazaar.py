"""A monolith that becomes three pieces: its model, the promises that go with it, and the pieces as workloads."""

from __future__ import annotations

import json
from pathlib import Path

from suites.running_cluster import RunningCluster

MODEL = """
now:
  services:
    - name: bazaar
      parts: [stall, till, window]
      database: {kind: postgresql, name: bazaar-db}
next:
  services:
    - name: window
      from: bazaar
      database: none
      needs: [stall.v1]
    - name: stall
      from: bazaar
      team: stall-team
      database: {kind: postgresql, version: "18"}
      provides: [stall.v1]
      needs: [till.v1]
    - name: till
      from: bazaar
      database: {kind: postgresql, version: "18"}
      provides: [{name: till.v1, document: till.yaml}]
"""
PROMISE = """
openapi: 3.1.0
info: {title: NAME, version: "1"}
paths:
  /things/{id}:
    get:
      responses:
        "200":
          description: It.
          content: {application/json: {schema: {type: object, properties: {a: {type: string}}}}}
"""
STEPS = [
    "Split till out of bazaar",
    "Give till its own database (postgresql 18)",
    "Publish what till promises (till.v1)",
    "Split stall out of bazaar",
    "Give stall its own database (postgresql 18)",
    "Publish what stall promises (stall.v1)",
    "Split window out of bazaar",
    "Agree on till.v1 between stall and till",
    "Try till.v1 for stall",
    "Agree on stall.v1 between window and stall",
    "Try stall.v1 for window",
    "Retire bazaar",
]


def write_files(folder: Path) -> Path:
    """The model and the documents of its contracts; the model's path."""
    path = folder / "model.yaml"
    path.write_text(MODEL)
    for name in ("till", "stall"):
        (folder / f"{name}.yaml").write_text(PROMISE.replace("NAME", name))
    return path


def run_service(cluster: RunningCluster, namespace: str, name: str, *, database: str = "", calls: str = "") -> None:
    """Deploy a service: its pods, its Service, and PostgreSQL when it has a database of its own."""
    config = {"DATABASE_HOST": database} if database else {}
    config |= {"PARTNER_URL": f"http://{calls}.{namespace}:8080"} if calls else {}
    objects = [workload("Deployment", name, f"{name}:1", config), service(name)]
    if database:
        objects += [workload("StatefulSet", database, "postgres:18", {}), service(database)]
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("-n", namespace, "apply", "-f", "-", text=text)
    for kind, which in (("deployment", name), *([("statefulset", database)] if database else [])):
        cluster.kubectl("-n", namespace, "rollout", "status", kind, which, "--timeout=30s")


def workload(kind: str, name: str, image: str, config: dict[str, str]) -> dict[str, object]:
    env = [{"name": key, "value": value} for key, value in config.items()]
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            **({"serviceName": name} if kind == "StatefulSet" else {}),
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "main", "image": image, "env": env}]},
            },
        },
    }


def service(name: str) -> dict[str, object]:
    spec = {"selector": {"app": name}, "ports": [{"port": 8080}]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}
