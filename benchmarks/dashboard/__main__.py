"""Run what is named, or all of it."""

from __future__ import annotations

import argparse
import asyncio
from importlib import import_module

from suites.browser import CHROMIUM

TOPICS = ("latency", "crowd", "churn", "tabs", "method_pages")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboard")
    parser.add_argument("topics", nargs="*", metavar="TOPIC", help=f"which of {', '.join(TOPICS)} (all of them)")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long memory is watched (1)")
    asked = parser.parse_args()
    if unknown := {*asked.topics} - {*TOPICS}:
        parser.error(f"there is no {', '.join(sorted(unknown))}; there are: {', '.join(TOPICS)}")
    if not CHROMIUM:
        print("  there is no Chromium here, so only what the server does is measured: scripts/setup dev installs it")
    for topic in asked.topics or TOPICS:
        print(f"\n- {topic}", flush=True)
        asyncio.run(import_module(f"benchmarks.dashboard.{topic}").measure(asked.minutes))


if __name__ == "__main__":
    main()
