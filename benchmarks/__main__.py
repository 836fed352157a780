"""Run the measurements that are named, or all of them, one process each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMES = ("http_server", "store", "api", "container_start", "cluster", "read_model", "dashboard", "start_up")


def main() -> int:
    wanted = sys.argv[1:] or NAMES
    unknown = [name for name in wanted if name not in NAMES]
    if unknown:
        print(f"there is no measurement {', '.join(unknown)}; there are: {', '.join(NAMES)}")
        return 2
    # Shared with the tests: how a whole cluster is started in a folder of its own.
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    failed = 0
    for name in wanted:
        print(f"\n== {name}", flush=True)
        failed += (
            subprocess.run(
                [sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, env=environment, check=False
            ).returncode
            != 0
        )
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
