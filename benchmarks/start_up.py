"""How long a person waits for `wherry --help` and for an answer that needs no cluster."""

from __future__ import annotations

import subprocess
import sys
import time

RUNS = 10
BUDGETS_MS = {("--help",): 100.0, ("word", "--help"): 150.0, ("completion", "bash"): 150.0}


def best_ms(arguments: tuple[str, ...]) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "wherry", *arguments], check=True, capture_output=True)
        times.append((time.perf_counter() - start) * 1000)
    return min(times)


def main() -> int:
    failed = 0
    for arguments, budget_ms in BUDGETS_MS.items():
        took_ms = best_ms(arguments)
        failed += took_ms > budget_ms
        said = "" if took_ms <= budget_ms else "   TOO SLOW"
        print(f"wherry {' '.join(arguments):<24}{took_ms:7.0f} ms   at most {budget_ms:.0f}{said}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
