from __future__ import annotations

import os
import signal

from wherry.kit import process
from wherry.kit.linux.pidfd import ProcessIdentity, identify, send_signal, wait_for_end


async def test_exactly_the_named_process_is_signalled_and_waited_for() -> None:
    running = await process.spawn(["sleep", "100"])
    identity = identify(running.pid)
    assert identity is not None
    assert identity.is_alive()
    assert not send_signal(ProcessIdentity(identity.pid, identity.start_ticks + 1), signal.SIGKILL)
    assert send_signal(identity, signal.SIGTERM)
    await wait_for_end(identity)
    assert await running.wait() == -signal.SIGTERM
    assert not identity.is_alive()
    assert not send_signal(identity, signal.SIGTERM)
    await wait_for_end(identity)


def test_this_process_is_found_and_a_missing_one_is_none() -> None:
    mine = identify(os.getpid())
    assert mine is not None
    assert mine.pid == os.getpid()
    assert identify(2**22 + 1) is None
