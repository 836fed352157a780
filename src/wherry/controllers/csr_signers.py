"""The cluster's own signers: what each lets a certificate say and be used for.

Source: kubernetes pkg/apis/certificates/helpers.go and pkg/controller/certificates/signer.
"""

from __future__ import annotations

from collections.abc import Callable

from wherry.kit.certificate_requests import CertificateRequest

API_CLIENT = "kubernetes.io/kube-apiserver-client"
KUBELET_CLIENT = "kubernetes.io/kube-apiserver-client-kubelet"
KUBELET_SERVING = "kubernetes.io/kubelet-serving"
NODES = ("system:nodes",)
NODE_PREFIX = "system:node:"

Signer = Callable[[CertificateRequest, tuple[str, ...]], str]
"""The request and its usages -> what is wrong with it, or ""."""


def check_api_client(request: CertificateRequest, usages: tuple[str, ...]) -> str:
    """Anybody's certificate for talking to the API server."""
    for usage in usages:
        if usage not in ("digital signature", "key encipherment", "client auth"):
            return f"invalid usage for client certificate: {usage}"
    return "" if "client auth" in usages else "missing required usage for client certificate: client auth"


def check_kubelet_client(request: CertificateRequest, usages: tuple[str, ...]) -> str:
    """A node's certificate for talking to the API server."""
    wrong = _not_a_node(request)
    if not wrong:
        for names, kind in (
            (request.dns_names, "DNS"), (request.emails, "email"), (request.ips, "IP"), (request.uris, "URI"),
        ):  # fmt: skip
            if names:
                return f"{kind} subjectAltNames are not allowed"
    return wrong or _wrong_usages(usages, "client auth")


def check_kubelet_serving(request: CertificateRequest, usages: tuple[str, ...]) -> str:
    """A node's certificate for its own API."""
    wrong = _not_a_node(request)
    if wrong:
        return wrong
    if not request.dns_names and not request.ips:
        return "DNS or IP subjectAltName is required"
    for names, kind in ((request.emails, "email"), (request.uris, "URI")):
        if names:
            return f"{kind} subjectAltNames are not allowed"
    return _wrong_usages(usages, "server auth")


SIGNERS: dict[str, Signer] = {
    API_CLIENT: check_api_client,
    KUBELET_CLIENT: check_kubelet_client,
    KUBELET_SERVING: check_kubelet_serving,
}


def _not_a_node(request: CertificateRequest) -> str:
    if request.organizations != NODES:
        return "subject organization is not system:nodes"
    if not request.common_name.startswith(NODE_PREFIX):
        return "subject common name does not begin with system:node: "
    return ""


def _wrong_usages(usages: tuple[str, ...], purpose: str) -> str:
    required = {"digital signature", purpose}
    if set(usages) in (required, {*required, "key encipherment"}):
        return ""
    return f"usages did not match [digital signature key encipherment {purpose}]"
