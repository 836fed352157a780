from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from wherry.client.kubeconfig import KubeconfigError, load_kubeconfig, transport_from_kubeconfig, write_kubeconfig
from wherry.kit.http.server import Server
from wherry.kit.http.tls import server_context
from wherry.kit.http.types import Request, Response
from wherry.kit.pki import create_ca, issue

CA = create_ca("ca")
ADMIN = issue(CA, "kubernetes-admin", client=True)


def test_what_is_written_is_read_back_and_private(tmp_path: Path) -> None:
    path = tmp_path / "kubeconfig"
    write_kubeconfig(
        path, server="https://127.0.0.1:6443", ca_pem=CA.cert_pem, user="admin", client_identity=ADMIN, token="t"
    )
    assert path.stat().st_mode & 0o777 == 0o600
    loaded = load_kubeconfig(path)
    assert (loaded.name, loaded.server, loaded.user, loaded.token) == ("wherry", "https://127.0.0.1:6443", "admin", "t")
    assert loaded.ca_pem == CA.cert_pem
    assert loaded.client_identity == ADMIN
    assert loaded.namespace == "default"


def test_files_are_relative_to_the_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_bytes(CA.cert_pem)
    (tmp_path / "tls.crt").write_bytes(ADMIN.cert_pem)
    (tmp_path / "tls.key").write_bytes(ADMIN.key_pem)
    path = tmp_path / "config"
    path.write_text(
        """
clusters: [{name: c, cluster: {server: "https://h:1", certificate-authority: ca.crt, tls-server-name: other,
            insecure-skip-tls-verify: true}}]
users: [{name: u, user: {client-certificate: tls.crt, client-key: tls.key, tokenFile: token}}]
contexts: [{name: one, context: {cluster: c, user: u, namespace: ns}}, {name: two, context: {cluster: c}}]
current-context: one
"""
    )
    loaded = load_kubeconfig(path)
    assert loaded.ca_pem == CA.cert_pem
    assert loaded.client_identity == ADMIN
    assert loaded.tls_server_name == "other"
    assert loaded.insecure_skip_tls_verify
    assert loaded.token_file == tmp_path / "token"
    assert loaded.namespace == "ns"
    assert load_kubeconfig(path, context="two").user == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (": :", "is not YAML"),
        ("[]", "is not a kubeconfig"),
        ("{}", "names no current-context"),
        ("current-context: a", 'no "a" among its contexts'),
        ("{current-context: a, contexts: [{name: a, context: {cluster: x}}]}", 'no "x" among its clusters'),
        (
            "{current-context: a, contexts: [{name: a, context: {cluster: c}}],"
            " clusters: [{name: c, cluster: {certificate-authority-data: '%'}}]}",
            "is not base64",
        ),
        (
            "{current-context: a, contexts: [{name: a, context: {cluster: c, user: u}}],"
            " clusters: [{name: c, cluster: {}}], users: [{name: u, user: {client-key-data: YQ==}}]}",
            "needs both",
        ),
    ],
)
def test_an_unusable_kubeconfig_says_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "config"
    path.write_text(text)
    with pytest.raises(KubeconfigError, match=message):
        load_kubeconfig(path)


def test_a_server_that_is_no_url_is_named(tmp_path: Path) -> None:
    write_kubeconfig(tmp_path / "c", server="nonsense", ca_pem=b"", user="u")
    with pytest.raises(KubeconfigError, match="no server URL"):
        transport_from_kubeconfig(tmp_path / "c")


async def test_a_token_file_is_read_at_each_request(tmp_path: Path) -> None:
    async def app(request: Request) -> Response:
        return Response(body=request.headers.get("authorization", "").encode())

    server = Server(app, tls=server_context(issue(CA, "s", ips=["127.0.0.1"], server=True)))
    await server.start()
    path = tmp_path / "config"
    ca = base64.b64encode(CA.cert_pem).decode()
    path.write_text(
        f"""
clusters: [{{name: c, cluster: {{server: "https://127.0.0.1:{server.port}", certificate-authority-data: "{ca}"}}}}]
users: [{{name: u, user: {{tokenFile: token}}}}]
contexts: [{{name: a, context: {{cluster: c, user: u}}}}]
current-context: a
"""
    )
    transport = transport_from_kubeconfig(path)
    for token in ("first", "second"):
        (tmp_path / "token").write_text(f"{token}\n")
        assert (await transport.request(Request("GET", "/"))).body == f"Bearer {token}".encode()
    await transport.close()
    await server.stop()


def with_program(folder: Path, answer: str, *, exit_code: int = 0, command: str = "./give") -> Path:
    """A kubeconfig whose user is known by what a program says."""
    program = folder / "give"
    program.write_text(f"#!/bin/sh\necho asked >&2\nprintf '%s' '{answer}'\nexit {exit_code}\n")
    program.chmod(0o755)
    path = folder / "config"
    user = {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "installHint": "get it"}}
    document = {
        "clusters": [{"name": "c", "cluster": {"server": "http://h:1"}}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "current-context": "c",
    }
    path.write_text(json.dumps(document))
    return path


def test_a_program_that_the_kubeconfig_names_gives_the_token(tmp_path: Path) -> None:
    assert load_kubeconfig(with_program(tmp_path, '{"status": {"token": "abc"}}')).token == "abc"


def test_a_program_may_give_a_certificate(tmp_path: Path) -> None:
    status = {"clientCertificateData": ADMIN.cert_pem.decode(), "clientKeyData": ADMIN.key_pem.decode()}
    assert load_kubeconfig(with_program(tmp_path, json.dumps({"status": status}))).client_identity == ADMIN


@pytest.mark.parametrize(
    ("answer", "exit_code", "command", "words"),
    [
        ("{}", 0, "./give", "gave no ExecCredential"),
        ("no", 0, "./give", "gave no ExecCredential"),
        ("", 3, "./give", "asked"),
        ("{}", 0, "no-such-program", "there is no program no-such-program. get it"),
    ],
)
def test_a_program_that_gives_nothing_is_named(
    tmp_path: Path, answer: str, exit_code: int, command: str, words: str
) -> None:
    with pytest.raises(KubeconfigError, match=words):
        load_kubeconfig(with_program(tmp_path, answer, exit_code=exit_code, command=command))
