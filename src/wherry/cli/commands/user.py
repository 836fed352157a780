"""`wherry user ...`: named users of the cluster, each with a certificate and a kubeconfig of its own.

Everything goes through the API that any cluster has: a CertificateSigningRequest, approved and signed, and a role
binding. The private key is made here and never leaves this machine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.connection import with_client
from wherry.cli.consent import ask_first, yes_option
from wherry.cli.look import give_data, output_option
from wherry.cli.output import Trouble, note, say, table
from wherry.cluster.data_dir import DataDir

if TYPE_CHECKING:
    from wherry.apimachinery.document import Document
    from wherry.client.client import Client

SIGNER = "kubernetes.io/kube-apiserver-client"
LABEL = "wherry.dev/user"
DAYS = 365
SIGNED_WITHIN_S = 15.0
RBAC = "rbac.authorization.k8s.io"
# Short words for roles that Kubernetes does not have by itself (method/contracts/catalogue.py makes them).
ROLES = {"agree": "wherry:contracts:agree"}


@click.group()
def command() -> None:
    """Give people their own access: add, list and remove named users."""


@command.command("add")
@click.argument("name")
@click.option("--group", "groups", multiple=True, help="A group of the user; may be given several times.")
@click.option("--role", help="A cluster role: view, agree (sign, comment), edit, admin, cluster-admin or your own.")
@click.option("--namespace", "-n", help="Give the role in this namespace only.")
@click.option("--days", default=DAYS, show_default=True, type=click.IntRange(1, DAYS), help="How long it is good.")
@click.pass_obj
def add(
    data_dir: DataDir, name: str, groups: tuple[str, ...], role: str | None, namespace: str | None, days: int
) -> None:
    """Make a user, or give one a new certificate, and write its kubeconfig."""
    _check_names(name, groups)

    async def make(client: Client) -> tuple[bytes, bytes]:
        identity = await _certificate(client, name, groups, days)
        if role:
            await _bind(client, name, role, namespace or "")
        return identity

    key_pem, cert_pem = with_client(None, data_dir, make)
    path = _write_kubeconfig(data_dir, name, key_pem, cert_pem, namespace or "")
    say(str(path))
    where = f"in the namespace {namespace}" if namespace else "in the whole cluster"
    note(f"   {name} has the role {role} {where}." if role else f"   {name} has what its groups have, and no more.")
    life = "a day" if days == 1 else f"{days} days"
    note(f"   Good for {life}. Hand over this file, and only this file: it holds the private key.")


@command.command("list")
@output_option
@click.pass_obj
def list_(data_dir: DataDir, output: str | None) -> None:
    """The users whose kubeconfigs are here, with their groups and roles."""
    names = _known(data_dir)
    roles = with_client(None, data_dir, _roles_by_user) if names else {}
    rows = []
    for name in names:
        groups, ends = _certificate_of(data_dir, name)
        left = "ended" if ends < datetime.now(UTC) else f"{ends:%Y-%m-%d}"
        rows.append((name, ",".join(groups) or "-", left, ", ".join(roles.get(name, ())) or "-"))
    header = ("USER", "GROUPS", "GOOD UNTIL", "ROLES")
    if output is not None:
        keys = ("name", "groups", "goodUntil", "roles")
        give_data(output, [dict(zip(keys, row, strict=True)) for row in rows], names)
        return
    if not rows:
        say("No users yet.")
        say("Next: wherry user add NAME --role view")
        return
    say("There is 1 user." if len(rows) == 1 else f"There are {len(rows)} users.")
    table(header, rows)
    say(f"Next: wherry open --user {names[0]}")


@command.command("remove")
@click.argument("user")
@yes_option
@click.pass_obj
def remove(data_dir: DataDir, user: str, yes: bool) -> None:
    """Take a user's roles back and delete its kubeconfig; its certificate stays good until it ends."""
    name = user
    if name not in _known(data_dir):
        raise Trouble(f"there is no user {name} here", remedy="wherry user list shows who is there")
    ask_first(f"Removing the user {name}, with the only key,", yes=yes)
    groups, ends = _certificate_of(data_dir, name)
    removed, left = with_client(None, data_dir, lambda client: _unbind(client, name))
    data_dir.user_kubeconfig(name).unlink()
    say(f"{name} is removed" + (f", with its roles: {', '.join(removed)}." if removed else "."))
    note(f"   A certificate cannot be revoked: whoever has a copy of it can be {name} until {ends:%Y-%m-%d %H:%M} UTC,")
    note("   with what is still bound to that name and to its groups, which is now:")
    for line in (*left, *(f"whatever the group {group} has" for group in groups)):
        note(f"     {line}")
    if not left and not groups:
        note("     nothing but looking at which APIs there are")
    note("   To be sure, take those bindings away too; or give the whole cluster a new authority, which ends every")
    note(f"   certificate and kubeconfig at once: wherry down; rm -r {data_dir.pki}; wherry up")
    say("Next: wherry user list")


def _check_names(name: str, groups: Iterable[str]) -> None:
    if not name or "/" in name or name.startswith((".", "system:")) or len(name) > 64:
        raise Trouble(
            f'"{name}" cannot be a user\'s name', remedy="up to 64 characters, no slash, not beginning with system:"
        )
    for group in groups:
        if not group or group.startswith("system:"):
            raise Trouble(
                f'the group "{group}" cannot be given',
                remedy="names with system: in front are Kubernetes' own; an administrator is --role cluster-admin",
            )


async def _certificate(client: Client, name: str, groups: tuple[str, ...], days: int) -> tuple[bytes, bytes]:
    """A new key and its certificate, by a request that is approved here and signed by the cluster."""
    import base64

    from wherry.api.certificates.certificatesigningrequest import CERTIFICATE_SIGNING_REQUESTS
    from wherry.kit.certificate_requests import make_request

    key_pem, request_pem = make_request(name, organizations=groups)
    spec: Document = {
        "request": base64.b64encode(request_pem).decode(),
        "signerName": SIGNER,
        "usages": ["client auth", "digital signature"],
        "expirationSeconds": days * 24 * 3600,
    }
    created = await client.create(CERTIFICATE_SIGNING_REQUESTS, {"metadata": {"generateName": "user-"}, "spec": spec})
    document = await client.get_document(CERTIFICATE_SIGNING_REQUESTS, created.metadata.name)
    approval: Document = {"type": "Approved", "status": "True", "reason": "WherryUserAdd", "message": f"user {name}"}
    document["status"] = {"conditions": [approval]}
    await client.update_document(CERTIFICATE_SIGNING_REQUESTS, document, subresource="approval")
    certificate = await _signed(client, created.metadata.name)
    return key_pem, base64.b64decode(certificate)


async def _signed(client: Client, request: str) -> str:
    from contextlib import aclosing

    from wherry.api.certificates.certificatesigningrequest import CERTIFICATE_SIGNING_REQUESTS

    try:
        async with asyncio.timeout(SIGNED_WITHIN_S):
            events = client.watch(CERTIFICATE_SIGNING_REQUESTS, field_selector=f"metadata.name={request}")
            async with aclosing(events) as watch:
                async for event in watch:
                    thing = event.object
                    if thing is None:
                        continue
                    if thing.status.certificate:
                        return thing.status.certificate
                    failed = thing.condition("Failed")
                    if failed is not None:
                        raise Trouble(
                            f"the cluster does not sign the certificate: {failed.message}",
                            remedy=f"wherry kubectl describe csr {request}",
                        )
    except TimeoutError as error:
        raise Trouble(f"nobody has signed the request {request}", remedy="wherry status", exit_code=5) from error
    raise Trouble(f"the request {request} is gone before it was signed", remedy="wherry user add once more")


async def _bind(client: Client, name: str, role: str, namespace: str) -> None:
    from wherry.api.rbac.clusterrole import CLUSTER_ROLES
    from wherry.api.rbac.clusterrolebinding import CLUSTER_ROLE_BINDINGS
    from wherry.api.rbac.rolebinding import ROLE_BINDINGS
    from wherry.apimachinery.errors import AlreadyExists, NotFound
    from wherry.apimachinery.names import label_value

    role = ROLES.get(role, role)
    try:
        _ = await client.get(CLUSTER_ROLES, role)
    except NotFound as error:
        remedy = "wherry contract setup" if role in ROLES.values() else "wherry kubectl get clusterroles"
        raise Trouble(f"there is no cluster role {role}", remedy=remedy) from error
    labels: Document = {} if label_value(name) else {LABEL: name}
    binding: Document = {
        "metadata": {"name": f"user:{name}:{role}", "labels": labels},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": role},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": name}],
    }
    kind = ROLE_BINDINGS if namespace else CLUSTER_ROLE_BINDINGS
    try:
        _ = await client.create(kind, binding, namespace)
    except AlreadyExists:
        return


async def _bindings(client: Client) -> list[tuple[str, str, str, tuple[str, ...]]]:
    """Every binding: namespace, name, role, and the users that it names."""
    from wherry.api.rbac.clusterrolebinding import CLUSTER_ROLE_BINDINGS, ClusterRoleBinding
    from wherry.api.rbac.rolebinding import ROLE_BINDINGS, RoleBinding

    found: list[ClusterRoleBinding | RoleBinding] = [*(await client.list(CLUSTER_ROLE_BINDINGS)).items]
    found += (await client.list(ROLE_BINDINGS)).items
    return [
        (
            one.metadata.namespace,
            one.metadata.name,
            one.role_ref.name,
            tuple(subject.name for subject in one.subjects if subject.kind == "User"),
        )
        for one in found
    ]


async def _roles_by_user(client: Client) -> dict[str, list[str]]:
    roles: dict[str, list[str]] = {}
    for namespace, _, role, users in await _bindings(client):
        for user in users:
            roles.setdefault(user, []).append(f"{role} in {namespace}" if namespace else role)
    return roles


async def _unbind(client: Client, name: str) -> tuple[list[str], list[str]]:
    """Remove the bindings that `wherry user add` has made: what they gave, and what other bindings still give."""
    from wherry.api.rbac.clusterrolebinding import CLUSTER_ROLE_BINDINGS
    from wherry.api.rbac.rolebinding import ROLE_BINDINGS

    removed, left = [], []
    for namespace, binding, role, users in await _bindings(client):
        if name not in users:
            continue
        given = f"{role} in {namespace}" if namespace else role
        if binding == f"user:{name}:{role}" and users == (name,):
            kind = ROLE_BINDINGS if namespace else CLUSTER_ROLE_BINDINGS
            _ = await client.delete(kind, binding, namespace)
            removed.append(given)
        else:
            left.append(f"{given}, by the binding {binding}")
    return removed, left


def _write_kubeconfig(data_dir: DataDir, name: str, key_pem: bytes, cert_pem: bytes, namespace: str) -> Path:
    from wherry.client.kubeconfig import load_kubeconfig, write_kubeconfig
    from wherry.kit.files import give_to_owner_of
    from wherry.kit.http.tls import KeyPair

    own = load_kubeconfig(data_dir.kubeconfig)
    path = data_dir.user_kubeconfig(name)
    path.parent.mkdir(exist_ok=True, mode=0o700)
    write_kubeconfig(
        path,
        server=own.server,
        ca_pem=own.ca_pem,
        user=name,
        client_identity=KeyPair(cert_pem, key_pem),
        context=f"{name}@wherry",
        namespace=namespace,
    )
    give_to_owner_of(data_dir.root, path.parent, path)
    return path


def _known(data_dir: DataDir) -> list[str]:
    return sorted(file.name.removesuffix(".kubeconfig") for file in data_dir.users.glob("*.kubeconfig"))


def _certificate_of(data_dir: DataDir, name: str) -> tuple[tuple[str, ...], datetime]:
    """The groups in a user's certificate, and when it ends."""
    from wherry.client.kubeconfig import load_kubeconfig
    from wherry.kit import pki

    identity = load_kubeconfig(data_dir.user_kubeconfig(name)).client_identity
    if identity is None:
        raise Trouble(f"{data_dir.user_kubeconfig(name)} holds no certificate", remedy=f"wherry user add {name}")
    return pki.organizations(identity.cert_pem), pki.not_after(identity.cert_pem)
