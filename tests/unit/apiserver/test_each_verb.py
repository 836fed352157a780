"""Every verb in every shape, and every verb as a dry run."""

from __future__ import annotations

import pytest

from suites.api_harness import JSON_PATCH, MERGE, STRATEGIC, Answer, Api, make_api, pod
from wherry.apimachinery.document import Document

MAPS = "/api/v1/namespaces/default/configmaps"
PODS = "/api/v1/namespaces/default/pods"
APPLY = "application/apply-patch+yaml"


@pytest.fixture
async def api() -> Api:
    api = await make_api()
    await api.must("POST", PODS, pod("web", a="b"))
    return api


def shape(kind: str, version: str = "v1") -> str:
    return f"application/json;as={kind};v={version};g=meta.k8s.io"


async def ask(api: Api, verb: str, **options: str) -> Answer:
    """Do to the pod `web` what the verb says."""
    changed: Document = {"metadata": {"name": "web", "labels": {"a": "c"}}}
    match verb:
        case "create":
            return await api.ask("POST", PODS, pod("other"), **options)
        case "update":
            seen = await api.must("GET", f"{PODS}/web")
            seen["metadata"] = {**seen["metadata"], "labels": {"a": "c"}}  # type: ignore[dict-item]
            return await api.ask("PUT", f"{PODS}/web", seen, **options)
        case "merge patch":
            return await api.ask("PATCH", f"{PODS}/web", changed, content_type=MERGE, **options)
        case "strategic merge patch":
            return await api.ask("PATCH", f"{PODS}/web", changed, content_type=STRATEGIC, **options)
        case "json patch":
            patch = [{"op": "add", "path": "/metadata/labels/x", "value": "y"}]
            return await api.ask("PATCH", f"{PODS}/web", patch, content_type=JSON_PATCH, **options)
        case "apply":
            whole: Document = {"apiVersion": "v1", "kind": "Pod", **pod("web", z="z")}
            return await api.ask("PATCH", f"{PODS}/web?fieldManager=me&force=1", whole, content_type=APPLY, **options)
        case "status":
            return await api.ask(
                "PATCH", f"{PODS}/web/status", {"status": {"phase": "Failed"}}, content_type=MERGE, **options
            )
        case "get":
            return await api.ask("GET", f"{PODS}/web", **options)
        case "list":
            return await api.ask("GET", PODS, **options)
        case "delete":
            return await api.ask("DELETE", f"{PODS}/web", **options)
        case _:
            return await api.ask("DELETE", PODS, **options)


OF_ONE = [
    "create", "update", "merge patch", "strategic merge patch", "json patch", "apply", "status", "get", "delete",
]  # fmt: skip
OF_MANY = ["list", "deletecollection"]


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("verb", OF_ONE)
async def test_one_object_comes_as_metadata_only(api: Api, verb: str, version: str) -> None:
    answer = await ask(api, verb, accept=shape("PartialObjectMetadata", version))
    assert (answer.at("kind"), answer.at("apiVersion")) == ("PartialObjectMetadata", f"meta.k8s.io/{version}")
    assert set(answer.json) == {"kind", "apiVersion", "metadata"}
    assert answer.at("metadata.name") == ("other" if verb == "create" else "web")
    assert str(answer.at("metadata.resourceVersion")).isdigit()


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("verb", OF_MANY)
async def test_many_objects_come_as_a_list_of_metadata(api: Api, verb: str, version: str) -> None:
    answer = await ask(api, verb, accept=shape("PartialObjectMetadataList", version))
    assert (answer.at("kind"), answer.at("apiVersion")) == ("PartialObjectMetadataList", f"meta.k8s.io/{version}")
    assert answer.at("items.0.kind") == "PartialObjectMetadata"
    assert answer.at("items.0.metadata.name") == "web"
    assert answer.at("items.0.spec") is None


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
@pytest.mark.parametrize("verb", [*OF_ONE, *OF_MANY])
async def test_every_verb_answers_with_a_table(api: Api, verb: str, version: str) -> None:
    answer = await ask(api, verb, accept=shape("Table", version))
    assert (answer.at("kind"), answer.at("apiVersion")) == ("Table", f"meta.k8s.io/{version}")
    assert answer.at("columnDefinitions.0.name") == "Name"
    assert answer.at("rows.0.cells.0") == ("other" if verb == "create" else "web")
    assert answer.at("rows.0.object.kind") == "PartialObjectMetadata"
    assert str(answer.at("metadata.resourceVersion")).isdigit()


@pytest.mark.parametrize(
    ("include", "kind"), [("None", None), ("Metadata", "PartialObjectMetadata"), ("Object", "Pod")]
)
@pytest.mark.parametrize("verb", ["get", "list", "update"])
async def test_a_row_brings_as_much_of_its_object_as_is_asked_for(
    api: Api, verb: str, include: str, kind: str | None
) -> None:
    answer = await ask(api, verb, accept=shape("Table"), includeObject=include)
    assert answer.at("rows.0.object.kind") == kind


async def test_another_word_for_what_a_row_brings_is_refused(api: Api) -> None:
    answer = await ask(api, "list", accept=shape("Table"), includeObject="Everything")
    assert (answer.status, answer.at("reason")) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("verb", "kind", "message"),
    [
        ("get", "PartialObjectMetadataList", "the requested object is not a list (*v1.Pod)"),
        ("list", "PartialObjectMetadata", "the requested object is a list (*v1.PodList)"),
    ],
)
async def test_one_is_not_many(api: Api, verb: str, kind: str, message: str) -> None:
    answer = await ask(api, verb, accept=shape(kind))
    assert (answer.status, answer.at("reason")) == (406, "NotAcceptable")
    assert str(answer.at("message")).endswith(message)


async def test_what_has_no_table_is_not_acceptable_as_one(api: Api) -> None:
    path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
    review = {"spec": {"resourceAttributes": {"verb": "get", "resource": "pods"}}}
    answer = await api.ask("POST", path, review, accept=shape("Table"))
    assert (answer.status, answer.at("reason")) == (406, "NotAcceptable")
    plain = await api.ask("POST", path, review, accept=f"{shape('Table')},application/json")
    assert (plain.status, plain.at("kind")) == (201, "SelfSubjectAccessReview")


async def test_a_table_of_many_has_all_rows_in_order(api: Api) -> None:
    for number in range(400):
        await api.must("POST", MAPS, {"metadata": {"name": f"m{number:03}"}})
    answer = await api.ask("GET", MAPS, accept=shape("Table"))
    rows = answer.json["rows"]
    assert isinstance(rows, list)
    assert [row["cells"][0] for row in rows] == [f"m{number:03}" for number in range(400)]
    empty = await api.ask("GET", MAPS, accept=shape("Table"), labelSelector="no=body")
    assert empty.json["rows"] == []
    paged = await api.ask("GET", MAPS, accept=shape("Table"), limit="300")
    assert paged.at("metadata.remainingItemCount") == 100
    assert paged.at("metadata.continue")


@pytest.mark.parametrize("verb", [*OF_ONE, *OF_MANY])
async def test_a_dry_run_changes_nothing_and_answers_as_if(api: Api, verb: str) -> None:
    store = api.server.environment.store
    before, pods = store.revision, (await store.list("/core/pods/")).items
    answer = await ask(api, verb, dryRun="All")
    assert answer.status in (200, 201), answer.body
    assert store.revision == before
    assert (await store.list("/core/pods/")).items == pods
    if verb in ("update", "merge patch", "strategic merge patch"):
        assert answer.at("metadata.labels.a") == "c"
    if verb == "status":
        assert answer.at("status.phase") == "Failed"
    if verb == "create":
        assert answer.at("metadata.uid")


@pytest.mark.parametrize("verb", ["create", "update", "merge patch", "delete", "deletecollection", "apply", "status"])
async def test_any_other_dry_run_is_refused(api: Api, verb: str) -> None:
    answer = await ask(api, verb, dryRun="Some")
    assert (answer.status, answer.at("reason")) == (422, "Invalid")
    assert answer.at("details.causes.0.field") == "dryRun"


@pytest.mark.parametrize("verb", ["create", "update", "delete", "deletecollection"])
async def test_who_cannot_take_the_answer_changes_nothing(api: Api, verb: str) -> None:
    revision = api.server.environment.store.revision
    answer = await ask(api, verb, accept="text/html")
    assert answer.status == 406
    assert api.server.environment.store.revision == revision


@pytest.mark.parametrize("pretty", ["true", "1", ""])
async def test_pretty_answers_have_line_breaks(api: Api, pretty: str) -> None:
    for verb in ("get", "list", "update"):
        answer = await ask(api, verb, pretty=pretty)
        assert answer.body.startswith(b'{\n  "kind": "'), verb
    assert b"\n" not in (await ask(api, "get", pretty="false")).body.strip()
