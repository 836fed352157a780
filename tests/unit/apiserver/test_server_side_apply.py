"""PATCH with application/apply-patch+yaml: what it answers, and what it leaves behind."""

from __future__ import annotations

import pytest

from suites.api_harness import MERGE, Answer, Api, make_api
from wherry.apimachinery.document import Document
from wherry.kit.http.types import Peer

APPLY = "application/apply-patch+yaml"
CONFIG_MAPS = "/api/v1/namespaces/default/configmaps"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@pytest.fixture
async def api() -> Api:
    return await make_api()


def config_map(**data: object) -> Document:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"}, "data": data}


def deployment(replicas: int | None = 2, **more: object) -> Document:
    template = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
    spec: Document = {"selector": {"matchLabels": {"a": "b"}}, "template": template}
    if replicas is not None:
        spec["replicas"] = replicas
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec, **more}


async def apply(api: Api, body: object, query: str = "fieldManager=me", path: str = f"{CONFIG_MAPS}/c") -> Answer:
    return await api.ask("PATCH", f"{path}?{query}", body, content_type=APPLY)


def owners(document: Document) -> dict[str, object]:
    metadata = document["metadata"]
    assert isinstance(metadata, dict)
    return {
        "/".join(entry[key] for key in ("manager", "subresource") if key in entry): entry["fieldsV1"]
        for entry in metadata.get("managedFields", [])
    }


async def test_what_is_not_there_is_created(api: Api) -> None:
    answer = await apply(api, config_map(a="1"))
    assert answer.status == 201
    assert owners(answer.json) == {"me": {"f:data": {"f:a": {}}}}
    again = await apply(api, config_map(a="1"))
    assert (again.status, again.json) == (200, answer.json)


async def test_yaml_is_taken_as_well_as_json(api: Api) -> None:
    body = b"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata:\n  # a comment\n  a: 'on'\n"
    assert (await apply(api, body)).at("data") == {"a": "on"}


async def test_what_somebody_else_has_set_otherwise_is_a_conflict(api: Api) -> None:
    body: Document = {"metadata": {"name": "c"}, "data": {"a": "1"}}
    await api.must("POST", CONFIG_MAPS, body, headers={"user-agent": "curl/7"})  # type: ignore[arg-type]
    answer = await apply(api, config_map(a="2"))
    assert answer.json == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'Apply failed with 1 conflict: conflict with "curl" using v1: .data.a',
        "reason": "Conflict",
        "details": {
            "causes": [
                {"reason": "FieldManagerConflict", "message": 'conflict with "curl" using v1', "field": ".data.a"}
            ]
        },
        "code": 409,
    }
    forced = await apply(api, config_map(a="2"), "fieldManager=me&force=true")
    assert forced.status == 200
    assert owners(forced.json) == {"me": {"f:data": {"f:a": {}}}, "curl": {"f:data": {}}}


async def test_what_is_no_longer_named_is_gone(api: Api) -> None:
    await apply(api, config_map(a="1", b="1"))
    await apply(api, config_map(c="1"), "fieldManager=other")
    answer = await apply(api, config_map(b="2"))
    assert answer.at("data") == {"b": "2", "c": "1"}
    assert owners(answer.json) == {"me": {"f:data": {"f:b": {}}}, "other": {"f:data": {"f:c": {}}}}


async def test_a_field_that_is_let_go_falls_back_to_its_default(api: Api) -> None:
    path = f"{DEPLOYMENTS}/d"
    await apply(api, deployment(5), path=path)
    answer = await apply(api, deployment(None), path=path)
    assert answer.at("spec.replicas") == 1
    assert "f:replicas" not in str(owners(answer.json))


async def test_a_dry_run_says_what_would_be(api: Api) -> None:
    assert (await apply(api, config_map(a="1"), "fieldManager=me&dryRun=All")).status == 201
    assert (await api.ask("GET", f"{CONFIG_MAPS}/c")).status == 404
    made = await apply(api, config_map(a="1"))
    dry = await apply(api, config_map(a="2"), "fieldManager=me&dryRun=All")
    assert (dry.status, dry.at("data.a")) == (200, "2")
    assert await api.must("GET", f"{CONFIG_MAPS}/c") == made.json


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        ({"kind": "Pod"}, 400, "invalid object type: /v1, Kind=Pod"),
        ({"apiVersion": "apps/v1"}, 400, "invalid object type: apps/v1, Kind=ConfigMap"),
        ({"apiVersion": None}, 400, "invalid object type: /, Kind=ConfigMap"),
        ({"metadata": {"name": "c", "managedFields": []}}, 400, "metadata.managedFields must be nil"),
        ({"metadata": {"name": "x"}}, 400, "the name of the object (x) does not match the name on the URL (c)"),
        (
            {"metadata": {"name": "c", "namespace": "other"}},
            400,
            "the namespace of the provided object does not match the namespace sent on the request",
        ),
        (
            {"metadata": {"generateName": "c-"}},
            400,
            "the name of the object (c based on URL) was undeterminable: name must be provided",
        ),
        (
            {"nonsense": 1},
            400,
            "failed to create typed patch object (/c; /v1, Kind=ConfigMap): .nonsense: field not declared in schema",
        ),
        (
            {"metadata": {"name": "c", "uid": "u"}},
            409,
            'Operation cannot be fulfilled on configmaps "c": uid mismatch: the provided object specified uid u, '
            "and no existing object was found",
        ),
        (
            {"metadata": {"name": "c", "resourceVersion": "5"}},
            409,
            'Operation cannot be fulfilled on configmaps "c": the object has been modified; please apply your changes '
            "to the latest version and try again",
        ),
    ],
)
async def test_a_configuration_that_cannot_be_applied_is_refused(
    api: Api, change: Document, code: int, message: str
) -> None:
    answer = await apply(api, {**config_map(a="1"), **change})
    assert (answer.status, answer.at("message")) == (code, message)


@pytest.mark.parametrize(
    ("query", "content_type", "message"),
    [
        ("", APPLY, "fieldManager: Required value: is required for apply patch"),
        ("force=true", MERGE, "force: Forbidden: may not be specified for non-apply patch"),
        ("force=false", MERGE, "force: Forbidden: may not be specified for non-apply patch"),
    ],
)
async def test_options_that_do_not_go_together_are_refused(
    api: Api, query: str, content_type: str, message: str
) -> None:
    answer = await api.ask("PATCH", f"{CONFIG_MAPS}/c?{query}", config_map(), content_type=content_type)
    assert (answer.status, answer.at("message")) == (422, f'PatchOptions.meta.k8s.io "" is invalid: {message}')


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a: [", "error decoding YAML: error converting YAML to JSON: yaml: "),
        (b"{bad", "error decoding YAML: error converting YAML to JSON: "),
        (b"[]", "error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array"),
        (b"", "invalid object type: /, Kind="),
        (b"[" * 20_000, "error decoding YAML: "),
        (b'{"a":' * 20_000, "error decoding YAML: "),
        (b"\xff\xff", "error decoding YAML: "),
    ],
)
async def test_a_body_that_is_no_configuration_is_refused(api: Api, body: bytes, message: str) -> None:
    answer = await apply(api, body)
    assert answer.status == 400
    assert str(answer.at("message")).startswith(message)


async def test_a_doubled_key_is_refused_or_warned_about_as_the_client_asks(api: Api) -> None:
    doubled = b"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  a: x\n  a: z\n"
    complaint = 'error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "a" already set in map'
    strict = await apply(api, doubled, "fieldManager=me&fieldValidation=Strict")
    assert (strict.status, strict.at("message")) == (400, f"error strict decoding YAML: {complaint}")
    warned = await apply(api, doubled)
    assert (warned.status, warned.at("data.a")) == (201, "z")
    assert 'key \\"a\\" already set' in warned.warnings[0]
    ignored = await apply(api, doubled, "fieldManager=me&fieldValidation=Ignore")
    assert (ignored.status, ignored.warnings) == (200, [])


async def test_a_configuration_may_name_the_state_that_it_was_made_for(api: Api) -> None:
    made = (await apply(api, config_map(a="1"))).json["metadata"]
    assert isinstance(made, dict)
    config = config_map(a="2")
    for version, status in (("1", 409), (made["resourceVersion"], 200)):
        config["metadata"] = {"name": "c", "resourceVersion": version}
        assert (await apply(api, config)).status == status
    config["metadata"] = {"name": "c", "uid": "another"}
    assert (await apply(api, config)).status == 409


async def test_who_may_patch_may_not_therefore_create(api: Api) -> None:
    rule = {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["patch"]}
    roles = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
    await api.must("POST", f"{roles}/roles", {"metadata": {"name": "patcher"}, "rules": [rule]})
    binding: Document = {
        "metadata": {"name": "patcher"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "patcher"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "ana"}],
    }
    await api.must("POST", f"{roles}/rolebindings", binding)
    admin, api.peer = api.peer, Peer("ana", ())
    refused = await apply(api, config_map(a="1"))
    assert refused.status == 403
    assert 'User "ana" cannot create resource "configmaps"' in str(refused.at("message"))
    api.peer = admin
    await apply(api, config_map(a="1"))
    api.peer = Peer("ana", ())
    assert (await apply(api, config_map(a="1"))).status == 200


async def test_the_status_is_not_applied_with_the_object_and_the_object_not_with_the_status(api: Api) -> None:
    path = f"{DEPLOYMENTS}/d"
    await apply(api, deployment(2, status={"replicas": 7}), path=path)
    status: Document = {"replicas": 3, "conditions": [{"type": "Available", "status": "True"}]}
    answer = await apply(api, deployment(9, status=status), "fieldManager=reporter", f"{path}/status")
    assert (answer.at("spec.replicas"), answer.at("status.replicas")) == (2, 3)
    assert owners(answer.json)["reporter/status"] == {
        "f:status": {
            "f:conditions": {'k:{"type":"Available"}': {".": {}, "f:status": {}, "f:type": {}}},
            "f:replicas": {},
        }
    }
    assert "f:status" not in owners(answer.json)["me"]  # type: ignore[operator]
    less = await apply(api, deployment(9, status={"replicas": 4}), "fieldManager=reporter", f"{path}/status")
    assert less.at("status") == {"replicas": 4}
    missing = await apply(api, {**deployment(), "metadata": {"name": "x"}}, path=f"{DEPLOYMENTS}/x/status")
    assert missing.status == 404


async def test_an_applied_scale_owns_the_replicas_of_what_is_scaled(api: Api) -> None:
    path = f"{DEPLOYMENTS}/d"
    await apply(api, deployment(2), path=path)
    scale: Document = {
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {"name": "d"},
        "spec": {"replicas": 4},
    }
    refused = await apply(api, scale, "fieldManager=scaler", f"{path}/scale")
    assert refused.at("message") == 'Apply failed with 1 conflict: conflict with "me": .spec.replicas'
    forced = await apply(api, scale, "fieldManager=scaler&force=true", f"{path}/scale")
    assert (forced.status, forced.at("kind"), forced.at("spec.replicas")) == (200, "Scale", 4)
    after = await api.must("GET", path)
    assert owners(after)["scaler/scale"] == {"f:spec": {"f:replicas": {}}}
    back = await apply(api, deployment(2), path=path)
    assert back.at("message") == (
        'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale": .spec.replicas'
    )
    # Who no longer names the replicas leaves them to the scaler.
    assert (await apply(api, deployment(None), path=path)).at("spec.replicas") == 4
    wrong = await apply(api, {**scale, "spec": {"replica": 1}}, "fieldManager=scaler", f"{path}/scale")
    assert wrong.at("message") == (
        "failed to create typed patch object (/d; autoscaling/v1, Kind=Scale): "
        ".spec.replica: field not declared in schema"
    )


async def test_kubectl_moves_from_its_older_way_of_applying_without_conflicts(api: Api) -> None:
    annotation = '{"apiVersion":"v1","data":{"a":"1","b":"1"},"kind":"ConfigMap","metadata":{"name":"c"}}\n'
    older = config_map(a="1", b="1")
    older["metadata"] = {"name": "c", "annotations": {LAST_APPLIED: annotation}}
    await api.must("POST", f"{CONFIG_MAPS}?fieldManager=kubectl-client-side-apply", older)
    patch: Document = {"data": {"b": "somebody else's"}}
    await api.must("PATCH", f"{CONFIG_MAPS}/c?fieldManager=other", patch, content_type=MERGE)
    refused = await apply(api, config_map(a="2", b="2"), "fieldManager=kubectl")
    assert refused.at("message") == 'Apply failed with 1 conflict: conflict with "other" using v1: .data.b'
    moved = await apply(api, config_map(a="<2>"), "fieldManager=kubectl")
    assert moved.at("data.a") == "<2>"
    metadata = moved.json["metadata"]
    assert isinstance(metadata, dict)
    assert metadata["annotations"][LAST_APPLIED] == (
        '{"apiVersion":"v1","data":{"a":"\\u003c2\\u003e"},"kind":"ConfigMap","metadata":{"name":"c"}}\n'
    )


async def test_only_kubectl_may_move_like_that(api: Api) -> None:
    annotation = '{"apiVersion":"v1","data":{"a":"1"},"kind":"ConfigMap","metadata":{"name":"c"}}\n'
    older = config_map(a="1")
    older["metadata"] = {"name": "c", "annotations": {LAST_APPLIED: annotation}}
    await api.must("POST", f"{CONFIG_MAPS}?fieldManager=kubectl-client-side-apply", older)
    assert (await apply(api, config_map(a="2"))).status == 409


async def test_an_applied_object_is_checked_like_any_other(api: Api) -> None:
    answer = await apply(api, deployment(-1), path=f"{DEPLOYMENTS}/d")
    assert (answer.status, answer.at("reason")) == (422, "Invalid")
    assert answer.at("details.causes.0.field") == "spec.replicas"
    missing = await apply(
        api, {**config_map(), "metadata": {"name": "c"}}, path="/api/v1/namespaces/nowhere/configmaps/c"
    )
    assert missing.status == 404
