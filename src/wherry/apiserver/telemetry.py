"""The API server's own numbers, under the names and labels that Kubernetes gives them."""

from __future__ import annotations

from wherry.apiserver.request import ApiRequest
from wherry.kit.metrics import CounterValue, GaugeValue, HistogramValue, Registry
from wherry.kit.process_metrics import add_process_metrics
from wherry.store.interface import Store

_COMPONENT = "apiserver"
_WHAT = ("component", "group", "resource", "scope", "subresource", "verb", "version")
# As upstream: the verb in metrics is HTTP's, but for reading many, watching and connecting.
_VERBS = {
    "create": "POST",
    "update": "PUT",
    "delete": "DELETE",
    "deletecollection": "DELETE",
    "patch": "PATCH",
    "get": "GET",
    "list": "LIST",
    "watch": "WATCH",
}
_CONNECTING = frozenset(("attach", "exec", "log", "portforward", "proxy"))
_APPLY_TYPE = "application/apply-patch+yaml"

# Kubernetes' own, in seconds, from 5 ms to a minute.
DURATION_BUCKETS_S = (
    0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0,
    45.0, 60.0,
)  # fmt: skip


class Telemetry:
    """Counts requests, times them, and shows how many are being answered."""

    def __init__(self, store: Store) -> None:
        """Shows `store`'s revision too."""
        self.registry = Registry()
        self._requests = self.registry.counter(
            "apiserver_request_total",
            "[STABLE] Requests by verb, what they are about, whether they are dry runs, and HTTP code.",
            ("code", "component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version"),
        )
        self._durations = self.registry.histogram(
            "apiserver_request_duration_seconds",
            "[STABLE] Seconds until the answer begins, by verb and what the requests are about.",
            ("component", "dry_run", "group", "resource", "scope", "subresource", "verb", "version"),
            DURATION_BUCKETS_S,
        )
        self._long_running = self.registry.gauge(
            "apiserver_longrunning_requests", "[STABLE] Open watches and other streams.", _WHAT
        )
        in_flight = self.registry.gauge(
            "apiserver_current_inflight_requests", "[STABLE] Requests being answered now.", ("request_kind",)
        )
        self._reading, self._mutating = in_flight.labels("readOnly"), in_flight.labels("mutating")
        self.registry.gauge("wherry_store_revision", "The newest revision of the store.").labels().read_from(
            lambda: float(store.revision)
        )
        add_process_metrics(self.registry)
        self._samples: dict[tuple[object, ...], tuple[CounterValue, HistogramValue]] = {}

    def begin(self, method: str) -> GaugeValue:
        """Count a request that is being answered; whoever answers counts it off again."""
        gauge = self._reading if method == "GET" else self._mutating
        gauge.value += 1.0
        return gauge

    def observe(self, request: ApiRequest, code: int, duration_s: float) -> None:
        """Count one answered request."""
        resource, query = request.resource, request.http.query
        if resource is None or "dryRun" in query or request.verb == "patch":
            # Rare, and told apart by more than the key says.
            self._count(self._values(request, code), duration_s)
            return
        scope = (bool(request.name), bool(request.namespace))
        key = (request.verb, resource.group, resource.version, resource.plural, request.subresource, scope, code)
        found = self._samples.get(key)
        if found is None:
            if len(self._samples) > _SAMPLES_MAX:
                self._samples.clear()
            found = self._samples[key] = self._values(request, code)
        self._count(found, duration_s)

    def long_running(self, request: ApiRequest) -> GaugeValue:
        """How many streams like this one are open."""
        return self._long_running.labels(*self._what(request))

    def _count(self, values: tuple[CounterValue, HistogramValue], duration_s: float) -> None:
        counter, histogram = values
        counter.value += 1.0
        histogram.observe(duration_s)

    def _values(self, request: ApiRequest, code: int) -> tuple[CounterValue, HistogramValue]:
        component, *what = self._what(request)
        dry_run = "All" if "dryRun" in request.http.query and request.query.get("dryRun") == "All" else ""
        return (
            self._requests.labels(str(code), component, dry_run, *what),
            self._durations.labels(component, dry_run, *what),
        )

    def _what(self, request: ApiRequest) -> tuple[str, ...]:
        """The values of _WHAT."""
        resource = request.resource
        if resource is None:
            # The path of anybody would be a value for anything; only the first part is told.
            return (_COMPONENT, "", "", "", _root_of(request.http.path), request.http.method, "")
        scope = "cluster"
        if request.name or request.verb == "create":
            scope = "resource"
        elif request.namespace:
            scope = "namespace"
        subresource = request.subresource.partition("/")[0]
        return (_COMPONENT, resource.group, resource.plural, scope, subresource, _verb(request), resource.version)


_SAMPLES_MAX = 10_000
_ROOTS = frozenset(("/api", "/apis", "/healthz", "/livez", "/metrics", "/openapi", "/readyz", "/version"))


def _root_of(path: str) -> str:
    root = "/" + path.strip("/").partition("/")[0]
    return root if root in _ROOTS else ""


def _verb(request: ApiRequest) -> str:
    if request.subresource.partition("/")[0] in _CONNECTING:
        return "CONNECT"
    if request.verb == "patch" and request.http.headers.get("content-type", "").startswith(_APPLY_TYPE):
        return "APPLY"
    return _VERBS.get(request.verb, request.http.method)
