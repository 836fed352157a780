"""A process that is worth nothing without the one that has started it ends with it.

Source: Linux, prctl(2), PR_SET_PDEATHSIG. The signal comes when the *thread* ends that has started the process.
"""

from __future__ import annotations

import signal
import sys

from wherry.kit.linux.syscalls import checked, libc

PR_SET_PDEATHSIG = 1


def end_with_parent() -> None:
    """Have this process killed as soon as its parent is gone, however that went. On other systems: nothing."""
    if sys.platform == "linux":
        _ = checked(libc().prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
