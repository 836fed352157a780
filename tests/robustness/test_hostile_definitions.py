"""Definitions of custom resources that mean harm, and what means harm to good ones: refused or harmless, and soon."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import cast

import orjson
import pytest

from suites.api_harness import Api
from suites.bad_requests import VALUES
from suites.custom_resources import DEFINITIONS, GROUP, WIDGETS, definition, serving, version_of, widget, with_spec
from suites.judge import Judge, judging
from wherry.apimachinery.document import Document

TEXT: Document = {"type": "string"}
OF_OBJECTS_MAX_BYTES = 1_500_000
RULE_S = 1.5
"""A second is the promise; a test machine may be half as fast."""


@pytest.fixture
async def judge(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Judge]:
    async with serving() as api, judging(api, caplog) as judge:
        yield judge


def nested(depth: int, leaf: Document, step: str = "properties") -> Document:
    """A schema within a schema within a schema."""
    for _ in range(depth):
        if step == "properties":
            leaf = {"type": "object", "properties": {"a": leaf}}
        elif step == "items":
            leaf = {"type": "array", "items": leaf}
        else:
            leaf = {"type": "object", step: leaf if step == "additionalProperties" else [leaf]}
    return leaf


async def define(judge: Judge, *versions: Document, **more: object) -> tuple[int, str]:
    """What is said to it; it is served at once if it is taken."""
    made = definition(*versions, **more)  # type: ignore[arg-type] # names
    status, said = await judge.send("POST", DEFINITIONS, made)
    await judge.api.server.custom_resources.load()
    return status, said.decode()


@pytest.mark.parametrize("step", ["properties", "items", "additionalProperties", "allOf", "anyOf", "oneOf"])
async def test_schemas_within_schemas_have_an_end(judge: Judge, step: str) -> None:
    status, said = await define(judge, version_of(with_spec(a=nested(99, dict(TEXT), step))))
    # A definition as a whole may not be so deep; what just fits has a schema that is too deep.
    assert status in (400, 422)
    assert len(said) < 100_000
    for depth in (1_000, 5_000):
        body = orjson.dumps(definition(version_of({"HERE": 1})))
        opened, closed = (f'{{"{step}":[', "]}") if step.endswith("Of") else (f'{{"{step}":{{"a":', "}}")
        deep = (opened * depth + '{"type":"string"}' + closed * depth).encode()
        assert (await judge.send("POST", DEFINITIONS, body.replace(b'{"HERE":1}', deep)))[0] in (400, 422)


@pytest.mark.parametrize("reference", ["#", "#/definitions/x", "#/spec", "file:///etc/passwd", "http://127.0.0.1/x"])
async def test_a_schema_refers_to_nothing_not_even_to_itself(judge: Judge, reference: str) -> None:
    for schema in ({"$ref": reference}, {**TEXT, "$ref": reference}, {"type": "array", "items": {"$ref": reference}}):
        status, said = await define(judge, version_of(with_spec(a=cast("Document", schema))))
        assert (status, "$ref is not supported" in said) == (422, True)


async def test_a_definition_of_megabytes_is_refused_at_once_and_one_that_just_fits_is_served(judge: Judge) -> None:
    async def of_size(size: int) -> int:
        count = size // 250
        fields: dict[str, Document] = {f"f{number}": {**TEXT, "description": "x" * 200} for number in range(count)}
        return (await define(judge, version_of(with_spec(**fields))))[0]

    assert await of_size(2 * OF_OBJECTS_MAX_BYTES - 500_000) in (400, 413)
    assert await of_size(OF_OBJECTS_MAX_BYTES - 600_000) == 201
    assert (await judge.send("POST", WIDGETS, widget({"f0": "a", "f1": 1})))[0] == 422
    assert (await judge.send("POST", WIDGETS, widget({"f0": "a", "f1": "b"})))[0] == 201


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "integer", "default": "x"}, "must be of type integer"),
        ({"type": "integer", "minimum": 3, "default": 1}, "greater than or equal to 3"),
        ({**TEXT, "enum": ["a"], "default": "b"}, "Unsupported value"),
        ({**TEXT, "pattern": "^a$", "default": "b"}, "should match"),
        ({**TEXT, "maxLength": 1, "default": "bb"}, "Too long"),
        ({"type": "object", "required": ["x"], "properties": {"x": TEXT}, "default": {}}, "Required value"),
        ({"type": "object", "properties": {"x": TEXT}, "default": {"y": 1}}, "unknown fields"),
        ({"type": "array", "items": TEXT, "default": [1]}, "must be of type string"),
        ({"type": "array", "items": TEXT, "maxItems": 1, "default": ["a", "b"]}, "must have at most 1 item"),
        ({**TEXT, "default": "a", "x-kubernetes-validations": [{"rule": "self == 'b'"}]}, "failed rule"),
    ],
)
async def test_a_default_that_does_not_fit_its_own_schema_is_refused(judge: Judge, schema: Document, why: str) -> None:
    status, said = await define(judge, version_of(with_spec(a=schema)))
    assert (status, why in said, "default" in said) == (422, True, True), said


BOTH: Document = {"n": list(range(100_000)), "s": "a" * 400_000}
NUMBERS: Document = {"type": "array", "items": {"type": "integer"}}


@pytest.mark.parametrize(
    "rule",
    [
        "self.n.all(x, self.n.all(y, x + y >= 0))",
        "self.n.all(x, self.n.all(y, self.n.all(z, x + y + z >= 0)))",
        "self.n.map(x, self.n.map(y, x)).size() > 0",
        "self.n.filter(x, self.n.exists(y, y < 0)).size() == 0",
        "self.n.map(x, self.n).map(x, self.n).size() >= 0 && self.n.all(x, self.n.exists_one(y, y == x))",
        "self.s.matches('(a*)*b') || self.n.all(x, self.s.contains(self.s))",
        "self.s.split('').all(x, self.s.split('').all(y, x == y))",
        "self.n.all(x, self.s.replace('a', self.s).size() > 0)",
    ],
)
async def test_a_rule_that_never_ends_is_refused_when_it_is_declared_and_cut_off_when_it_runs(
    judge: Judge, rule: str
) -> None:
    def schema(items: int, letters: int) -> Document:
        made = with_spec(n={**NUMBERS, "maxItems": items}, s={**TEXT, "maxLength": letters})
        cast("dict[str, Document]", made["properties"])["spec"]["x-kubernetes-validations"] = [{"rule": rule}]
        return made

    status, said = await define(judge, version_of(schema(1_000_000, 1_000_000)))
    assert (status, "exceeds budget" in said) == (422, True), said
    await as_if_an_older_server_had_taken_it(judge.api, rule)
    for spec in ({"n": list(range(100_000)), "s": "a"}, {"n": [1, 2, 3], "s": "a" * 400_000}, BOTH):
        began_s = time.process_time()
        status, said_then = await judge.send("POST", WIDGETS, widget(spec))
        assert time.process_time() - began_s < RULE_S
        assert status in (201, 422), said_then
        if status == 201:
            await judge.api.must("DELETE", f"{WIDGETS}/one")
    assert judge.statuses[422] >= 2


async def as_if_an_older_server_had_taken_it(api: Api, rule: str) -> None:
    """Without bounds, and with a rule whose cost nobody has estimated."""
    await api.must("POST", DEFINITIONS, definition(version_of(with_spec(n=NUMBERS, s=TEXT))))
    store = api.server.environment.store
    [stored] = [each for each in (await store.list("")).items if each.key.endswith(f"/widgets.{GROUP}")]
    document = orjson.loads(stored.value)
    spec = document["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"]
    spec["x-kubernetes-validations"] = [{"rule": rule}]
    await store.put(stored.key, orjson.dumps(document), expected_revision=stored.revision)
    await api.server.custom_resources.load()


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$", "(x+x+)+y"])
async def test_a_pattern_that_explodes_elsewhere_is_linear_here(judge: Judge, pattern: str) -> None:
    assert (await define(judge, version_of(with_spec(a={**TEXT, "pattern": pattern}))))[0] == 201
    for letter in "ax":
        status, said = await judge.send("POST", WIDGETS, widget({"a": letter * 200_000 + "!"}))
        assert (status, b"should match" in said) == (422, True)


@pytest.mark.parametrize("pattern", ["((a{1,100}){1,100}){1,100}", "a{1000000}", "(?=a)", "\\1", "(?<x>a)\\k<x>", "["])
async def test_a_pattern_that_needs_too_much_is_refused(judge: Judge, pattern: str) -> None:
    status, said = await define(judge, version_of(with_spec(a={**TEXT, "pattern": pattern})))
    assert (status, "valid regular expression" in said) == (422, True), said


@pytest.mark.parametrize(
    ("group", "kind", "plural"),
    [
        ("apps", "Deployment", "deployments"), ("", "Pod", "pods"), ("batch", "Job", "jobs"),
        ("networking.k8s.io", "Ingress", "ingresses"), ("rbac.authorization.k8s.io", "ClusterRole", "clusterroles"),
        ("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions"),
        ("authorization.k8s.io", "SubjectAccessReview", "subjectaccessreviews"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("annotation", ["", "unapproved", "https://github.com/kubernetes/kubernetes/pull/1"])
async def test_no_definition_takes_the_place_of_a_built_in_kind(
    judge: Judge, group: str, kind: str, plural: str, annotation: str
) -> None:
    made = definition(kind=kind, plural=plural, group=group)
    metadata = cast("Document", made["metadata"])
    metadata["annotations"] = {"api-approved.kubernetes.io": annotation} if annotation else {}
    status, _ = await judge.send("POST", DEFINITIONS, made)
    assert status in (201, 422)
    if "." not in group:
        assert status == 422
    await judge.api.server.custom_resources.load()
    found = judge.api.server.catalog.lookup(group, "v1", plural)
    assert found is not None
    assert not found.is_custom
    if status == 201:
        # It goes again, and takes nothing of the built-in kind along.
        await judge.api.must("DELETE", f"{DEFINITIONS}/{plural}.{group}")
        await judge.api.server.custom_resources.load()
        assert judge.api.server.catalog.lookup(group, "v1", plural) is found


async def test_who_wants_a_name_that_is_taken_waits_and_the_other_goes_on(judge: Judge) -> None:
    await define(judge, version_of(with_spec(a=TEXT)), shortNames=["w"], categories=["all"])
    await judge.api.must("POST", WIDGETS, widget({"a": "b"}))
    wanted: list[Document] = [{"shortNames": ["widgets"]}, {"shortNames": ["w"]}, {"singular": "widget"}]
    for number, names in enumerate(wanted):
        status, _ = await define(judge, version_of(), kind=f"Thief{number}", **names)
        assert status == 201
        assert (await judge.send("GET", f"/apis/{GROUP}/v1/thief{number}s"))[0] == 404
    # Short names of built-in kinds are in another group: discovery keeps the built-in ones first, as they come first.
    assert (await define(judge, version_of(), kind="Shadow", shortNames=["po", "pods", "deploy"]))[0] == 201
    assert (await judge.api.ask("GET", f"{WIDGETS}/one")).at("spec.a") == "b"
    listed = await judge.api.must("GET", f"/apis/{GROUP}/v1")
    resources = cast("list[dict[str, object]]", listed["resources"])
    assert {each["name"] for each in resources} == {"widgets", "shadows"}


async def test_hostile_values_for_a_good_definition_are_refused_or_pruned(judge: Judge) -> None:
    schema = with_spec(
        text=TEXT, number={"type": "integer", "minimum": 0}, part={"type": "number", "multipleOf": 0.1},
        port={"x-kubernetes-int-or-string": True}, when={**TEXT, "format": "date-time"},
        many={"type": "array", "maxItems": 3, "items": TEXT}, of={"type": "object", "additionalProperties": TEXT},
        keyed={"type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["k"], "items":
               {"type": "object", "required": ["k"], "properties": {"k": TEXT}}},
        inner={"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
        either={"type": "integer", "oneOf": [{"minimum": 5}, {"maximum": 3}]},
    )  # fmt: skip
    assert (await define(judge, version_of(schema, subresources={"status": {}})))[0] == 201
    fields = ("text", "number", "part", "port", "when", "many", "of", "keyed", "inner", "either", "unknown")
    for number, (field, value) in enumerate((field, value) for field in fields for value in VALUES):
        status, said = await judge.send("POST", WIDGETS, widget({field: value}, f"w{number}"))
        assert status in (201, 400, 422), said
        if status == 201:
            again = await judge.api.ask("PUT", f"{WIDGETS}/w{number}", orjson.loads(said))
            assert again.status == 200, (field, value, again.body)
            assert again.at("spec.unknown") is None
    assert judge.statuses[201] > 50
    assert judge.statuses[422] > 200
