"""The system calls that Python 3.11 has no function for, with errors as OSError.

Kept to what `mounts`, `namespaces` and `inotify` need. The C library releases the interpreter lock
around each call, so a slow mount does not stop the event loop when it runs in a thread.
"""

from __future__ import annotations

import ctypes
import os
from functools import lru_cache


@lru_cache(maxsize=1)
def libc() -> ctypes.CDLL:
    """The C library, loaded once."""
    return ctypes.CDLL(None, use_errno=True)


def checked(result: int, about: str) -> int:
    """Give `result` back, or raise what the call left in errno; `about` is named in the error."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), about)
    return result


def encoded(text: str | os.PathLike[str] | None) -> bytes | None:
    """A path or word as the kernel takes it."""
    return None if text is None else os.fsencode(text)
