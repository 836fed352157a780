"""Every metric, asked of the registries that fill GET /metrics."""

from __future__ import annotations

from handbook.markdown import cell, code, page, table
from wherry.apiserver.health import Health
from wherry.apiserver.telemetry import Telemetry
from wherry.kit.metrics import Registry
from wherry.store.memory import MemoryStore

INTRODUCTION = """
In Prometheus' text form, under the names and labels that Kubernetes gives them: `kubectl get --raw /metrics`, and
`kubectl get --raw /metrics/slis` for the health checks.
"""


def registries() -> dict[str, Registry]:
    """The registries behind each path."""
    return {"/metrics": Telemetry(MemoryStore()).registry, "/metrics/slis": Health({}, {}).registry}


def write() -> str:
    """The page."""
    parts = []
    for path, registry in registries().items():
        rows = [
            (code(one.name), one.kind, ", ".join(code(label) for label in one.label_names) or " ", cell(one.help_text))
            for one in registry.metrics()
        ]
        parts += [f"## {path}", table(("metric", "kind", "labels", "what it says"), rows)]
    return page("Metrics", INTRODUCTION, *parts)
