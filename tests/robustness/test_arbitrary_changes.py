"""Whatever is sent as a patch, a selector, a token or a revision: it is taken, or refused and writes nothing.

The examples follow from the tests' names, so that a failure comes again.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from suites.api_harness import JSON_PATCH, MERGE, PARTIAL, STRATEGIC, TABLE, pod
from suites.custom_resources import WIDGETS, definition, serving, version_of, widget, with_spec
from suites.judge import Judge, judging
from wherry.apimachinery.document import Document

APPLY = "application/apply-patch+yaml"
NAMESPACE = "/api/v1/namespaces/default"
SERVICE: Document = {
    "metadata": {"name": "one"},
    "spec": {"ports": [{"name": "a", "port": 80}], "selector": {"a": "b"}},
}
MAP: Document = {"metadata": {"name": "one", "labels": {"a": "b"}}, "data": {"a": "b"}}
SCHEMA = with_spec(
    n={"type": "integer", "default": 1},
    items={
        "type": "array", "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"],
        "items": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}},
    },
    any={"x-kubernetes-preserve-unknown-fields": True, "type": "object"},
)  # fmt: skip

KEYS = st.sampled_from(
    [
        "metadata", "spec", "status", "data", "name", "labels", "annotations", "ownerReferences", "finalizers", "uid",
        "managedFields", "containers", "ports", "port", "selector", "n", "items", "any", "kind", "apiVersion", "a", "",
        "$patch", "$retainKeys", "$setElementOrder/ports", "$deleteFromPrimitiveList/finalizers", "resourceVersion",
        "creationTimestamp", "deletionTimestamp", "generation", "namespace", "resources", "limits", "cpu",
    ]
)  # fmt: skip
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**63), 2**64), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=6),
    st.sampled_from(["delete", "replace", "merge", "one", "a", "1Gi", "-1", "2026-01-01T00:00:00Z", "example.com/x"]),
)  # fmt: skip
ANY = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)
PARTS = st.dictionaries(KEYS, ANY, max_size=3)
# What reaches further than to the first question: objects with the parts that objects have.
OBJECTS = st.fixed_dictionaries(
    {}, optional={"metadata": PARTS, "spec": PARTS, "status": PARTS, "data": PARTS, "kind": ANY, "apiVersion": ANY}
)
STEPS = st.sampled_from(
    ["metadata", "spec", "data", "a", "ports", "0", "-", "1", "labels", "~0", "~2", "", "name", "x"]
)
POINTERS = st.lists(STEPS, max_size=4).map(lambda steps: "".join(f"/{step}" for step in steps))
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "nope"]) | ANY},
    optional={"path": POINTERS | ANY, "from": POINTERS | ANY, "value": ANY},
)
FIELD_SETS = st.recursive(
    st.just({}) | ANY,
    lambda inner: st.dictionaries(
        st.sampled_from(
            ["f:metadata", "f:labels", "f:data", "f:spec", ".", "f:", "f:a", 'k:{"name":"a"}', "k:{", "v:1", 'v:"',
             "i:0", "i:-1", "i:" + "9" * 30, "x", "", 'k:{"port":1e999}', "f:ports", 'k:[]', "v:{}"]
        ),
        inner, max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
ENTRIES = st.fixed_dictionaries(
    {},
    optional={
        "manager": st.text(max_size=3) | ANY, "operation": st.sampled_from(["Apply", "Update", "x"]) | ANY,
        "apiVersion": st.sampled_from(["v1", "v9", "example.com/v1", "a/b/c"]) | ANY,
        "fieldsType": st.just("FieldsV1") | ANY, "fieldsV1": FIELD_SETS, "subresource": ANY, "time": ANY,
    },
)  # fmt: skip
SELECTOR = st.lists(
    st.sampled_from(
        ["a", "b", "=", "==", "!=", "!", " in ", " notin ", "(", ")", ",", " ", ">", "<", "1", "metadata.name",
         "spec.x", "status.phase", "\\", "\x00", "ü", "/", "example.com/a", "-", "."]
    ), max_size=8,
).map("".join) | st.text(st.characters(codec="utf-8"), max_size=12)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70).map(str), st.integers(-2, 60).map(str),
    st.text(st.characters(codec="utf-8"), max_size=5),
    st.sampled_from(["1e3", "0x1", "1_0", "+1", " 1", "1 ", "٣", "²", "NaN", "-0", "00", "1.0", "1" * 5000, ""]),
)  # fmt: skip
QUANTITIES = st.one_of(
    st.text(st.sampled_from("0123456789.-+eEiKMGTPnum "), max_size=8), st.text(max_size=4),
    st.integers(-(2**64), 2**64), st.floats(allow_nan=False, allow_infinity=False),
    st.tuples(st.integers(0, 10**30), st.sampled_from(["", "n", "u", "m", "Ki", "Ei", "E", "e400", "E-9", "e"])).map(
        lambda pair: f"{pair[0]}{pair[1]}"
    ),
)  # fmt: skip
BOUNDED = settings(
    max_examples=150, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)


@pytest.fixture
async def judge(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Judge]:
    """One server of all examples, with an object of each kind that is changed."""
    async with (
        serving(definition(version_of(SCHEMA, subresources={"status": {}}))) as api,
        judging(api, caplog) as judge,
    ):
        await api.must("POST", f"{NAMESPACE}/configmaps", MAP)
        await api.must("POST", f"{NAMESPACE}/services", SERVICE)
        await api.must("POST", f"{NAMESPACE}/pods", pod("one"))
        await api.must("POST", WIDGETS, widget({"items": [{"name": "a"}]}))
        yield judge


TARGETS = [f"{NAMESPACE}/configmaps/one", f"{NAMESPACE}/services/one", f"{NAMESPACE}/pods/one", f"{WIDGETS}/one"]
PLACES = st.sampled_from([*TARGETS, *(f"{target}/status" for target in TARGETS[1:])])


async def change(judge: Judge, path: str, body: object, content_type: str, query: str = "") -> None:
    """Send it; the object can be read afterwards in every form, and has kept its name and uid."""
    whole = path.removesuffix("/status")
    before = await judge.api.ask("GET", whole)
    status, said = await judge.send("PATCH", f"{path}?{query}", json.dumps(body).encode(), content_type=content_type)
    assert judge.faults == []
    if status >= 400:
        assert orjson.loads(said)["message"]
    for accept in ("application/json", TABLE, PARTIAL):
        after = await judge.api.ask("GET", whole, accept=accept)
        assert after.status == 200, after.body
    after = await judge.api.ask("GET", whole)
    for field in ("name", "namespace", "uid", "creationTimestamp"):
        assert after.at(f"metadata.{field}") == before.at(f"metadata.{field}")


@BOUNDED
@given(PLACES, ANY | OBJECTS)
async def test_any_json_is_a_merge_patch_or_refused(judge: Judge, path: str, body: object) -> None:
    await change(judge, path, body, MERGE)


@BOUNDED
@given(PLACES, ANY | OBJECTS)
async def test_any_json_is_a_strategic_patch_or_refused(judge: Judge, path: str, body: object) -> None:
    await change(judge, path, body, STRATEGIC)


@BOUNDED
@given(PLACES, st.lists(OPERATIONS, max_size=4) | ANY)
async def test_any_json_is_a_json_patch_or_refused(judge: Judge, path: str, body: object) -> None:
    await change(judge, path, body, JSON_PATCH)


@BOUNDED
@given(PLACES, OBJECTS | ANY, st.sampled_from(["x", "y", ""]), st.booleans())
async def test_any_json_is_a_configuration_or_refused(
    judge: Judge, path: str, body: object, manager: str, force: bool
) -> None:
    if isinstance(body, dict) and manager != "y":
        # So that it gets beyond the first question.
        seen = await judge.api.must("GET", path.removesuffix("/status"))
        body = {**body, "apiVersion": seen["apiVersion"], "kind": seen["kind"]}
    await change(judge, path, body, APPLY, f"fieldManager={manager}&force={str(force).lower()}")


@BOUNDED
@given(PLACES, st.lists(ENTRIES, max_size=3) | ANY)
async def test_any_json_is_a_list_of_managers_or_refused_or_forgotten(judge: Judge, path: str, entries: object) -> None:
    await change(judge, path, {"metadata": {"managedFields": entries}}, MERGE)
    # Whatever was kept of it, the next who applies can.
    whole = path.removesuffix("/status")
    seen = await judge.api.must("GET", whole)
    config = {"apiVersion": seen["apiVersion"], "kind": seen["kind"], "metadata": {"labels": {"x": "y"}}}
    status, said = await judge.send("PATCH", f"{whole}?fieldManager=x&force=true", config, content_type=APPLY)
    assert (status, judge.faults) == (200, []), said


@BOUNDED
@given(st.sampled_from(["cpu", "memory", "example.com/x", "hugepages-2Mi"]), QUANTITIES)
async def test_any_value_is_a_quantity_or_refused(judge: Judge, name: str, value: object) -> None:
    body = pod("asking")
    body["spec"]["containers"][0]["resources"] = {"limits": {name: value}}  # type: ignore[index]
    status, said = await judge.send("POST", f"{NAMESPACE}/pods", json.dumps(body).encode())
    assert (status in (201, 400, 422), judge.faults) == (True, []), said
    if status == 201:
        # What is written down is read as the same again.
        made = orjson.loads(said)
        again = await judge.api.ask("PUT", f"{NAMESPACE}/pods/asking", made)
        assert (again.status, again.at("spec")) == (200, made["spec"])
        await judge.api.must("DELETE", f"{NAMESPACE}/pods/asking?gracePeriodSeconds=0")


@BOUNDED
@given(st.sampled_from(["labelSelector", "fieldSelector"]), SELECTOR)
async def test_any_text_selects_or_is_refused(judge: Judge, option: str, text: str) -> None:
    for method, path in (("GET", "/api/v1/pods"), ("GET", WIDGETS), ("GET", f"{NAMESPACE}/configmaps")):
        status, said = await judge.send(method, f"{path}?{option}={quote(text)}")
        assert (status in (200, 400), judge.faults) == (True, []), said
    # One that is refused deletes nothing; one that is taken only what a list with it shows.
    shown = await judge.api.ask("GET", f"{NAMESPACE}/configmaps?{option}={quote(text)}")
    gone = await judge.api.ask("DELETE", f"{NAMESPACE}/configmaps?dryRun=All&{option}={quote(text)}")
    assert gone.status == shown.status
    if shown.status == 200:
        assert names(gone.json) == names(shown.json)


def names(document: Document) -> list[str]:
    """Of the objects in a list."""
    items = document["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


@BOUNDED
@given(
    st.sampled_from(["limit", "resourceVersion", "timeoutSeconds", "continue"]), NUMBERS,
    st.sampled_from(["", "&resourceVersionMatch=Exact", "&resourceVersionMatch=NotOlderThan", "&limit=1", "&watch=1"]),
)  # fmt: skip
async def test_any_text_is_a_number_or_refused(judge: Judge, option: str, text: str, more: str) -> None:
    status, said = await judge.send("GET", f"{NAMESPACE}/configmaps?{option}={quote(text)}{more}")
    assert (status in (200, 400, 410, 422, 504), judge.faults) == (True, []), said


MAPS_IN_ALL = 8
EDITS = st.lists(
    st.tuples(
        st.sampled_from(["cut", "drop", "put", "flip", "double"]), st.integers(0, 400), st.characters(codec="utf-8")
    ),
    min_size=1, max_size=3,
)  # fmt: skip


def edited(token: str, edits: list[tuple[str, int, str]]) -> str:
    """A token after these deeds."""
    for deed, number, character in edits:
        place = number % (len(token) or 1)
        if deed == "cut":
            token = token[:place]
        elif deed == "drop":
            token = token[:place] + token[place + 1 :]
        elif deed == "put":
            token = token[:place] + character + token[place:]
        elif deed == "flip":
            token = token[:place] + chr(ord(token[place : place + 1] or "a") ^ 1) + token[place + 1 :]
        else:
            token += token
    return token


@BOUNDED
@given(EDITS, st.sampled_from([f"{NAMESPACE}/configmaps", "/api/v1/configmaps", f"{NAMESPACE}/pods", WIDGETS]))
async def test_a_damaged_continue_token_shows_no_wrong_page(
    judge: Judge, edits: list[tuple[str, int, str]], path: str
) -> None:
    maps = f"{NAMESPACE}/configmaps"
    for number in range(MAPS_IN_ALL):
        await judge.api.ask("POST", maps, {"metadata": {"name": f"page{number}"}})
    first = await judge.api.ask("GET", f"{maps}?limit=3")
    right = str(first.at("metadata.continue"))
    token = edited(right, edits)
    status, said = await judge.send("GET", f"{path}?limit=3&continue={quote(token)}")
    assert judge.faults == []
    if not token:
        assert status == 200
    elif status == 200:
        # Base64 says some things in two ways; then it is the page that was meant.
        assert path == maps
        honest = await judge.api.must("GET", f"{maps}?limit=3&continue={quote(right)}")
        assert names(orjson.loads(said)) == names(honest)
    else:
        assert status in (400, 410), said
