"""The API server, assembled: filters around handlers around the store.

A request passes, in this order: routing (what is asked for), authentication (by whom), the deadline,
authorization (may they), and then the handler of its verb or the function behind its path. Whatever
is raised on the way becomes a Status; warnings become headers; every answer is counted and timed.

`build_app` makes an ApiServer from its parts; the same `app` function serves TLS connections and the
components in this process. Whoever puts it behind a socket passes `wants_stream` too, or every body comes whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random

import orjson

from wherry.apimachinery.catalog import Catalog
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import MethodNotAllowed, RequestEntityTooLarge, StatusError
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apiserver.admission.chain import AdmissionChain
from wherry.apiserver.admission.interface import AdmissionEnvironment
from wherry.apiserver.admission.registry import admission_plugins
from wherry.apiserver.answers import refuse_unanswerable
from wherry.apiserver.authentication.bearer import BearerTokens
from wherry.apiserver.authentication.bootstrap_tokens import BootstrapTokens
from wherry.apiserver.authentication.discovery_documents import DiscoveryDocuments
from wherry.apiserver.authentication.service_account_tokens import ISSUER, ServiceAccountTokens
from wherry.apiserver.authorization.authorizers import Authorizers
from wherry.apiserver.component_statuses import computed_handler
from wherry.apiserver.custom_resources.keeper import CustomResources
from wherry.apiserver.deeds import PATH as DEEDS_PATH
from wherry.apiserver.deeds import answer_deeds
from wherry.apiserver.discovery import discovery_response
from wherry.apiserver.environment import ConnectNode, Environment, Handler
from wherry.apiserver.expiry import EVENT_TTL_S, Expiry
from wherry.apiserver.filters.authenticate import Authenticator
from wherry.apiserver.filters.authorize import authorize
from wherry.apiserver.filters.compress import compress
from wherry.apiserver.filters.deadline import check_timeout
from wherry.apiserver.filters.errors import with_errors
from wherry.apiserver.filters.impersonate import impersonate
from wherry.apiserver.filters.request_info import Routes
from wherry.apiserver.filters.warnings import add_warnings
from wherry.apiserver.generic_store import GenericStore
from wherry.apiserver.handlers.create import handle_create
from wherry.apiserver.handlers.delete import handle_delete
from wherry.apiserver.handlers.delete_collection import handle_delete_collection
from wherry.apiserver.handlers.get import handle_get
from wherry.apiserver.handlers.list import handle_list
from wherry.apiserver.handlers.patch import handle_patch
from wherry.apiserver.handlers.update import handle_update
from wherry.apiserver.handlers.watch import handle_watch
from wherry.apiserver.health import Health, text_answer
from wherry.apiserver.openapi import describe_ahead, openapi_response
from wherry.apiserver.protobuf_answers import ProtobufAnswers
from wherry.apiserver.representations import represent
from wherry.apiserver.request import ApiRequest, UserInfo
from wherry.apiserver.reviews import REVIEW_TYPES, review_handler
from wherry.apiserver.subresources.registry import BODY_STREAMS, STREAMS, handle_subresource, unstored_handler
from wherry.apiserver.telemetry import Telemetry
from wherry.apiserver.version import VersionInfo
from wherry.apiserver.watch_frames import WatchFrames
from wherry.kit.clock import Clock
from wherry.kit.http.types import App, Request, Response
from wherry.store.interface import Store, StoreBroken

VERBS: dict[str, Handler] = {
    "get": handle_get,
    "list": handle_list,
    "watch": handle_watch,
    "create": handle_create,
    "update": handle_update,
    "patch": handle_patch,
    "delete": handle_delete,
    "deletecollection": handle_delete_collection,
}
READ_VERBS = frozenset({"get", "list", "watch"})
BODY_BYTES_MAX = 3 * 1024 * 1024
NO_CACHE = ("Cache-Control", "no-cache, private")
_ROOT_PATHS = (
    "/.well-known/openid-configuration",
    "/api",
    "/api/v1",
    "/apis",
    "/apis/",
    "/metrics",
    "/metrics/slis",
    "/openapi/v2",
    "/openapi/v3",
    "/openapi/v3/",
    "/openid/v1/jwks",
    "/version",
)
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class ApiServerConfig:
    """What an API server is made of.

    `resource_types` are the stored kinds. Without key PEMs there are no service-account tokens. A
    server without `connect_node` answers requests for logs and exec with an error. Plugins named in
    `disabled_admission` do not run. Events that have not been written for `event_ttl_s` go.
    """

    store: Store
    clock: Clock
    random: Random
    resource_types: Iterable[AnyResourceType]
    service_cidr: str = "10.96.0.0/16"
    token_private_key_pem: bytes = b""
    token_public_key_pem: bytes = b""
    issuer: str = ISSUER
    token_lifetime_max_s: int = 0
    static_tokens: Mapping[str, UserInfo] = field(default_factory=dict)
    connect_node: ConnectNode | None = None
    version: VersionInfo = field(default_factory=VersionInfo)
    disabled_admission: frozenset[str] = frozenset()
    event_ttl_s: float = EVENT_TTL_S


class ApiServer:
    """Answers requests. `app` is the function that does; set `ready` once clients may come (after bootstrap).

    Kinds that users have declared are served after `custom_resources.load()`, and as long as its `run()` runs; what is
    short-lived goes as long as `expiry.run()` runs.
    """

    def __init__(
        self, environment: Environment, catalog: Catalog, authenticator: Authenticator, config: ApiServerConfig
    ) -> None:
        """Made by `build_app`."""
        self.environment = environment
        self.catalog = catalog
        self.custom_resources = CustomResources(environment.objects, catalog, environment.clock)
        self.expiry = Expiry(environment.store, environment.clock, catalog, config.event_ttl_s)
        self.ready = asyncio.Event()
        self.app: App = self._serve
        self._authenticator = authenticator
        self._issuer_documents = DiscoveryDocuments(config.issuer, config.token_public_key_pem)
        # What the store last said when it refused to write; a write that works clears it.
        self._store_trouble = ""
        self._routes = Routes(catalog)
        self._routes_revision = catalog.revision
        self._version = _shown(config.version.to_document())
        environment.components["etcd-0"] = lambda: self._store_trouble
        self._health = Health(
            live={"ping": lambda: "", "etcd": lambda: self._store_trouble},
            ready={"poststarthook/bootstrap": lambda: "" if self.ready.is_set() else "not finished"},
        )

    async def _serve(self, http: Request) -> Response:
        request = ApiRequest(http)
        clock, telemetry = self.environment.clock, self.environment.telemetry
        started_s = clock.monotonic_s()
        in_flight = telemetry.begin(http.method)
        try:
            response = await with_errors(self._answer, request)
        finally:
            in_flight.value -= 1.0
        represent(self.environment.protobuf, request, response)
        if "accept-encoding" in http.headers:
            await compress(request, response)
        if not _has_cache_rule(response):
            response.headers.append(NO_CACHE)
        if request.warnings:
            add_warnings(request, response)
        telemetry.observe(request, response.status, clock.monotonic_s() - started_s)
        return response

    def wants_stream(self, http: Request) -> bool:
        """Whether the route of a request reads its body as it comes; asked only while the body is still coming."""
        request = ApiRequest(http)
        try:
            self._current_routes().resolve(request)
        except StatusError:
            return False
        return request.subresource in BODY_STREAMS

    def _current_routes(self) -> Routes:
        if self._routes_revision != self.catalog.revision:
            self._routes, self._routes_revision = Routes(self.catalog), self.catalog.revision
        return self._routes

    async def _answer(self, request: ApiRequest) -> Response:
        request.user = await self._authenticator.authenticate(request)
        authorizer = self.environment.authorizer
        await authorizer.refresh()
        impersonate(authorizer, request)
        self._current_routes().resolve(request)
        check_timeout(request)
        if request.http.path == DEEDS_PATH:
            return await answer_deeds(self.environment.store, self.catalog, authorizer, request)
        if request.resource is not None:
            await authorizer.refresh_for(request.user, request.resource.plural)
        authorize(authorizer, request)
        if len(request.http.body) > BODY_BYTES_MAX:
            raise RequestEntityTooLarge(f"Request entity too large: limit is {BODY_BYTES_MAX}")
        resource = request.resource
        if resource is None:
            return await self._answer_path(request)
        if resource.deprecation_warning:
            request.warnings.append(resource.deprecation_warning)
        try:
            response = await self._handler(request, resource)(self.environment, request)
        except StoreBroken as error:
            self._store_trouble = str(error)
            raise
        if request.verb not in READ_VERBS:
            self._store_trouble = ""
        return response

    def _handler(self, request: ApiRequest, resource: AnyResourceType) -> Handler:
        if request.subresource.partition("/")[0] not in STREAMS:
            refuse_unanswerable(request)
        if request.subresource:
            return handle_subresource
        if request.verb == "create":
            return review_handler(resource) or unstored_handler(resource) or handle_create
        if "create" not in resource.verbs:
            return computed_handler(resource) or VERBS[request.verb]
        return VERBS[request.verb]

    async def _answer_path(self, request: ApiRequest) -> Response:
        """Paths that are no API objects: health, version, metrics, discovery, OpenAPI."""
        http = request.http
        if http.method != "GET":
            raise MethodNotAllowed
        health = self._health.answer(http)
        if health is not None:
            return health
        path = http.path.rstrip("/")
        if path == "/version":
            return Response(body=self._version)
        if path == "/metrics":
            return Response(content_type=METRICS_TYPE, body=self.environment.telemetry.registry.text().encode())
        if path == "/metrics/slis":
            return Response(content_type=METRICS_TYPE, body=self._health.service_levels().encode())
        response = discovery_response(http, self.catalog)
        if response is None and self.environment.tokens is not None:
            response = self._issuer_documents.answer(path)
        if response is None:
            await describe_ahead(http, self.catalog)
            response = openapi_response(http, self.catalog, self.environment.clock.now_s())
        if response is not None:
            return response
        if path.startswith(("/apis/", "/api/")):
            return text_answer("404 page not found\n", 404)
        return Response(200 if not path else 404, body=_shown({"paths": self._paths()}))

    def _paths(self) -> list[str]:
        """What GET / lists."""
        paths = list(_ROOT_PATHS)
        for group in self.catalog.groups():
            if group.group:
                paths.append(f"/apis/{group.group}")
                paths.extend(f"/apis/{group.group}/{version}" for version in group.versions)
        return sorted([*paths, *self._health.paths()])


def build_app(config: ApiServerConfig) -> ApiServer:
    """Make an API server; it serves at once, and is ready when `ready` is set."""
    tokens = None
    if config.token_public_key_pem:
        tokens = ServiceAccountTokens(
            config.store,
            config.clock,
            private_key_pem=config.token_private_key_pem,
            public_key_pem=config.token_public_key_pem,
            issuer=config.issuer,
            lifetime_max_s=config.token_lifetime_max_s,
        )
    bearer = BearerTokens(tokens, BootstrapTokens(config.store, config.clock), config.static_tokens)
    catalog = Catalog((*config.resource_types, *REVIEW_TYPES))
    authorizers = Authorizers(config.store)
    admission = AdmissionEnvironment(
        config.store, config.clock, config.random, config.service_cidr, authorizers, catalog
    )
    chain = AdmissionChain(admission_plugins(admission, config.disabled_admission))
    environment = Environment(
        store=config.store,
        objects=GenericStore(
            config.store, config.clock, config.random, chain, admission.writes, find_kind=catalog.by_kind
        ),
        admission=chain,
        clock=config.clock,
        random=config.random,
        authorizer=authorizers,
        tokens=tokens,
        bearer=bearer,
        connect_node=config.connect_node,
        frames=WatchFrames(),
        protobuf=ProtobufAnswers(config.clock),
        telemetry=Telemetry(config.store),
    )
    return ApiServer(environment, catalog, Authenticator(bearer, config.clock), config)


def _shown(document: Document) -> bytes:
    """What people look at with a browser: with line breaks, as a real API server writes it."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2)


def _has_cache_rule(response: Response) -> bool:
    headers = response.headers
    return bool(headers) and any(name.lower() in ("cache-control", "etag") for name, _ in headers)
