"""Definitions of several megabytes, as a monitoring operator brings them, in a chart."""

from __future__ import annotations

import json
from pathlib import Path

from clients.conftest import Tool
from suites.crd_bundle import bundle

SLOW_S = 100.0


def _write(folder: Path) -> list[str]:
    """The bundle as files; returns the names of the definitions."""
    folder.mkdir(parents=True)
    names = []
    # Helm keeps a release, chart and all, in one Secret of a megabyte at most: half of the bundle just fits.
    for document in bundle()[:5]:
        metadata = document["metadata"]
        assert isinstance(metadata, dict)
        names.append(str(metadata["name"]))
        (folder / f"{names[-1]}.yaml").write_text(json.dumps(document, indent=1))
    assert sum(file.stat().st_size for file in folder.iterdir()) > 2_000_000
    return names


def _remove(tool: Tool, names: list[str]) -> None:
    tool.cluster.kubectl("delete", "crd", *names, "--timeout=60s", timeout_s=SLOW_S)


def test_helm_installs_them(helm: Tool, tmp_path: Path) -> None:
    chart = tmp_path / "monitoring"
    names = _write(chart / "crds")
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: monitoring\nversion: 1.0.0\n")
    (chart / "templates").mkdir()
    (chart / "templates" / "config.yaml").write_text("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: monitoring}\n")
    helm("install", "monitoring", str(chart), "--wait", timeout_s=SLOW_S)
    found = helm.cluster.kubectl("get", "crd", *names, "-o", "name", timeout_s=SLOW_S).stdout.split()
    assert len(found) == len(names)
    helm("uninstall", "monitoring", timeout_s=SLOW_S)
    _remove(helm, names)
