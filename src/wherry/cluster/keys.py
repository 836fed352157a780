"""The cluster's keys at work for the controllers, which never see them."""

from __future__ import annotations

from wherry.apiserver.authentication.service_account_tokens import BoundObject, ServiceAccountTokens
from wherry.client.client import Client
from wherry.cluster.credentials import Credentials
from wherry.controllers.registry import Keys
from wherry.kit import pki
from wherry.kit.certificate_requests import sign_request
from wherry.kit.clock import Clock
from wherry.store.interface import Store


def controllers_keys(credentials: Credentials, store: Store, clock: Clock, client: Client) -> Keys:
    """What controllers may have signed."""
    tokens = ServiceAccountTokens(
        store,
        clock,
        private_key_pem=credentials.token_key_pem,
        public_key_pem=pki.public_key_pem(credentials.token_key_pem),
    )

    def make_token(namespace: str, account: str, uid: str, secret: str) -> str:
        return tokens.make_legacy(namespace, BoundObject(account, uid), secret)

    def sign(request_pem: bytes, usages: tuple[str, ...], lifetime_s: float, now_s: float) -> bytes:
        return sign_request(credentials.ca, request_pem, usages, lifetime_s=lifetime_s, now_s=now_s)

    return Keys(make_token, sign, client)
