"""kubectl 1.37 and 1.32 with kinds of the user's own, from the definition to its end; and a large operator's bundle."""

from __future__ import annotations

import json
import time
import zlib
from collections.abc import Iterator

import pytest

from clients.conftest import Tool
from suites.crd_bundle import GROUP, KINDS, bundle
from suites.custom_resources import definition, version_of
from suites.running_cluster import RunningCluster
from wherry.apimachinery.document import Document

SCHEMA: Document = {
    "type": "object",
    "description": "A shop sells things.",
    "properties": {
        "spec": {
            "type": "object",
            "description": "What the shop shall be.",
            "required": ["size"],
            "x-kubernetes-validations": [{"rule": "self.replicas < 100", "message": "no shop is that large"}],
            "properties": {
                "size": {"type": "string", "enum": ["S", "M", "L"], "description": "How large it is."},
                "replicas": {"type": "integer", "default": 1},
                "color": {"type": "string"},
            },
        },
        "status": {"type": "object", "properties": {"replicas": {"type": "integer"}, "selector": {"type": "string"}}},
    },
}
SUBRESOURCES = {
    "status": {},
    "scale": {
        "specReplicasPath": ".spec.replicas",
        "statusReplicasPath": ".status.replicas",
        "labelSelectorPath": ".status.selector",
    },
}
COLUMNS = [
    {"name": "Size", "type": "string", "jsonPath": ".spec.size"},
    {"name": "Replicas", "type": "integer", "jsonPath": ".spec.replicas"},
    {"name": "Color", "type": "string", "jsonPath": ".spec.color", "priority": 1},
    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
]


class Shops:
    """A kind of its own for each test, and kubectl."""

    def __init__(self, kubectl: Tool, suffix: str) -> None:
        self.kubectl = kubectl
        self.kind = f"Shop{suffix}"
        self.plural = f"shop{suffix}s"
        self.group = f"g{suffix}.example.com"
        self.name = f"{self.plural}.{self.group}"

    def definition(self) -> Document:
        selectable = [{"jsonPath": ".spec.color"}]
        version = version_of(
            SCHEMA, subresources=SUBRESOURCES, additionalPrinterColumns=COLUMNS, selectableFields=selectable
        )
        return definition(
            version, kind=self.kind, group=self.group, shortNames=[f"s{self.kind[4:]}"], categories=["all"]
        )

    def shop(self, name: str = "corner", **spec: object) -> str:
        return json.dumps(
            {
                "apiVersion": f"{self.group}/v1",
                "kind": self.kind,
                "metadata": {"name": name},
                "spec": {"size": "M", **spec},
            }
        )


@pytest.fixture
def shops(kubectl: Tool, request: pytest.FixtureRequest) -> Iterator[Shops]:
    made = Shops(kubectl, f"x{zlib.crc32(request.node.nodeid.encode()):x}")
    kubectl("apply", "-f", "-", text=json.dumps(made.definition()))
    kubectl("wait", "--for=condition=Established", f"crd/{made.name}", "--timeout=10s")
    yield made
    kubectl("delete", "crd", made.name, "--ignore-not-found", "--timeout=20s")


def test_a_kind_is_declared_used_and_taken_away(shops: Shops) -> None:
    kubectl = shops.kubectl
    assert shops.name in kubectl("get", "crd", shops.name)
    assert "created" in kubectl("create", "-f", "-", text=shops.shop(color="blue"))
    narrow = kubectl("get", shops.plural).splitlines()
    assert narrow[0].split() == ["NAME", "SIZE", "REPLICAS", "AGE"]
    assert narrow[1].split()[:3] == ["corner", "M", "1"]
    assert kubectl("get", f"s{shops.kind[4:]}", "-o", "wide").splitlines()[0].split() == [
        "NAME", "SIZE", "REPLICAS", "COLOR", "AGE",
    ]  # fmt: skip
    assert "corner" in kubectl("get", "all")
    assert kubectl("get", shops.plural, "--field-selector", "spec.color=red", "-o", "name") == ""
    assert "corner" in kubectl("get", shops.plural, "--field-selector", "spec.color=blue", "-o", "name")
    assert "scaled" in kubectl("scale", shops.plural, "corner", "--replicas=3")
    assert kubectl("get", shops.plural, "corner", "-o", "jsonpath={.spec.replicas}") == "3"
    kubectl("patch", shops.plural, "corner", "--type=merge", "-p", '{"spec":{"size":"L"}}')
    kubectl("patch", shops.plural, "corner", "--type=json", "-p", '[{"op":"remove","path":"/spec/color"}]')
    kubectl("label", shops.plural, "corner", "a=b")
    described = kubectl("describe", shops.plural, "corner")
    assert "Size:      L" in described or "Size:  L" in described
    kubectl("delete", "crd", shops.name, "--timeout=20s")
    gone = kubectl.attempt("get", shops.plural)
    # Who has asked for the kinds a moment ago, asks for the objects right away.
    assert "the server doesn't have a resource type" in gone.stderr or "could not find" in gone.stderr


def test_its_fields_are_explained(shops: Shops) -> None:
    explained = shops.kubectl("explain", f"{shops.plural}.spec")
    assert "What the shop shall be." in explained
    assert "size" in explained
    assert "How large it is." in shops.kubectl("explain", f"{shops.plural}.spec.size")
    assert shops.kind in shops.kubectl("api-resources", "--api-group", shops.group)


def test_what_is_wrong_is_refused_in_words(shops: Shops) -> None:
    kubectl = shops.kubectl
    for text, words in (
        (shops.shop(size="XL"), 'spec.size: Unsupported value: "XL": supported values: "S", "M", "L"'),
        (shops.shop(replicas="many"), "spec.replicas in body must be of type integer"),
        (shops.shop(replicas=100), "no shop is that large"),
        (shops.shop(colour="blue"), 'unknown field "spec.colour"'),
    ):
        refused = kubectl.attempt("create", "-f", "-", text=text)
        assert refused.returncode != 0
        assert words in refused.stderr
    strategic = kubectl.attempt("patch", shops.plural, "corner", "--type=strategic", "-p", "{}")
    assert strategic.returncode != 0


def test_it_is_applied_on_both_sides(shops: Shops) -> None:
    kubectl = shops.kubectl
    assert "created" in kubectl("apply", "-f", "-", text=shops.shop(color="blue"))
    assert "unchanged" in kubectl("apply", "-f", "-", text=shops.shop(color="blue"))
    assert "configured" in kubectl("apply", "-f", "-", text=shops.shop())
    assert kubectl("get", shops.plural, "corner", "-o", "jsonpath={.spec.color}") == ""
    assert "serverside-applied" in kubectl("apply", "--server-side", "-f", "-", text=shops.shop("other", color="red"))
    conflict = kubectl.attempt(
        "apply", "--server-side", "--field-manager=else", "-f", "-", text=shops.shop("other", color="green")
    )
    assert "conflict" in conflict.stderr
    assert ".spec.color" in conflict.stderr


def test_a_namespace_takes_its_custom_resources_along(shops: Shops, simulated: RunningCluster) -> None:
    name = f"{shops.kubectl.namespace}-too"
    simulated.make_namespace(name)
    simulated.kubectl("-n", name, "create", "-f", "-", text=shops.shop())
    simulated.kubectl("delete", "namespace", name, "--timeout=20s")
    simulated.make_namespace(name)
    assert simulated.kubectl("-n", name, "get", shops.plural, "-o", "name").stdout == ""
    simulated.kubectl("delete", "namespace", name, "--wait=false")


def test_what_belongs_to_a_custom_resource_goes_with_it(shops: Shops) -> None:
    kubectl = shops.kubectl
    kubectl("create", "-f", "-", text=shops.shop())
    uid = kubectl("get", shops.plural, "corner", "-o", "jsonpath={.metadata.uid}")
    owner = {"apiVersion": f"{shops.group}/v1", "kind": shops.kind, "name": "corner", "uid": uid}
    owned: Document = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "stock", "ownerReferences": [owner]},
    }
    child = json.loads(shops.shop("branch"))
    child["metadata"]["ownerReferences"] = [owner]
    kubectl("create", "-f", "-", text=json.dumps(owned))
    kubectl("create", "-f", "-", text=json.dumps(child))
    kubectl("delete", shops.plural, "corner")
    kubectl("wait", "--for=delete", "configmap/stock", "--timeout=20s")
    kubectl("wait", "--for=delete", f"{shops.plural}/branch", "--timeout=20s")


def memory_mib(pid: int) -> int:
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS")) // 1024


def test_a_bundle_of_megabytes_is_applied_in_seconds_and_idles_small(simulated: RunningCluster) -> None:
    manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": bundle()})
    assert len(manifests) > 3_000_000
    before, started_s = memory_mib(simulated.pid), time.monotonic()
    simulated.kubectl("apply", "--server-side", "-f", "-", text=manifests, timeout_s=60)
    names = [f"crd/{kind.lower()}s.{GROUP}" for kind in KINDS]
    simulated.kubectl("wait", "--for=condition=Established", *names, "--timeout=30s")
    took_s, grown = time.monotonic() - started_s, memory_mib(simulated.pid) - before
    assert took_s < 30, took_s
    assert grown < 150, grown
    simulated.kubectl("delete", *names, "--timeout=30s")
