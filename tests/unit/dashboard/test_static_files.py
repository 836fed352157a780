from __future__ import annotations

import pytest

from wherry.dashboard.static_files import FOLDER, STYLES, static_file


def test_every_file_of_the_pages_is_served_with_its_type() -> None:
    served = static_file("dashboard.css")
    assert served is not None
    assert served.content_type == "text/css; charset=utf-8"
    assert served.body == (FOLDER / "dashboard.css").read_bytes()
    assert STYLES[0] == "dashboard.css"


@pytest.mark.parametrize("name", ["", "nothing.js", "../app.py", "../../../../etc/passwd", "vendor", "versions.toml"])
def test_nothing_else_is_served(name: str) -> None:
    assert static_file(name) is None
