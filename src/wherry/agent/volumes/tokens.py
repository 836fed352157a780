"""Service-account tokens for pods: asked for once, kept while fresh, replaced after 80 % of their life."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.agent.volumes.interface import Token, VolumeFailure
from wherry.api.core.pod import Pod
from wherry.api.core.serviceaccount import SERVICE_ACCOUNTS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.apimachinery.timestamps import parse_time
from wherry.client.client import Client
from wherry.kit.clock import Clock

# As the real kubelet: at 80 % of its life, and at least once a day.
REFRESH_SHARE = 0.8
REFRESH_LATEST_S = 24 * 3600.0

_Key = tuple[str, str, int]


@dataclass(slots=True)
class TokenSource:
    """volumes/interface.Tokens through the API server's TokenRequest. One per pod worker."""

    client: Client
    clock: Clock
    _tokens: dict[_Key, Token] = field(default_factory=dict)

    async def token(self, pod: Pod, audience: str, expiration_s: int) -> Token:
        """One for this pod, fresh enough. Raises VolumeFailure."""
        key = (pod.metadata.uid, audience, expiration_s)
        known = self._tokens.get(key)
        if known is not None and self.clock.now_s() < known.refresh_at_s:
            return known
        account = pod.spec.service_account_name or "default"
        try:
            answer = await self.client.create(
                SERVICE_ACCOUNTS,
                _request(pod, audience, expiration_s),
                pod.metadata.namespace,
                subresource="token",
                name=account,
            )
        except NotFound as error:
            raise VolumeFailure(f"failed to fetch token: {error.message}") from error
        except StatusError as error:
            if known is not None:
                return known  # old, and most likely still good; the next look tries again
            raise VolumeFailure(f"failed to fetch token: {error.message}") from error
        token = self._tokens[key] = self._read(answer)
        return token

    def _read(self, answer: Document) -> Token:
        status = answer.get("status")
        if not isinstance(status, dict) or not isinstance(status.get("token"), str):
            raise VolumeFailure("failed to fetch token: the API server's answer has no token")
        now_s = self.clock.now_s()
        life_s = parse_time(str(status["expirationTimestamp"])) - now_s
        return Token(status["token"], now_s + min(life_s * REFRESH_SHARE, REFRESH_LATEST_S))


def _request(pod: Pod, audience: str, expiration_s: int) -> Document:
    spec: Document = {
        "audiences": [audience] if audience else [],
        "expirationSeconds": expiration_s,
        "boundObjectRef": {
            "kind": "Pod",
            "apiVersion": "v1",
            "name": pod.metadata.name,
            "uid": pod.metadata.uid,
        },
    }
    return {"metadata": {"name": pod.spec.service_account_name or "default"}, "spec": spec}
