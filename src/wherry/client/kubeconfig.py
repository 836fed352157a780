"""The kubeconfig file: where a cluster is and who we are there. Written for kubectl, read for ourselves."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from wherry.client.http_transport import Http
from wherry.kit.files import write_atomically
from wherry.kit.http.tls import KeyPair, client_context

CREDENTIAL_S = 60.0
"""A program that gives credentials may have to ask a server far away."""

CREDENTIAL_KEYS = ("token", "clientCertificateData", "clientKeyData")


class KubeconfigError(ValueError):
    """The kubeconfig cannot be used; the message says which part and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KubeconfigContext:
    """One context of a kubeconfig, with its files read."""

    name: str
    server: str
    namespace: str = "default"
    user: str = ""
    ca_pem: bytes = b""
    tls_server_name: str = ""
    insecure_skip_tls_verify: bool = False
    client_identity: KeyPair | None = None
    token: str = ""
    token_file: Path | None = None


def write_kubeconfig(  # noqa: PLR0913 - a kubeconfig has so many parts
    path: Path,
    *,
    server: str,
    ca_pem: bytes,
    user: str,
    client_identity: KeyPair | None = None,
    token: str = "",
    cluster_name: str = "wherry",
    context: str = "",
    namespace: str = "",
) -> None:
    """Write a kubeconfig with one cluster, one user and one context (`cluster_name`, if not given).

    Commands are about `namespace` unless they say otherwise ("": the namespace `default`).

    The file is replaced as a whole and readable by its owner alone: it holds a private key.
    """
    context = context or cluster_name
    who = {}
    if client_identity is not None:
        who["client-certificate-data"] = base64.b64encode(client_identity.cert_pem).decode()
        who["client-key-data"] = base64.b64encode(client_identity.key_pem).decode()
    if token:
        who["token"] = token
    cluster = {"certificate-authority-data": base64.b64encode(ca_pem).decode(), "server": server}
    chosen = {"cluster": cluster_name, **({"namespace": namespace} if namespace else {}), "user": user}
    # By hand: at the start of a cluster, importing yaml for this one file would cost 14 ms and 3 MB.
    lines = [
        *("apiVersion: v1", "kind: Config"),
        *_entry_lines("clusters", cluster_name, "cluster", cluster),
        *_entry_lines("contexts", context, "context", chosen),
        f"current-context: {_scalar(context)}",
        "preferences: {}",
        *_entry_lines("users", user, "user", who),
    ]
    write_atomically(path, "\n".join([*lines, ""]).encode(), mode=0o600)


def _entry_lines(listing: str, name: str, field: str, content: Mapping[str, str]) -> list[str]:
    """A kubeconfig's list with one entry, as YAML."""
    inside = [f"    {key}: {_scalar(value)}" for key, value in content.items()]
    return [f"{listing}:", f"- name: {_scalar(name)}", f"  {field}:{'' if inside else ' {}'}", *inside]


def _scalar(text: str) -> str:
    # A JSON text is YAML too, whatever is in it.
    return json.dumps(text)


def load_kubeconfig(path: Path, *, context: str = "") -> KubeconfigContext:
    """Read one context (the current one, if not named). Raises KubeconfigError or OSError."""
    import yaml

    try:
        # In C where it can be: certificates are long lines, and this is on the way of every command.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        document = yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - both are safe loaders
    except yaml.YAMLError as error:
        raise KubeconfigError(f"{path} is not YAML: {error}") from error
    if not isinstance(document, dict):
        raise KubeconfigError(f"{path} is not a kubeconfig")
    name = context or _text(document, "current-context")
    if not name:
        raise KubeconfigError(f"{path} names no current-context")
    chosen = _entry(document, path, "contexts", name, "context")
    cluster = _entry(document, path, "clusters", _text(chosen, "cluster"), "cluster")
    user_name = _text(chosen, "user")
    user = _entry(document, path, "users", user_name, "user") if user_name else {}
    read = _Reader(path)
    token = _text(user, "token")
    cert_pem = read.data_or_file(user, "client-certificate")
    key_pem = read.data_or_file(user, "client-key")
    if isinstance(user.get("exec"), dict):
        token, cert_pem, key_pem = _ask_program(path, user["exec"])
    if bool(cert_pem) != bool(key_pem):
        raise KubeconfigError(f'{path}: user "{user_name}" needs both a client certificate and its key')
    token_file = _text(user, "tokenFile")
    return KubeconfigContext(
        name=name,
        server=_text(cluster, "server"),
        namespace=_text(chosen, "namespace") or "default",
        user=user_name,
        ca_pem=read.data_or_file(cluster, "certificate-authority"),
        tls_server_name=_text(cluster, "tls-server-name"),
        insecure_skip_tls_verify=cluster.get("insecure-skip-tls-verify") is True,
        client_identity=KeyPair(cert_pem, key_pem) if cert_pem else None,
        token=token,
        token_file=path.parent / token_file if token_file else None,
    )


def transport_from_kubeconfig(path: Path, *, context: str = "") -> Http:
    """A connection to the cluster that a kubeconfig names. Raises KubeconfigError or OSError."""
    chosen = load_kubeconfig(path, context=context)
    tls = None
    if chosen.server.startswith("https:"):
        tls = client_context(
            ca_pem=chosen.ca_pem,
            identity=chosen.client_identity,
            insecure_skip_tls_verify=chosen.insecure_skip_tls_verify,
        )
    token: str | Callable[[], str] = chosen.token
    if not chosen.token and chosen.token_file is not None:
        token_file = chosen.token_file
        # Read anew each time: the kubelet renews a service account's token in place.
        token = lambda: token_file.read_text().strip()  # noqa: E731 - one of two values of the same variable
    try:
        return Http(chosen.server, tls=tls, token=token, tls_server_name=chosen.tls_server_name)
    except ValueError as error:
        raise KubeconfigError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    path: Path

    def data_or_file(self, section: Mapping[str, object], key: str) -> bytes:
        """`KEY-data` (base64) or the file that `KEY` names, relative to the kubeconfig; b"" for neither."""
        data = _text(section, f"{key}-data")
        if data:
            try:
                return base64.b64decode(data, validate=True)
            except binascii.Error as error:
                raise KubeconfigError(f"{self.path}: {key}-data is not base64: {error}") from error
        file = _text(section, key)
        return (self.path.parent / file).read_bytes() if file else b""


def _ask_program(path: Path, section: object) -> tuple[str, bytes, bytes]:
    """The token, or certificate and key, that a program gives: how clusters of cloud providers know people.

    The program is the user's own, named in the user's own kubeconfig; kubectl starts it just so.
    """
    from wherry.kit.process import run_blocking
    from wherry.kit.settings import environment

    assert isinstance(section, dict)
    arguments = [str(argument) for argument in section.get("args") or ()]
    given = {str(one["name"]): str(one["value"]) for one in section.get("env") or () if isinstance(one, dict)}
    version = _text(section, "apiVersion") or "client.authentication.k8s.io/v1"
    asked = {"apiVersion": version, "kind": "ExecCredential", "spec": {"interactive": False}}
    command = _text(section, "command")
    if "/" in command and not command.startswith("/"):
        command = str(path.parent / command)
    env = {**environment(), **given, "KUBERNETES_EXEC_INFO": json.dumps(asked)}
    try:
        done = run_blocking([command, *arguments], timeout_s=CREDENTIAL_S, env=env)
    except FileNotFoundError as error:
        hint = _text(section, "installHint")
        raise KubeconfigError(f"{path}: there is no program {command}{f'. {hint}' if hint else ''}") from error
    except TimeoutError as error:
        raise KubeconfigError(f"{path}: {error}") from error
    if done.exit_code:
        raise KubeconfigError(f"{path}: {command} gave no credentials: {done.message()}")
    try:
        status = json.loads(done.stdout)["status"]
        token, cert_pem, key_pem = (str(status.get(key, "")) for key in CREDENTIAL_KEYS)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KubeconfigError(f"{path}: {command} gave no ExecCredential") from error
    return token, cert_pem.encode(), key_pem.encode()


def _text(section: Mapping[str, object], key: str) -> str:
    value = section.get(key)
    return value if isinstance(value, str) else ""


def _entry(document: Mapping[str, object], path: Path, listing: str, name: str, field: str) -> Mapping[str, object]:
    entries = document.get(listing)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            content = entry.get(field)
            return content if isinstance(content, dict) else {}
    raise KubeconfigError(f'{path}: no "{name}" among its {listing}')
