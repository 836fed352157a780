"""The code blocks of the documentation that run: which there are, and how a page's blocks become one script.

A block whose fence says `run` is run on a cluster of three simulated nodes, `run=real` on this machine as a node,
`run=alone` without a cluster (it starts one itself). All blocks of a page that run in the same place are one script,
so that a later block sees what an earlier one has made.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from suites.running_cluster import ROOT

FENCE = re.compile(r"^```(?P<language>sh|python) (?P<where>run(?:=\w+)?)\n(?P<code>.*?)^```$", re.M | re.S)
PLACES = {"run": "simulated", "run=real": "real", "run=alone": "alone", "run=first": "first"}
SCRIPT_S = 150


@dataclass(frozen=True)
class Script:
    """The runnable blocks of one page for one place; `blocks` are their languages and texts."""

    page: Path
    place: str
    blocks: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}-{self.place}"

    def text(self, folder: Path) -> str:
        """One shell script; what is not shell is put into a file of its own and called."""
        lines = ["set -euo pipefail"]
        for number, (language, code) in enumerate(self.blocks):
            if language == "python":
                program = folder / f"block-{number}.py"
                program.write_text(code)
                code = f"{shlex.quote(sys.executable)} {shlex.quote(str(program))}\n"
            lines.append(code)
        return "\n".join(lines)


def scripts(root: Path = ROOT) -> Iterator[Script]:
    """Every page's scripts."""
    for page in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")]):
        places: dict[str, list[tuple[str, str]]] = {}
        for block in FENCE.finditer(page.read_text()):
            places.setdefault(PLACES[block["where"]], []).append((block["language"], block["code"]))
        for place, blocks in places.items():
            yield Script(page, place, tuple(blocks))


def run_script(text: str, folder: Path, home: Path, *, timeout_s: float = SCRIPT_S) -> subprocess.CompletedProcess[str]:
    """Run it as a person would type it: the programs on the PATH, the cluster's folder set, our examples at hand."""
    programs = Path(sys.executable).parent
    (folder / "examples").symlink_to(ROOT / "examples")
    environment = {
        "PATH": f"{programs}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": str(folder),
        "WHERRY_HOME": str(home),
        "KUBECONFIG": str(home / "kubeconfig"),
        "LANG": "C.UTF-8",
        **{name: value for name, value in os.environ.items() if name.startswith("PYTHON")},
    }
    return subprocess.run(
        ["bash", "-c", text],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout_s, check=False,
    )  # fmt: skip
