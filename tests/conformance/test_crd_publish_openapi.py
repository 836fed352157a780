"""apimachinery/crd_publish_openapi.go: custom resources are described as soon as they are served, and no longer."""

from __future__ import annotations

from suites.api_harness import MERGE
from suites.conformance import box
from suites.conformance_cluster import Cluster
from suites.custom_resources import DEFINITIONS, definition, version_of, widget, with_spec
from wherry.apimachinery.document import Document

SIZE: Document = {"type": "integer", "description": "How large it is.", "minimum": 1}
BARS: Document = {
    "type": "array",
    "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
}
KEEPS: Document = {"x-kubernetes-preserve-unknown-fields": True, "type": "object"}
STRICT = {"fieldValidation": "Strict"}


async def schema(
    cluster: Cluster, kind: str = "Widget", version: str = "v1", group: str = "example.com"
) -> Document | None:
    """What version 3 says about a kind; None while nothing does."""
    answer = await cluster.ask("GET", f"/openapi/v3/apis/{group}/{version}")
    if answer.status != 200:
        return None
    name = ".".join([*reversed(group.split(".")), version, kind])
    found = answer.at("components")
    assert isinstance(found, dict)
    schema: Document | None = found["schemas"].get(name)
    return schema


async def schema_in_v2(
    cluster: Cluster, kind: str = "Widget", version: str = "v1", group: str = "example.com"
) -> Document | None:
    """The same in version 2."""
    definitions = (await cluster.must("GET", "/openapi/v2"))["definitions"]
    assert isinstance(definitions, dict)
    found: Document | None = definitions.get(".".join([*reversed(group.split(".")), version, kind]))
    return found


async def publish(cluster: Cluster, body: Document, **which: str) -> Document:
    """Create a definition and wait until it is described, at most the second that Kubernetes gives itself."""
    await cluster.must("POST", DEFINITIONS, body)

    async def is_described() -> bool:
        return await schema(cluster, **which) is not None

    before_s = cluster.clock.now_s()
    await cluster.until(is_described, "the description")
    assert cluster.clock.now_s() - before_s <= 1
    found = await schema(cluster, **which)
    assert found is not None
    return found


def at(value: object, *path: str) -> object:
    for step in path:
        assert isinstance(value, dict), path
        value = value.get(step)
    return value


async def create(cluster: Cluster, body: Document) -> int:
    answer = await cluster.ask("POST", "/apis/example.com/v1/namespaces/default/widgets", body, **STRICT)
    return answer.status


@box("CustomResourcePublishOpenAPI works for CRD with validation schema")
async def test_a_schema_is_published_and_held_to(cluster: Cluster) -> None:
    found = await publish(cluster, definition(version_of(with_spec(size=SIZE, bars=BARS))))
    assert at(found, "properties", "spec", "properties", "size") == SIZE
    assert at(found, "properties", "spec", "properties", "bars", "items", "required") == ["name"]
    assert at(found, "x-kubernetes-group-version-kind") == [{"group": "example.com", "kind": "Widget", "version": "v1"}]
    assert await schema_in_v2(cluster) is not None
    assert await create(cluster, widget({"size": 2, "bars": [{"name": "one"}]})) == 201
    assert await create(cluster, widget({"unknown": 2}, "two")) == 400
    assert await create(cluster, widget({"bars": [{}]}, "two")) == 422


@box("CustomResourcePublishOpenAPI works for CRD without validation schema")
async def test_a_kind_that_says_nothing_takes_everything(cluster: Cluster) -> None:
    await publish(cluster, definition(version_of({"type": "object", "x-kubernetes-preserve-unknown-fields": True})))
    assert await create(cluster, widget({"any": {"thing": 1}})) == 201


@box("CustomResourcePublishOpenAPI works for CRD preserving unknown fields at the schema root")
async def test_a_kind_that_keeps_everything_says_so(cluster: Cluster) -> None:
    found = await publish(cluster, definition(version_of({**KEEPS, "description": "Anything."})))
    assert (at(found, "x-kubernetes-preserve-unknown-fields"), at(found, "description")) == (True, "Anything.")
    in_v2 = await schema_in_v2(cluster)
    assert in_v2 is not None
    assert "properties" not in in_v2
    assert await create(cluster, widget({"a": "b"}, other=[1])) == 201


@box("CustomResourcePublishOpenAPI works for CRD preserving unknown fields in an embedded object")
async def test_a_part_that_keeps_everything_says_so(cluster: Cluster) -> None:
    found = await publish(cluster, definition(version_of(with_spec(size=SIZE, any=KEEPS))))
    assert at(found, "properties", "spec", "properties", "any", "x-kubernetes-preserve-unknown-fields") is True
    assert await create(cluster, widget({"any": {"what": {"ever": 1}}})) == 201
    assert await create(cluster, widget({"other": 1}, "two")) == 400


@box("CustomResourcePublishOpenAPI works for multiple CRDs of different groups")
async def test_groups_are_described_each_for_itself(cluster: Cluster) -> None:
    await publish(cluster, definition(version_of(with_spec(size=SIZE))))
    other = definition(version_of(with_spec(bars=BARS)), group="example.org")
    found = await publish(cluster, other, group="example.org")
    assert at(found, "properties", "spec", "properties", "bars") is not None
    assert at(await schema(cluster), "properties", "spec", "properties", "size") == SIZE


@box("CustomResourcePublishOpenAPI works for multiple CRDs of same group but different versions")
async def test_versions_are_described_each_for_itself(cluster: Cluster) -> None:
    versions = (version_of(with_spec(size=SIZE)), version_of(with_spec(bars=BARS), "v2", storage=False))
    await publish(cluster, definition(*versions))
    assert at(await schema(cluster), "properties", "spec", "properties", "bars") is None
    assert at(await schema(cluster, version="v2"), "properties", "spec", "properties", "bars") is not None
    assert await schema_in_v2(cluster, version="v2") is not None


@box("CustomResourcePublishOpenAPI works for multiple CRDs of same group and version but different kinds")
async def test_kinds_of_a_version_are_described_together(cluster: Cluster) -> None:
    await publish(cluster, definition(version_of(with_spec(size=SIZE))))
    await publish(cluster, definition(version_of(with_spec(bars=BARS)), kind="Gadget"), kind="Gadget")
    assert at(await schema(cluster), "properties", "spec", "properties", "size") == SIZE
    assert at(await schema(cluster, "Gadget"), "properties", "spec", "properties", "bars") is not None


@box("CustomResourcePublishOpenAPI updates the published spec when one version gets renamed")
async def test_a_renamed_version_is_described_under_its_new_name(cluster: Cluster) -> None:
    versions = [version_of(with_spec(size=SIZE)), version_of(with_spec(bars=BARS), "v2", storage=False)]
    await publish(cluster, definition(*versions), version="v2")
    unchanged = await schema(cluster)
    renamed = [versions[0], {**versions[1], "name": "v3"}]
    await change_versions(cluster, renamed)

    async def is_renamed() -> bool:
        return await schema(cluster, version="v3") is not None and await schema(cluster, version="v2") is None

    await cluster.until(is_renamed, "the new name")
    assert await schema(cluster) == unchanged


@box("CustomResourcePublishOpenAPI removes definition from spec when one version gets changed to not be served")
async def test_a_version_that_is_not_served_is_not_described(cluster: Cluster) -> None:
    versions = [version_of(with_spec(size=SIZE)), version_of(with_spec(bars=BARS), "v2", storage=False)]
    await publish(cluster, definition(*versions), version="v2")
    unchanged = await schema(cluster)
    await change_versions(cluster, [versions[0], {**versions[1], "served": False}])

    async def is_gone() -> bool:
        return await schema(cluster, version="v2") is None and await schema_in_v2(cluster, version="v2") is None

    await cluster.until(is_gone, "the end of the description")
    assert await schema(cluster) == unchanged


async def change_versions(cluster: Cluster, versions: list[Document]) -> None:
    path = f"{DEFINITIONS}/widgets.example.com"
    await cluster.must("PATCH", path, {"spec": {"versions": versions}}, content_type=MERGE)
