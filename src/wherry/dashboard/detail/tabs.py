"""The tabs of the pages about one thing: overview, logs, shell, configuration, rollout, YAML."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.api.core.pod import PODS
from wherry.dashboard.markup import text, url
from wherry.narrate.workloads import WORKLOAD_RESOURCES

LABELS = (
    ("log", "Logs"),
    ("shell", "Shell"),
    ("settings", "Configuration"),
    ("rollout", "Rollout"),
    ("yaml", "YAML"),
)
WORKLOAD_KINDS = frozenset(one.kind for one in WORKLOAD_RESOURCES)


def overview_of(kind: str, namespace: str, name: str) -> str:
    """Where the page about a thing is; its YAML, when that is all there is."""
    if kind == PODS.kind:
        return url("pods", namespace, name)
    return url("workloads", kind, namespace, name) if kind in WORKLOAD_KINDS else url("yaml", kind, namespace, name)


def tabs(thing: Sequence[str], current: str) -> str:
    """Links to all pages about a thing (its kind, namespace and name).

    `current` is the path of the one that is shown, "" for the overview.
    """
    kind, namespace, name = thing
    found = [("", "Overview", overview_of(kind, namespace, name))]
    found += [(path, label, url(path, kind, namespace, name)) for path, label in LABELS if _has(kind, path)]
    mark = ' aria-current="page"'
    links = "".join(
        f'<a href="{text(href)}"{mark if path == current else ""}>{label}</a>' for path, label, href in found
    )
    return f'<nav class="tabs" aria-label="About {text(name)}">{links}</nav>'


def _has(kind: str, path: str) -> bool:
    if path == "yaml":
        return True
    if path == "rollout":
        return kind in WORKLOAD_KINDS
    return kind == PODS.kind or kind in WORKLOAD_KINDS
