"""What goes wrong with registries, in the words that kubelet and containerd have for it, each with its way out."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from enum import Enum

import msgspec

from wherry.runtime.images.reference import Reference
from wherry.runtime.interface import RuntimeFailure
from wherry.runtime.registry.endpoints import Endpoint

WORDS_CHARS_MAX = 300
"""Of what a registry says: the rest is noise, and not ours."""


class Cause(Enum):
    """What kind of trouble it is."""

    NOT_FOUND = "not found"
    DENIED = "denied"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TOO_MANY = "too many requests"
    BROKEN = "broken"


NO_ANSWER = (Cause.UNREACHABLE, Cause.CERTIFICATE)
"""Nobody has said anything about the image yet."""


class RegistryFailure(RuntimeFailure):
    """A registry did not give or take an image: `what` happened, and the `remedy`; the message has both."""

    def __init__(self, what: str, remedy: str, cause: Cause = Cause.BROKEN) -> None:
        """`what` has no full stop at its end, `remedy` is what to do, in the imperative."""
        super().__init__(f"{what} ({remedy})")
        self.what = what
        self.remedy = remedy
        self.cause = cause


class _Trouble(msgspec.Struct, frozen=True):
    code: str = ""
    message: str = ""


class _Troubles(msgspec.Struct, frozen=True):
    errors: tuple[_Trouble, ...] = ()
    message: str = ""
    details: str = ""


def server_message(body: bytes) -> str:
    """What a registry's answer says, on one line; "" when it says nothing that can be read."""
    try:
        troubles = msgspec.json.decode(body, type=_Troubles)
    except (msgspec.DecodeError, RecursionError):
        return ""
    said = [f"{one.code.lower()}: {one.message}" if one.code else one.message for one in troubles.errors]
    words = "; ".join(said) or troubles.message or troubles.details
    return "".join(c if c.isprintable() else " " for c in words)[:WORDS_CHARS_MAX].strip()


@dataclass(frozen=True, slots=True)
class About:
    """What is being done with an image: pulled, or pushed. Texts begin with it, and some remedies depend on it."""

    reference: Reference
    pushes: bool = False

    @property
    def name(self) -> str:
        """The image's full name."""
        return full_name(self.reference)

    @property
    def begin(self) -> str:
        """How containerd begins such a sentence."""
        if self.pushes:
            return f'failed to push image "{self.name}"'
        return f'failed to pull and unpack image "{self.name}": failed to resolve reference "{self.name}"'


def full_name(reference: Reference) -> str:
    """The name with tag and digest."""
    tag = f":{reference.tag}" if reference.tag else ""
    return f"{reference.repository}{tag}" + (f"@{reference.digest}" if reference.digest else "")


def not_found(about: About, endpoint: Endpoint) -> RegistryFailure:
    """The registry has no such image, or no place for it."""
    if about.pushes:
        return RegistryFailure(
            f"{about.begin}: {endpoint.url} has no place for it: not found",
            "is this a registry? Some want the repository to be made there first",
            Cause.NOT_FOUND,
        )
    return RegistryFailure(
        f"{about.begin}: {about.name}: not found",
        f"{endpoint.url} has no such image: check its name and tag; or bring it here: wherry image build or import",
        Cause.NOT_FOUND,
    )


def denied(about: About, endpoint: Endpoint, words: str, *, had_credentials: bool) -> RegistryFailure:
    """The registry wants to know who we are, or knows and does not let us."""
    told = f": server message: {words}" if words else ""
    verb = (
        "push access denied, this user may not write there"
        if about.pushes
        else "pull access denied, repository does not exist"
    )
    what = f"{about.begin}: {verb} or may require authorization{told}"
    return RegistryFailure(what, _way_in(about, endpoint, had_credentials=had_credentials), Cause.DENIED)


def _way_in(about: About, endpoint: Endpoint, *, had_credentials: bool) -> str:
    if had_credentials:
        return f"{endpoint.url} does not take these credentials, or has no such image: check both"
    if about.pushes:
        return f"log in first: docker login {about.reference.registry}; it writes ~/.docker/config.json"
    return (
        f"check the name; when the image is private, give {endpoint.authority} credentials: "
        "kubectl create secret docker-registry, and imagePullSecrets in the pod or its service account"
    )


def too_many(about: About, endpoint: Endpoint, words: str) -> RegistryFailure:
    """The registry has had enough of us for a while."""
    told = f" - Server message: {words}" if words else ""
    return RegistryFailure(
        f"{about.begin}: unexpected status from {endpoint.url}: 429 Too Many Requests{told}",
        "it is tried again later; with credentials (imagePullSecrets) more is allowed, and a mirror needs none of it: "
        "WHERRY_REGISTRY_MIRRORS",
        Cause.TOO_MANY,
    )


def unexpected(about: About, endpoint: Endpoint, status: int, words: str) -> RegistryFailure:
    """An answer that nobody asked for."""
    told = f" - Server message: {words}" if words else ""
    return RegistryFailure(
        f"{about.begin}: unexpected status from {endpoint.url}: {status}{told}",
        "it is tried again later; the registry's own log says why" if status >= 500 else "is this a registry?",
        Cause.UNREACHABLE if status >= 500 else Cause.BROKEN,
    )


def unreachable(about: About, endpoint: Endpoint, error: BaseException) -> RegistryFailure:
    """No connection, or none that can be trusted."""
    root = _root(error)
    begin = f'{about.begin}: failed to do request to "{endpoint.url}"'
    if isinstance(root, ssl.SSLCertVerificationError):
        why = {
            "self-signed certificate": "certificate signed by unknown authority",
            "unable to get local issuer certificate": "certificate signed by unknown authority",
            "certificate has expired": "certificate has expired",
        }.get(root.verify_message, root.verify_message.lower().rstrip("."))
        registry = about.reference.registry
        return RegistryFailure(
            f"{begin}: tls: failed to verify certificate: x509: {why}",
            f"say who signs it when the cluster starts: WHERRY_REGISTRY_CA={registry}=FILE.pem wherry up; "
            f"or trust it unchecked: WHERRY_REGISTRY_INSECURE={registry}",
            Cause.CERTIFICATE,
        )
    if isinstance(root, ssl.SSLError):
        return RegistryFailure(
            f"{begin}: tls: {_ssl_words(root)}",
            f"does it speak plain HTTP? Then: WHERRY_REGISTRY_INSECURE={about.reference.registry} wherry up",
            Cause.CERTIFICATE,
        )
    if isinstance(root, socket.gaierror):
        return RegistryFailure(
            f"{begin}: dial tcp: lookup {endpoint.host}: no such host",
            "check the registry in the image's name, and this machine's network; behind a proxy set HTTPS_PROXY; "
            "or bring the image here: wherry image import FILE",
            Cause.UNREACHABLE,
        )
    if isinstance(root, ConnectionRefusedError):
        what, remedy = "connect: connection refused", f"does the registry at {endpoint.authority} run?"
    elif isinstance(root, TimeoutError) or "within" in str(error):
        what, remedy = "i/o timeout", "check this machine's network; behind a proxy set HTTPS_PROXY"
    else:
        what, remedy = str(error), "it is tried again later; check the network, and whether the registry runs"
    return RegistryFailure(f"{begin}: dial tcp {endpoint.authority}: {what}", remedy, Cause.UNREACHABLE)


def _ssl_words(error: ssl.SSLError) -> str:
    return (error.reason or str(error)).lower().replace("_", " ")


def _root(error: BaseException) -> BaseException:
    """Where a chain of errors began."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error
