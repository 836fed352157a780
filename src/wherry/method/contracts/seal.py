"""Signatures under contracts, which nobody can forge.

The API server says who asks for something, but it does not write that into custom resources. So a signature brings its
own proof: it is made with the private key of the certificate by which the cluster knows the user, and whoever reads it
checks it against the cluster's authority for clients. Who may write the object does not matter: not even an
administrator of the namespace can sign for somebody else. It covers one pair of digests, so that any edit un-signs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from wherry.api.method.signature import Signature, SignatureSpec
from wherry.kit.http.tls import KeyPair
from wherry.kit.signing import sign, signer
from wherry.method.contracts.moments import Moment, moment_of
from wherry.method.contracts.schema import canonical

PURPOSE = "wherry.dev/v1 agreement"


@dataclass(frozen=True, slots=True)
class Statement:
    """What is agreed to: this need and this promise, by one team."""

    consumer: str
    provider: str
    team: str
    api_digest: str
    need_digest: str

    def text(self) -> bytes:
        """The bytes that are signed."""
        fields = {
            "purpose": PURPOSE,
            "consumer": self.consumer,
            "provider": self.provider,
            "team": self.team,
            "apiDigest": self.api_digest,
            "needDigest": self.need_digest,
        }
        return canonical(fields).encode()


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that has proved true."""

    statement: Statement
    user: str
    moment: Moment

    @property
    def at(self) -> str:
        """When, as people read it."""
        return self.moment[0]


def seal(statement: Statement, user: str, identity: KeyPair) -> SignatureSpec:
    """Sign, with the key of `user`."""
    return SignatureSpec(
        consumer=statement.consumer,
        provider=statement.provider,
        team=statement.team,
        api_digest=statement.api_digest,
        need_digest=statement.need_digest,
        user=user,
        certificate=identity.cert_pem.decode(),
        signature=sign(identity, statement.text()),
    )


def believed(signatures: Iterable[Signature], ca_pems: tuple[bytes, ...]) -> list[Signed]:
    """Those signatures that prove themselves; the others count for nothing."""
    found = []
    for one in signatures:
        spec, at = one.spec, one.metadata.creation_timestamp
        statement = Statement(spec.consumer, spec.provider, spec.team, spec.api_digest, spec.need_digest)
        when = datetime.fromisoformat(at.replace("Z", "+00:00"))
        who = signer(statement.text(), spec.signature, spec.certificate.encode(), ca_pems=ca_pems, at=when)
        if who and who == spec.user:
            found.append(Signed(statement, who, moment_of(one.metadata)))
    return found
