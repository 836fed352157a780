"""The numbers of all parts of the masters, on one page: whether each is ready, its queue, and when it last decided.

They stand beside the API server's own at GET /metrics; the dashboard's command center is drawn from them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from wherry.kit.component import Component, Measured
from wherry.kit.metrics import Registry
from wherry.reconcile.journal import Decision, Journal


def measure(registry: Registry, components: Iterable[Component], journal: Journal) -> None:
    """Add the numbers of these parts, and of what they decide, to `registry`."""
    ready = registry.gauge("wherry_component_ready", "1: this part does its job, 0: not (any more).", ("name",))
    for component in components:
        ready.labels(component.name).read_from(partial(_is_ready, component))
        if isinstance(component, Measured):
            component.measure(registry)
    decided = registry.counter("wherry_decisions_total", "What was decided and done, by who did it.", ("name",))
    last = registry.gauge("wherry_last_decision_timestamp_seconds", "When each last decided something.", ("name",))

    def count(decision: Decision) -> None:
        decided.labels(decision.component).inc()
        last.labels(decision.component).set(decision.time_s)

    _ = journal.subscribe(count)


def _is_ready(component: Component) -> float:
    return 1.0 if component.ready.is_set() else 0.0
