"""One probe of one running container, again and again until cancelled.

Kubernetes looks once per period. A server that is still starting would then be taken as ready up to a
whole period late; so before the first success, a readiness or startup probe that failed is repeated
quickly (50, 100, 200 ms ... up to the period). These extra looks can only succeed: their failures
count neither towards failureThreshold nor as Events.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wherry.agent.pod_events import ProbeKind, ProbeResult
from wherry.agent.probes.interface import Outcome, ProbeTarget
from wherry.agent.probes.registry import handler_of
from wherry.api.core.container import Probe
from wherry.kit.clock import Clock

FIRST_RETRY_S = 0.05
MESSAGE_CHARS_MAX = 1024


@dataclass(slots=True)
class ProbeWorker:
    """Performs one probe and reports verdicts. `healthy` is what was known before (after an adoption)."""

    container: str
    kind: ProbeKind
    probe: Probe
    target: ProbeTarget
    clock: Clock
    report: Callable[[ProbeResult], None]
    running_for_s: float = 0.0
    healthy: bool | None = None
    _successes: int = 0
    _failures: int = 0

    async def run(self) -> None:
        """Probe until cancelled; a startup probe ends with its first verdict."""
        delay_s = (self.probe.initial_delay_seconds or 0) - self.running_for_s
        if delay_s > 0:
            await self.clock.sleep(delay_s)
        retry_s = FIRST_RETRY_S
        period_s = float(self.probe.period_seconds or 10)
        due_s = self.clock.monotonic_s()
        while True:
            now_s = self.clock.monotonic_s()
            counts = now_s >= due_s
            if counts:
                due_s = now_s + period_s
            outcome = await self._look()
            if outcome.ok or counts:
                self._judge(outcome)
            if self.kind == "startup" and self.healthy is not None:
                return
            left_s = max(0.0, due_s - self.clock.monotonic_s())
            if outcome.ok or self.kind == "liveness" or self.healthy is True:
                await self.clock.sleep(left_s)
            else:
                await self.clock.sleep(min(retry_s, left_s))
                retry_s = min(retry_s * 2, period_s)

    async def _look(self) -> Outcome:
        handler = handler_of(self.probe)
        if handler is None:
            return Outcome(ok=False, message="the probe's handler is not supported")
        kind, details = handler
        return await kind.probe(self.target, details, float(self.probe.timeout_seconds or 1), self.clock)

    def _judge(self, outcome: Outcome) -> None:
        if outcome.ok:
            self._successes, self._failures = self._successes + 1, 0
            if self._successes >= (self.probe.success_threshold or 1) and self.healthy is not True:
                self._decide(healthy=True, message="")
            return
        self._successes, self._failures = 0, self._failures + 1
        message = f"failed: {outcome.message[:MESSAGE_CHARS_MAX]}"
        if self._failures >= (self.probe.failure_threshold or 3) and self.healthy is not False:
            self._decide(healthy=False, message=message)
        else:
            self._tell(ok=False, message=message, decided=False)

    def _decide(self, *, healthy: bool, message: str) -> None:
        self.healthy = healthy
        self._tell(ok=healthy, message=message, decided=True)

    def _tell(self, *, ok: bool, message: str, decided: bool) -> None:
        self.report(ProbeResult(self.container, self.target.container_id, self.kind, ok, message, decided))
