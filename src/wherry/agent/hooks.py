"""Lifecycle hooks: what a container wants done right after its start and right before its end."""

from __future__ import annotations

from wherry.agent.pod_events import HookDone, RunHook
from wherry.agent.probes.interface import Outcome, ProbeTarget
from wherry.agent.probes.registry import handler_of
from wherry.api.core.container import LifecycleHandler
from wherry.kit.clock import Clock

# A postStart hook has no deadline in Kubernetes; this only keeps a forgotten one from living for ever.
LONGEST_S = 24 * 3600.0


async def run_hook(instruction: RunHook, handler: LifecycleHandler, target: ProbeTarget, clock: Clock) -> HookDone:
    """Perform a hook once, and say how it went."""
    timeout_s = LONGEST_S if instruction.timeout_s is None else instruction.timeout_s
    outcome = await _perform(handler, target, timeout_s, clock)
    message = "" if outcome.ok else f"{_kind_of(handler)} hook failed: {outcome.message}".rstrip()
    return HookDone(instruction.container, instruction.container_id, instruction.hook, outcome.ok, message)


async def _perform(handler: LifecycleHandler, target: ProbeTarget, timeout_s: float, clock: Clock) -> Outcome:
    if handler.sleep is not None:
        await clock.sleep(min(float(handler.sleep.seconds), timeout_s))
        return Outcome(ok=True)
    found = handler_of(handler)
    if found is None:
        return Outcome(ok=False, message="the handler is not supported")
    kind, details = found
    return await kind.probe(target, details, timeout_s, clock)


def _kind_of(handler: LifecycleHandler) -> str:
    return "Exec lifecycle" if handler.exec is not None else "HTTP lifecycle"
