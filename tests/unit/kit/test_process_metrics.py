"""What this process costs, read when it is shown."""

from __future__ import annotations

import sys

import pytest

from wherry.kit.metrics import Registry
from wherry.kit.process_metrics import add_process_metrics


def values() -> dict[str, float]:
    registry = Registry()
    add_process_metrics(registry)
    lines = [line.split() for line in registry.text().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def test_processor_time_grows() -> None:
    before = values()["process_cpu_seconds_total"]
    assert sum(range(100_000)) > 0
    assert values()["process_cpu_seconds_total"] > before


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells in /proc")
def test_memory_and_files_are_told() -> None:
    told = values()
    assert told["process_virtual_memory_bytes"] > told["process_resident_memory_bytes"] > 1_000_000
    assert told["process_open_fds"] > 2
