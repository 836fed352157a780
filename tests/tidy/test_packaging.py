from __future__ import annotations

import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]


def test_a_wheel_has_the_data_files_and_the_examples_that_the_demonstration_plays(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    package, examples = ROOT / "src" / "wherry", ROOT / "examples"
    wanted = {f"wherry/{file.relative_to(package)}" for file in _files(package)}
    wanted |= {f"wherry/examples/{file.relative_to(examples)}" for file in _files(examples)}
    assert "wherry/py.typed" in wanted
    assert wanted - packed == set()
    assert {name for name in packed - wanted if ".dist-info/" not in name} == set()


def _files(top: Path) -> list[Path]:
    return [file for file in top.rglob("*") if file.is_file() and "__pycache__" not in file.parts]
