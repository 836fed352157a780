"""The start, step by step, told to whoever waits for it."""

from __future__ import annotations

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class StartFailed(Exception):
    """The cluster cannot start; the message says why and `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people."""
        super().__init__(message)
        self.remedy = remedy


class Report(Protocol):
    """Hears how far the start is."""

    def step(self, name: str, duration_ms: float) -> None:
        """Something is done."""

    def ready(self) -> None:
        """The node is Ready."""


class Boot:
    """Measures the steps of the start."""

    def __init__(self, report: Report) -> None:
        """Counting starts now."""
        self._report = report
        # Imports make hundreds of thousands of objects that stay: looking for garbage among them, again and
        # again, cost a tenth of the start.
        gc.disable()

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time what happens inside and tell it."""
        started_s = time.perf_counter()
        yield
        self._report.step(name, (time.perf_counter() - started_s) * 1000)

    def ready(self) -> None:
        """The node is Ready: what was made so far stays, so the garbage collector need not look at it again."""
        gc.collect()
        gc.freeze()
        gc.enable()
        self._report.ready()
