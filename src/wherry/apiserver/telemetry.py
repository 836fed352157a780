"""The API server's own numbers, under the names that Kubernetes gives them."""

from __future__ import annotations

from wherry.kit.metrics import CounterValue, HistogramValue, Registry
from wherry.store.interface import Store


class Telemetry:
    """Counts requests, times them, and shows how many watches are open."""

    def __init__(self, store: Store) -> None:
        """Shows `store`'s revision too."""
        self.registry = Registry()
        self._requests = self.registry.counter(
            "apiserver_request_total", "Requests by verb, resource and code.", ("verb", "group", "resource", "code")
        )
        self._durations = self.registry.histogram(
            "apiserver_request_duration_seconds",
            "Time to answer, without watches and streams.",
            ("verb", "group", "resource"),
        )
        self.watches = self.registry.gauge("apiserver_longrunning_requests", "Open watches.", ("group", "resource"))
        self.registry.gauge("wherry_store_revision", "The newest revision of the store.").labels().read_from(
            lambda: float(store.revision)
        )
        self._samples: dict[tuple[str, str, str, int], tuple[CounterValue, HistogramValue]] = {}

    def observe(self, verb: str, group: str, resource: str, code: int, duration_s: float) -> None:
        """Count one answered request."""
        key = (verb, group, resource, code)
        found = self._samples.get(key)
        if found is None:
            found = self._samples[key] = (
                self._requests.labels(verb, group, resource, str(code)),
                self._durations.labels(verb, group, resource),
            )
        counter, histogram = found
        counter.value += 1.0
        histogram.observe(duration_s)
