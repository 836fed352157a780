from __future__ import annotations

import pytest

from wherry.kit.linux import nft_library
from wherry.kit.linux.nft_library import load_nft_library


def test_a_script_with_a_mistake_gives_what_nft_says_about_it() -> None:
    library = load_nft_library()
    if library is None:
        pytest.skip("libnftables is not installed")
    # Parsing comes before anything that needs rights.
    assert "syntax error" in library.run("add nonsense\n")


def test_a_machine_without_the_library_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nft_library, "_LIBRARY", "libnosuch.so.1")
    assert load_nft_library() is None
