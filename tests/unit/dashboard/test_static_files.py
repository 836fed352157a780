from __future__ import annotations

import hashlib
import tomllib

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


def test_what_others_have_made_is_unchanged_and_has_its_license() -> None:
    vendor = FOLDER / "vendor"
    packages = tomllib.loads((vendor / "versions.toml").read_text())["package"]
    hashes = {name: digest for package in packages for name, digest in package["sha256"].items()}
    assert {file.name for file in vendor.iterdir()} - {"versions.toml"} == set(hashes)
    for name, digest in hashes.items():
        assert hashlib.sha256((vendor / name).read_bytes()).hexdigest() == digest, name
    assert all(any(name.endswith("LICENSE") for name in package["sha256"]) for package in packages)
