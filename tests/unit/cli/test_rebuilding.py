"""A release, built again from its commit: what the difference says."""

from __future__ import annotations

from pathlib import Path

import pytest

from suites.played_twin import played_twin
from wherry.cli.rebuilding import judge_rebuilt
from wherry.cli.rebuilt_difference import Difference, compare_images
from wherry.runtime.interface import ImageConfig, ImageStatus


def image(folder: Path, **files: str) -> ImageStatus:
    layer = folder / "layer"
    for name, text in {
        "usr/lib/base": "base",
        **{name.replace("_", "/"): text for name, text in files.items()},
    }.items():
        (layer / name).parent.mkdir(parents=True, exist_ok=True)
        (layer / name).write_text(text)
    config = ImageConfig(working_dir="/app")
    return ImageStatus("id", f"sha256:{folder.name}", [], 0, 0.0, config, [folder / "shared", layer])


@pytest.mark.parametrize(
    ("files", "difference"),
    [
        ({"app_main.py": "one"}, Difference()),
        ({"app_main.py": "two"}, Difference("/app/main.py")),
        ({"app_main.py": "one", "app_new.py": ""}, Difference("/app/new.py")),
        ({"app_main.py": "one", "app_main.pyc": "x"}, Difference()),
        ({"app_main.py": "one", "usr_lib_base": "new"}, Difference("", "/usr/lib/base")),
        ({"app_main.py": "one", "application": "x"}, Difference("", "/application")),
    ],
)
def test_only_the_content_of_files_counts_and_code_is_told_from_the_base(
    files: dict[str, str], difference: Difference, tmp_path: Path
) -> None:
    one = image(tmp_path / "a", **{"app_main.py": "one"})
    assert compare_images(one, image(tmp_path / "b", **files)) == difference


@pytest.mark.parametrize(
    ("digest", "difference", "weight", "words"),
    [
        ("sha256:" + "a" * 64, None, "supports", "the very image"),
        ("sha256:b", Difference(), "supports", "only times differ"),
        ("sha256:b", Difference("/app/main.py"), "against", "/app/main.py is another"),
        ("sha256:b", Difference("", "/usr/lib/base"), "doubt", "on another base"),
        ("sha256:b", None, "doubt", "is not here"),
    ],
)
def test_another_code_is_a_counter_example_and_another_base_is_none(
    digest: str, difference: Difference | None, weight: str, words: str
) -> None:
    found = judge_rebuilt(played_twin().release, digest, difference)[0]
    assert (found.weight.value, words in found.says) == (weight, True)
