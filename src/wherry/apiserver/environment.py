"""What handlers work with: one bundle, made once when the server is assembled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from random import Random

from wherry.apiserver.admission.chain import AdmissionChain
from wherry.apiserver.authentication.bearer import BearerTokens
from wherry.apiserver.authentication.service_account_tokens import ServiceAccountTokens
from wherry.apiserver.authorization.authorizers import Authorizers
from wherry.apiserver.generic_store import GenericStore
from wherry.apiserver.health import Check
from wherry.apiserver.protobuf_answers import ProtobufAnswers
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.telemetry import Telemetry
from wherry.apiserver.watch_frames import WatchFrames
from wherry.kit.clock import Clock
from wherry.kit.http.types import App, Response
from wherry.store.interface import Store

ConnectNode = Callable[[str], Awaitable[App]]
"""Opens the way to a node's own API, by the node's name. Raises StatusError when there is none."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The server's parts.

    `components` are the masters' parts by name, each with a look at how it is; whoever starts one adds it.
    """

    store: Store
    objects: GenericStore
    admission: AdmissionChain
    clock: Clock
    random: Random
    authorizer: Authorizers
    tokens: ServiceAccountTokens | None
    bearer: BearerTokens
    connect_node: ConnectNode | None
    frames: WatchFrames
    protobuf: ProtobufAnswers
    telemetry: Telemetry
    components: dict[str, Check] = field(default_factory=dict)


Handler = Callable[[Environment, ApiRequest], Awaitable[Response]]
"""Answers one verb (or one subresource)."""
