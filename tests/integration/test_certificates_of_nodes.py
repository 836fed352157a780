"""A machine with a bootstrap token becomes a node: the certificate that it asks for is approved and signed."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from random import Random

import pytest
from cryptography import x509

from suites.api_harness import Api, make_api
from wherry.api.certificates.certificatesigningrequest import (
    CERTIFICATE_SIGNING_REQUESTS,
    CertificateSigningRequest,
    state_of,
)
from wherry.apimachinery.document import Document
from wherry.client.client import Client
from wherry.client.informer import SharedInformers
from wherry.client.transport import InProcess
from wherry.controllers.csr_approving import csr_approving_controller
from wherry.controllers.csr_signing import csr_signing_controller
from wherry.kit import pki
from wherry.kit.certificate_requests import make_request, sign_request
from wherry.kit.clock import FakeClock, settle
from wherry.kit.tasks import TaskScope
from wherry.reconcile.journal import Journal
from wherry.reconcile.manager import ControllerManager

CA = pki.create_ca("test")


@pytest.fixture
async def api(clock: FakeClock) -> AsyncIterator[Api]:
    api = await make_api(clock)
    client = Client(InProcess(api.server.app, user="system:kube-controller-manager"))

    def sign(pem: bytes, usages: tuple[str, ...], lifetime_s: float, now_s: float) -> bytes:
        return sign_request(CA, pem, usages, lifetime_s=lifetime_s, now_s=now_s)

    informers = SharedInformers(client, clock, Random(1))
    controllers = (csr_approving_controller(client), csr_signing_controller(sign))
    manager = ControllerManager(client, informers, clock, controllers, Journal(), Random(1))
    async with TaskScope("masters") as scope:
        _ = scope.start("informers", informers.run())
        _ = scope.start("manager", manager.run())
        await manager.ready.wait()
        yield api


async def ask(api: Api, user: str, *groups: str, name: str = "system:node:n1") -> CertificateSigningRequest:
    """Somebody asks for a node's client certificate; what came of it."""
    pem = make_request(name, organizations=("system:nodes",))[1]
    spec: Document = {
        "request": base64.b64encode(pem).decode(),
        "signerName": "kubernetes.io/kube-apiserver-client-kubelet",
        "usages": ["digital signature", "client auth"],
    }
    client = Client(InProcess(api.server.app, user=user, groups=groups))
    made = await client.create(CERTIFICATE_SIGNING_REQUESTS, {"metadata": {"generateName": "csr-"}, "spec": spec})
    await settle(300)
    admin = Client(InProcess(api.server.app, user="admin", groups=("system:masters",)))
    return await admin.get(CERTIFICATE_SIGNING_REQUESTS, made.metadata.name)


async def test_whoever_holds_a_bootstrap_token_gets_a_nodes_certificate(api: Api) -> None:
    request = await ask(api, "system:bootstrap:abcdef", "system:bootstrappers")
    assert state_of(request) == "Approved,Issued"
    assert request.status.conditions[0].message == (
        "Auto approving kubelet client certificate after SubjectAccessReview."
    )
    certificate = x509.load_pem_x509_certificate(base64.b64decode(request.status.certificate))
    assert certificate.subject.rfc4514_string() == "CN=system:node:n1,O=system:nodes"


async def test_a_node_renews_its_own_certificate_and_gets_no_other_nodes(api: Api) -> None:
    request = await ask(api, "system:node:n1", "system:nodes")
    assert request.status.conditions[0].message.startswith("Auto approving self kubelet client certificate")
    assert state_of(await ask(api, "system:node:n1", "system:nodes", name="system:node:n2")) == "Pending"


async def test_somebody_else_waits_for_a_person_to_decide(api: Api) -> None:
    assert state_of(await ask(api, "admin", "system:masters", name="n1")) == "Pending"
