"""A lock on an open file that the system drops with the process: flock, or on Windows its like."""

from __future__ import annotations

import contextlib
import sys

if sys.platform == "win32":
    import msvcrt
    import os

    # Far behind what is written: there a lock forbids reading as well.
    _PLACE = 1 << 30

    def try_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Take the lock if it is free; whether it was. A shared one is only looked at, and let go."""
        _ = os.lseek(descriptor, _PLACE, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            if shared:
                msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
        except OSError:
            return False
        finally:
            _ = os.lseek(descriptor, 0, os.SEEK_SET)
        return True

    def wait_until_free(descriptor: int) -> None:
        """Wait for whoever holds the lock; may take for ever."""
        _ = os.lseek(descriptor, _PLACE, os.SEEK_SET)
        while True:
            with contextlib.suppress(OSError):
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
                return

else:
    import fcntl

    def try_lock(descriptor: int, *, shared: bool = False) -> bool:
        """Take the lock if it is free (a shared one: if nobody has it alone); whether it was."""
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def wait_until_free(descriptor: int) -> None:
        """Wait for whoever holds the lock; may take for ever."""
        fcntl.flock(descriptor, fcntl.LOCK_SH)
