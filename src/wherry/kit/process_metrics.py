"""What this process costs: processor time, memory, open files, under the names that Prometheus' clients use."""

from __future__ import annotations

import os
import time
from pathlib import Path

from wherry.kit.metrics import Registry

_STATM, _FDS = Path("/proc/self/statm"), Path("/proc/self/fd")


def add_process_metrics(registry: Registry) -> None:
    """Declare them; they are read whenever the metrics are shown. What the system does not tell is left out."""
    cpu = registry.counter("process_cpu_seconds_total", "Total user and system CPU time spent in seconds.")
    cpu.labels().read_from(time.process_time)
    registry.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.").labels().set(
        round(time.time() - time.process_time(), 2)
    )
    if _STATM.exists():
        registry.gauge("process_resident_memory_bytes", "Resident memory size in bytes.").labels().read_from(_resident)
        registry.gauge("process_virtual_memory_bytes", "Virtual memory size in bytes.").labels().read_from(_virtual)
        registry.gauge("process_open_fds", "Number of open file descriptors.").labels().read_from(
            lambda: float(len(list(_FDS.iterdir())))
        )


def _resident() -> float:
    return _pages(1)


def _virtual() -> float:
    return _pages(0)


def _pages(column: int) -> float:
    return float(int(_STATM.read_text().split()[column]) * os.sysconf("SC_PAGE_SIZE"))
