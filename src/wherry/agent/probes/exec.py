"""exec: a command in the container; exit code 0 means well."""

from __future__ import annotations

from wherry.agent.probes.interface import Outcome, ProbeTarget, ProbeType
from wherry.api.core.container import ExecAction
from wherry.kit.clock import Clock
from wherry.runtime.interface import DeadlineExceeded, RuntimeFailure

OUTPUT_CHARS_MAX = 10 * 1024


async def _probe(target: ProbeTarget, handler: object, timeout_s: float, clock: Clock) -> Outcome:
    del clock  # the runtime keeps the time: it has to kill the command
    assert isinstance(handler, ExecAction)
    try:
        result = await target.exec_sync(target.container_id, handler.command, timeout_s)
    except DeadlineExceeded:
        return Outcome(
            ok=False, message=f'command timed out: "{" ".join(handler.command)}" timed out after {timeout_s:g}s'
        )
    except RuntimeFailure as error:
        return Outcome(ok=False, message=str(error))
    output = (result.stdout + result.stderr)[:OUTPUT_CHARS_MAX].decode("utf-8", "replace")
    return Outcome(ok=result.exit_code == 0, message=output)


EXEC = ProbeType("exec", _probe)
