"""Requests for certificates through the API: who asks, who approves, who signs."""

from __future__ import annotations

import base64

import pytest

from suites.api_harness import ADMIN, MERGE, TABLE, Api, make_api
from suites.sample_objects import CERTIFICATE_REQUEST
from wherry.apimachinery.document import Document
from wherry.apiserver.admission.certificate_approval import CertificateApproval
from wherry.apiserver.admission.certificate_signing import CertificateSigning
from wherry.apiserver.admission.certificate_subject_restriction import CertificateSubjectRestriction
from wherry.apiserver.subresources.approval import handle_approval
from wherry.kit.certificate_requests import make_request
from wherry.kit.http.types import Peer

CSRS = "/apis/certificates.k8s.io/v1/certificatesigningrequests"
RBAC = "/apis/rbac.authorization.k8s.io/v1"
SIGNER = "kubernetes.io/kube-apiserver-client"
APPROVED: Document = {"type": "Approved", "status": "True", "reason": "Checked", "message": "fine"}


@pytest.fixture
async def api() -> Api:
    return await make_api()


def asked(name: str = "ana", /, **spec: object) -> Document:
    wanted: Document = {"request": CERTIFICATE_REQUEST, "signerName": SIGNER, "usages": ["client auth"]}
    return {"metadata": {"name": name}, "spec": {**wanted, **spec}}


def encoded(common_name: str, *groups: str) -> str:
    return base64.b64encode(make_request(common_name, organizations=groups)[1]).decode()


async def give(api: Api, user: str, verbs: list[str], resources: list[str], names: list[str] | None = None) -> None:
    rule: Document = {"verbs": verbs, "apiGroups": ["certificates.k8s.io"], "resources": resources}
    if names:
        rule["resourceNames"] = names
    name = f"{user}-{'-'.join(verbs)}"
    await api.must("POST", f"{RBAC}/clusterroles", {"metadata": {"name": name}, "rules": [rule]})
    subjects = [{"kind": "User", "name": user}]
    binding = {"metadata": {"name": name}, "roleRef": {"kind": "ClusterRole", "name": name}, "subjects": subjects}
    await api.must("POST", f"{RBAC}/clusterrolebindings", binding)


async def test_who_asks_is_for_the_server_to_say_and_nothing_of_it_changes(api: Api) -> None:
    pretended = asked(username="root", groups=["system:masters"], uid="0", extra={"a": ["b"]})
    created = await api.must("POST", CSRS, {**pretended, "status": {"conditions": [APPROVED]}})
    spec = created["spec"]
    assert isinstance(spec, dict)
    assert (spec["username"], spec["groups"]) == ("kubernetes-admin", ["system:masters", "system:authenticated"])
    assert "uid" not in spec
    assert created["status"] == {}
    patch = {"spec": {"signerName": "example.com/other", "username": "root"}}
    assert (await api.must("PATCH", f"{CSRS}/ana", patch, content_type=MERGE))["spec"] == spec


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"request": "eA=="}, "PEM block type must be CERTIFICATE REQUEST"),
        ({"signerName": ""}, "spec.signerName: Required value"),
        ({"signerName": "one"}, "must be a fully qualified domain and path of the form 'example.com/signer-name'"),
        ({"signerName": "one/two"}, "should be a domain with at least two segments separated by dots"),
        ({"signerName": "kubernetes.io/legacy-unknown"}, "the legacy signerName is not allowed via this API version"),
        ({"usages": []}, "spec.usages: Required value"),
        ({"usages": ["client auth", "client auth"]}, 'spec.usages[1]: Duplicate value: "client auth"'),
        ({"usages": ["world peace"]}, 'spec.usages[0]: Unsupported value: "world peace": supported values: "any", '),
        ({"expirationSeconds": 599}, "may not specify a duration less than 600 seconds (10 minutes)"),
    ],
)
async def test_what_is_wrong_with_a_request_is_said(api: Api, changes: Document, wanted: str) -> None:
    answer = await api.ask("POST", CSRS, asked(**changes))
    assert (answer.status, wanted in str(answer.at("message"))) == (422, True), answer.body


async def test_a_request_must_be_signed_by_its_own_key(api: Api) -> None:
    der = base64.b64decode("".join(base64.b64decode(CERTIFICATE_REQUEST).decode().splitlines()[1:-1]))
    body = base64.b64encode(der[:-4] + bytes([der[-4] ^ 1]) + der[-3:]).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body}\n-----END CERTIFICATE REQUEST-----\n"
    answer = await api.ask("POST", CSRS, asked(request=base64.b64encode(pem.encode()).decode()))
    assert answer.status == 422


async def test_nobody_gets_into_system_masters_by_asking(api: Api) -> None:
    answer = await api.ask("POST", CSRS, asked(request=encoded("eve", "web", "system:masters")))
    assert (answer.status, answer.at("message")) == (
        403,
        'certificatesigningrequests.certificates.k8s.io "ana" is forbidden: '
        "use of kubernetes.io/kube-apiserver-client signer with system:masters group is not allowed",
    )
    assert CertificateSubjectRestriction.name == "CertificateSubjectRestriction"


async def test_approving_takes_a_right_for_the_signer(api: Api) -> None:
    await api.must("POST", CSRS, asked())
    await give(api, "bob", ["update", "patch", "get"], ["certificatesigningrequests/approval"])
    api.peer = Peer("bob")
    patch = {"status": {"conditions": [APPROVED]}}
    answer = await api.ask("PATCH", f"{CSRS}/ana/approval", patch, content_type=MERGE)
    assert (answer.status, str(answer.at("message")).partition("forbidden: ")[2]) == (
        403,
        'user not permitted to approve requests with signerName "kubernetes.io/kube-apiserver-client"',
    )
    api.peer = ADMIN
    await give(api, "bob", ["approve"], ["signers"], ["kubernetes.io/*"])
    api.peer = Peer("bob")
    answer = await api.ask("PATCH", f"{CSRS}/ana/approval", patch, content_type=MERGE)
    assert answer.status == 200, answer.body
    assert answer.at("status.conditions.0.lastUpdateTime") == "2027-01-15T08:00:00Z"
    assert CertificateApproval.name == "CertificateApproval"
    assert handle_approval.__doc__


async def test_a_decision_is_one_and_for_ever(api: Api) -> None:
    created = await api.must("POST", CSRS, asked())
    denied = {**APPROVED, "type": "Denied"}
    for conditions in ([APPROVED, denied], [{**APPROVED, "status": "False"}], [APPROVED, APPROVED]):
        body = {**created, "status": {"conditions": conditions}}
        assert (await api.ask("PUT", f"{CSRS}/ana/approval", body)).status == 422
    approved = await api.must("PUT", f"{CSRS}/ana/approval", {**created, "status": {"conditions": [APPROVED]}})
    answer = await api.ask("PUT", f"{CSRS}/ana/approval", {**approved, "status": {}})
    assert 'updates may not remove a condition of type "Approved"' in str(answer.at("message"))
    table = await api.ask("GET", f"{CSRS}/ana", accept=TABLE)
    cells = table.at("rows.0.cells")
    assert isinstance(cells, list)
    assert cells[2:] == [SIGNER, "kubernetes-admin", "<none>", "Approved"]


async def test_signing_takes_a_right_for_the_signer_and_decides_nothing(api: Api) -> None:
    await api.must("POST", CSRS, asked())
    await give(api, "bob", ["patch"], ["certificatesigningrequests/status"])
    patch = {"status": {"certificate": base64.b64encode(b"x").decode()}}
    approve = {"status": {"conditions": [APPROVED]}}
    assert (await api.ask("PATCH", f"{CSRS}/ana/status", approve, content_type=MERGE)).status == 422
    assert (await api.ask("PATCH", f"{CSRS}/ana/status", patch, content_type=MERGE)).status == 422
    failed = {"status": {"conditions": [{**APPROVED, "type": "Failed"}]}}
    api.peer = Peer("bob")
    answer = await api.ask("PATCH", f"{CSRS}/ana/status", failed, content_type=MERGE)
    assert (answer.status, "user not permitted to sign requests" in str(answer.at("message"))) == (403, True)
    api.peer = ADMIN
    await give(api, "bob", ["sign"], ["signers"], [SIGNER])
    api.peer = Peer("bob")
    assert (await api.ask("PATCH", f"{CSRS}/ana/status", failed, content_type=MERGE)).status == 200
    assert CertificateSigning.name == "CertificateSigning"


async def test_requests_are_found_by_their_signer(api: Api) -> None:
    await api.must("POST", CSRS, asked())
    await api.must("POST", CSRS, asked("other", signerName="example.com/own"))
    answer = await api.must("GET", CSRS, fieldSelector=f"spec.signerName={SIGNER}")
    assert [item["metadata"]["name"] for item in answer["items"]] == ["ana"]  # type: ignore[attr-defined]
