"""A program that has just started is not ready yet, and that is no trouble. Pure.

Nodes ask a container from its first second whether it is ready, and each "no" is an Event of type Warning. Within
`PATIENCE_S` of its start such a no only says that it still starts; later, or from a liveness probe, it is trouble.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from wherry.api.core.event_parts import Event

PATIENCE_S = 30.0
"""For so long after its start a container may say that it is not ready, before somebody should look."""

# Events that are counted together tell their time to the second.
BLUR_S = 1.0
EARLY_PROBES = ("Readiness probe failed", "Startup probe failed")


class Starts:
    """When each container was started last, as far as the Events have told. `see` them in their order."""

    def __init__(self, moment: Callable[[Event], float]) -> None:
        """`moment` tells when an Event happened, in seconds since 1970."""
        self._moment = moment
        self._started_s: dict[Hashable, float] = {}

    def see(self, event: Event) -> bool:
        """Whether this Event only says that a container still starts."""
        about = event.involved_object
        container = (about.namespace, about.name, about.field_path)
        if event.reason == "Started":
            self._started_s[container] = self._moment(event)
            return False
        if event.reason != "Unhealthy" or not event.message.startswith(EARLY_PROBES):
            return False
        started_s = self._started_s.get(container)
        return started_s is not None and -BLUR_S <= self._moment(event) - started_s <= PATIENCE_S
