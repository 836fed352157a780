from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from wherry.kit.http.tls import KeyPair, client_context, server_context
from wherry.kit.pki import covers, create_ca, create_signing_key, issue, not_after, public_key_pem

CA = create_ca("wherry-ca")


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, host: str) -> ssl.SSLObject:
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(to_client, to_server, server_hostname=host),
        server.wrap_bio(to_server, to_client, server_side=True),
    ]
    waiting = list(ends)
    for _ in range(10):
        for end in list(waiting):
            try:
                end.do_handshake()
                waiting.remove(end)
            except ssl.SSLWantReadError:
                pass
        if not waiting:
            return ends[1]
    raise AssertionError("no handshake")


def strict(context: ssl.SSLContext) -> ssl.SSLContext:
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def test_both_sides_pass_the_strict_checks_of_python_3_13() -> None:
    server = issue(CA, "kube-apiserver", dns_names=["kubernetes.default.svc"], ips=["10.96.0.1"], server=True)
    client = issue(CA, "kubernetes-admin", organizations=["system:masters"], client=True)
    for host in ("kubernetes.default.svc", "10.96.0.1"):
        end = handshake(
            strict(server_context(server, client_ca_pem=CA.cert_pem)),
            strict(client_context(ca_pem=CA.cert_pem, identity=client)),
            host,
        )
        assert end.getpeercert()


def test_the_chain_passes_a_second_strict_verifier() -> None:
    leaf = issue(CA, "x", dns_names=["a.example"], server=True)
    store = Store([x509.load_pem_x509_certificate(CA.cert_pem)])
    verifier = PolicyBuilder().store(store).build_server_verifier(x509.DNSName("a.example"))
    assert len(verifier.verify(x509.load_pem_x509_certificate(leaf.cert_pem), [])) == 2


def test_a_certificate_says_where_it_is_good_and_for_how_long() -> None:
    leaf = issue(CA, "x", dns_names=["localhost"], ips=["127.0.0.1"], server=True, days=10)
    assert covers(leaf.cert_pem, dns_names=["localhost"], ips=["127.0.0.1"])
    assert not covers(leaf.cert_pem, ips=["10.0.0.1"])
    left = not_after(leaf.cert_pem) - datetime.now(UTC)
    assert timedelta(days=9.9) < left < timedelta(days=10.1)


def test_a_client_certificate_is_not_good_for_a_server() -> None:
    leaf = x509.load_pem_x509_certificate(issue(CA, "x", client=True).cert_pem)
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [oid.dotted_string for oid in usage] == ["1.3.6.1.5.5.7.3.2"]


def test_a_signing_key_signs_and_its_public_half_checks() -> None:
    import jwt

    key = create_signing_key()
    token = jwt.encode({"sub": "me"}, key, algorithm="ES256")
    assert jwt.decode(token, public_key_pem(key), algorithms=["ES256"]) == {"sub": "me"}


def test_a_key_pair_does_not_print_its_key() -> None:
    assert "PRIVATE" not in repr(KeyPair(b"cert", CA.key_pem))
