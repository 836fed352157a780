from __future__ import annotations

import pytest

from wherry.apimachinery.json_path import LENGTH_MAX, JSONPathError, parse_json_path

OBJECT = {
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "x", "tier": "front"}},
    "spec": {"replicas": 3, "ports": [{"name": "a", "port": 80}, {"name": "b", "port": 443, "tls": True}]},
    "status": {"conditions": [{"type": "Ready", "status": "True"}, {"type": "Synced", "status": "False"}]},
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (".metadata.name", ["web"]),
        ("{.metadata.name}", ["web"]),
        ("$.spec.replicas", [3]),
        (".metadata.labels.app\\.kubernetes\\.io/name", ["x"]),
        (".metadata.labels['app.kubernetes.io/name']", ["x"]),
        ('.metadata.labels["tier"]', ["front"]),
        (".spec.ports[0].port", [80]),
        (".spec.ports[-1].port", [443]),
        (".spec.ports[*].port", [80, 443]),
        (".spec.ports[0:1].name", ["a"]),
        (".spec.ports[0,1].name", ["a", "b"]),
        (".spec.ports.*.name", ["a", "b"]),
        ("..port", [80, 443]),
        ('.status.conditions[?(@.type=="Ready")].status', ["True"]),
        (".status.conditions[?(@.type == 'Synced')].status", ["False"]),
        (".spec.ports[?(@.port>100)].name", ["b"]),
        (".spec.ports[?(@.port<=80)].name", ["a"]),
        (".spec.ports[?(@.tls)].name", ["b"]),
        (".spec.ports[?(@.tls==true)].name", ["b"]),
        ('.spec.ports[?(@.name!="a")].port', [443]),
        (".spec.nothing.there", []),
        (".spec.ports[7].name", []),
        (".spec.replicas.below", []),
    ],
)
def test_a_path_finds_what_it_names(path: str, found: list[object]) -> None:
    assert parse_json_path(path).find(OBJECT) == found


@pytest.mark.parametrize("path", [".a[", ".a[?(@.b==c)]", ".a[1:2:0]", ".a]b", ".a[x]", "." + "a" * LENGTH_MAX])
def test_what_is_no_path_is_refused(path: str) -> None:
    with pytest.raises(JSONPathError):
        parse_json_path(path)
