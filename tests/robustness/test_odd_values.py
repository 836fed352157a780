"""Numbers, ports, times and roles that mean something else than they seem to: refused with the field's name."""

from __future__ import annotations

from typing import cast

import pytest

from suites.api_harness import ADMIN, Api, make_api, pod
from wherry.apimachinery.document import Document
from wherry.kit.http.types import Peer

NAMESPACE = "/api/v1/namespaces/default"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces/default"
CRON_JOBS = "/apis/batch/v1/namespaces/default/cronjobs"
MALLORY = Peer("mallory", ())


@pytest.fixture
async def api() -> Api:
    return await make_api()


def with_container(**fields: object) -> Document:
    made = pod()
    cast("Document", made["spec"])["containers"] = [{"name": "app", "image": "app:1", **fields}]
    return made


def probe(port: object) -> Document:
    return with_container(livenessProbe={"httpGet": {"port": port, "path": "/"}})


@pytest.mark.parametrize("port", [0, 65536, -1, 2**31, "http ", "", "a" * 16, "-a", "80", "ü"])
async def test_what_is_no_port_is_refused_wherever_ports_stand(api: Api, port: object) -> None:
    status = (await api.ask("POST", f"{NAMESPACE}/pods", probe(port))).status
    assert status in (400, 422)
    target = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": 80, "targetPort": port}]}}
    if port not in (0, ""):  # which say nothing: then it is the port itself
        assert (await api.ask("POST", f"{NAMESPACE}/services", target)).status in (400, 422)
    if isinstance(port, int):
        made = with_container(ports=[{"containerPort": port}])
        assert (await api.ask("POST", f"{NAMESPACE}/pods", made)).status in (400, 422)
        service = {"metadata": {"name": "s"}, "spec": {"ports": [{"port": port}]}}
        assert (await api.ask("POST", f"{NAMESPACE}/services", service)).status in (400, 422)


@pytest.mark.parametrize(
    "amount", ["-1", "1 Gi", "1GB", "", "1e", "--1", "0x10", "1,5", "NaN", "Inf", "1Gi1", True, []]
)
async def test_what_is_no_quantity_is_refused_wherever_quantities_stand(api: Api, amount: object) -> None:
    made = with_container(resources={"requests": {"memory": amount}})
    assert (await api.ask("POST", f"{NAMESPACE}/pods", made)).status in (400, 422)
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": amount}}}
    body = {"metadata": {"name": "c"}, "spec": claim}
    assert (await api.ask("POST", f"{NAMESPACE}/persistentvolumeclaims", body)).status in (400, 422)
    quota = {"metadata": {"name": "q"}, "spec": {"hard": {"memory": amount}}}
    assert (await api.ask("POST", f"{NAMESPACE}/resourcequotas", quota)).status in (400, 422)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schedule", "60 * * * *"), ("schedule", "@every -1s"), ("schedule", "* * * *"),
        ("schedule", "TZ=UTC * * * * *"),
        ("schedule", "*/0 * * * *"), ("schedule", "5-1 * * * *"), ("schedule", "1" * 5000 + " * * * *"),
        ("timeZone", "../../etc/passwd"), ("timeZone", "/etc/passwd"), ("timeZone", "Europe/../UTC"),
        ("timeZone", "Local"),
        ("timeZone", "Mars/Olympus"), ("timeZone", ""), ("timeZone", "UTC\x00"), ("startingDeadlineSeconds", -1),
        ("successfulJobsHistoryLimit", -1), ("startingDeadlineSeconds", 2**63),
    ],
)  # fmt: skip
async def test_what_is_no_time_is_refused(api: Api, field: str, value: object) -> None:
    template = {"spec": {"template": {"spec": {**cast("Document", pod()["spec"]), "restartPolicy": "Never"}}}}
    spec: Document = {"schedule": "* * * * *", "jobTemplate": template}
    assert (await api.ask("POST", CRON_JOBS, {"metadata": {"name": "good"}, "spec": spec})).status == 201
    answer = await api.ask("POST", CRON_JOBS, {"metadata": {"name": "bad"}, "spec": {**spec, field: value}})
    assert answer.status in (400, 422), answer.body
    assert field in str(answer.at("message"))


@pytest.mark.parametrize(
    ("verbs", "resources", "names", "method", "path"),
    [
        ("Get LIST", "pods", "", "GET", "pods"), ("get list", "Pods PODS pod", "", "GET", "pods"),
        ("get", "pods/*", "", "GET", "pods/web/log"), ("get list", "pods", "", "GET", "pods/web/log"),
        ("get list watch", "secrets", "mine", "GET", "secrets"), ("create", "secrets", "mine", "POST", "secrets"),
        ("get list", "secrets", "mine", "GET", "secrets?fieldSelector=metadata.name!=other"),
        ("get list", "secrets", "mine", "GET", "secrets?fieldSelector=metadata.name%3Dmine,metadata.name%3Dother"),
        ("delete", "pods", "", "DELETE", "pods"), ("get list update", "pods", "", "PATCH", "pods/web"),
        ("patch update", "pods", "", "PATCH", "pods/web/status"),
        ("create update", "pods", "", "POST", "pods/web/exec"),
        ("get list", "pods/exec", "", "POST", "pods/web/exec"),
        ("patch", "pods", "", "PATCH", "pods/web/ephemeralcontainers"),
        ("get create", "serviceaccounts", "", "POST", "serviceaccounts/default/token"),
        ("get", "pods", "", "GET", "pods?watch=1"), ("list", "pods", "", "GET", "pods?watch=1"),
        ("watch", "pods", "", "GET", "pods"), ("list", "secrets", "", "GET", "secrets/other"),
    ],
)  # fmt: skip
async def test_a_right_is_what_it_says_and_nothing_next_to_it(
    api: Api, verbs: str, resources: str, names: str, method: str, path: str
) -> None:
    rule: Document = {"apiGroups": [""], "verbs": verbs.split(), "resources": resources.split()}
    role = {"metadata": {"name": "r"}, "rules": [{**rule, "resourceNames": names.split()} if names else rule]}
    await api.must("POST", f"{RBAC}/roles", role)
    binding = {
        "metadata": {"name": "r"}, "roleRef": {"kind": "Role", "name": "r"},
        "subjects": [{"kind": "User", "name": "mallory"}],
    }  # fmt: skip
    await api.must("POST", f"{RBAC}/rolebindings", binding)
    await api.must("POST", f"{NAMESPACE}/pods", pod("web"))
    await api.must("POST", f"{NAMESPACE}/secrets", {"metadata": {"name": "other"}})
    revision = api.server.environment.store.revision
    api.peer = MALLORY
    answer = await api.ask(method, f"{NAMESPACE}/{path}", {"metadata": {"name": "mine"}})
    assert (answer.status, answer.at("reason")) == (403, "Forbidden")
    api.peer = ADMIN
    assert api.server.environment.store.revision == revision


@pytest.mark.parametrize("label", ["admin", "edit", "view"])
async def test_a_role_that_wants_to_be_added_to_others_gives_no_more_than_its_writer_has(api: Api, label: str) -> None:
    writer: Document = {"apiGroups": ["rbac.authorization.k8s.io"], "verbs": ["create"], "resources": ["clusterroles"]}
    rbac = RBAC.removesuffix("/namespaces/default")
    await api.must("POST", f"{rbac}/clusterroles", {"metadata": {"name": "w"}, "rules": [writer]})
    binding = {
        "metadata": {"name": "w"}, "roleRef": {"kind": "ClusterRole", "name": "w"},
        "subjects": [{"kind": "User", "name": "mallory"}],
    }  # fmt: skip
    await api.must("POST", f"{rbac}/clusterrolebindings", binding)
    api.peer = MALLORY
    labels = {f"rbac.authorization.k8s.io/aggregate-to-{label}": "true"}
    stolen: Document = {"apiGroups": [""], "verbs": ["get"], "resources": ["nodes/proxy"]}
    answer = await api.ask(
        "POST", f"{rbac}/clusterroles", {"metadata": {"name": "x", "labels": labels}, "rules": [stolen]}
    )
    assert (answer.status, "not currently held" in str(answer.at("message"))) == (403, True)
