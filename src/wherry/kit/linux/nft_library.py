"""libnftables inside this process: what the program `nft` does, without starting a program each time (15 ms).

The library is the one that `nft` itself is made of, so every machine that has `nft` has it too.
"""

from __future__ import annotations

import ctypes

_LIBRARY = "libnftables.so.1"


class NftLibrary:
    """One connection to the kernel's rules. Its calls block for about a millisecond, one at a time."""

    def __init__(self, library: ctypes.CDLL, context: ctypes.c_void_p) -> None:
        """Made by `load_nft_library`."""
        self._library = library
        self._context = context

    def run(self, script: str) -> str:
        """Run a script as one transaction; "" when it has worked, otherwise what nft says about it."""
        if self._library.nft_run_cmd_from_buffer(self._context, script.encode()) == 0:
            return ""
        said: bytes = self._library.nft_ctx_get_error_buffer(self._context) or b""
        return said.decode(errors="replace").strip() or "nft refused"


def load_nft_library() -> NftLibrary | None:
    """The library, or None where it is not installed (or is another one than we know)."""
    try:
        library = ctypes.CDLL(_LIBRARY)
        library.nft_ctx_new.restype = ctypes.c_void_p
        library.nft_ctx_new.argtypes = [ctypes.c_uint32]
        library.nft_run_cmd_from_buffer.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        library.nft_run_cmd_from_buffer.restype = ctypes.c_int
        library.nft_ctx_get_error_buffer.argtypes = [ctypes.c_void_p]
        library.nft_ctx_get_error_buffer.restype = ctypes.c_char_p
        # Kept in memory: otherwise the library would write to our own standard output and error.
        for keep in (library.nft_ctx_buffer_output, library.nft_ctx_buffer_error):
            keep.argtypes = [ctypes.c_void_p]
    except (OSError, AttributeError):
        return None
    context = library.nft_ctx_new(0)
    if not context or library.nft_ctx_buffer_output(context) or library.nft_ctx_buffer_error(context):
        return None
    return NftLibrary(library, ctypes.c_void_p(context))
