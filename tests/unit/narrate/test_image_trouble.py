"""What helps a pod without its image is read from what kubelets and runtimes say."""

from __future__ import annotations

import pytest

from wherry.narrate.image_trouble import image_cause, image_remedy

CONTAINERD = (
    'failed to pull and unpack image "docker.io/library/x:1": failed to resolve reference "docker.io/library/x:1": '
)


@pytest.mark.parametrize(
    ("message", "cause"),
    [
        (CONTAINERD + "docker.io/library/x:1: not found", "not-found"),
        (
            CONTAINERD + "pull access denied, repository does not exist or may require authorization: server message: "
            "insufficient_scope: authorization failed",
            "denied",
        ),
        (CONTAINERD + 'failed to do request: Head "https://r/v2/x": dial tcp: lookup r: no such host', "unreachable"),
        (CONTAINERD + "dial tcp 127.0.0.1:5000: connect: connection refused", "unreachable"),
        (
            CONTAINERD + "tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "certificate",
        ),
        (CONTAINERD + "http: server gave HTTP response to HTTPS client", "certificate"),
        (CONTAINERD + "429 Too Many Requests - Server message: toomanyrequests: You have reached", "too-many"),
        ("no match for platform in manifest: not found", "machine"),
        ("write /var/lib/x: no space left on device", "room"),
        ('Container image "x:1" is not present with pull policy of Never', "never"),
        ("docker.io/ana/certificate:unauthorized: not found", "not-found"),
        ("something else", ""),
    ],
)
def test_the_words_of_runtimes_have_a_cause(message: str, cause: str) -> None:
    assert image_cause(message) == cause


def test_a_private_image_gets_the_line_for_its_own_namespace() -> None:
    assert "kubectl -n shop create secret docker-registry" in image_remedy("pull access denied", "shop")
    assert "wherry image import FILE" in image_remedy("something else", "shop")
