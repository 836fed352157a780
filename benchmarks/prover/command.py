"""The command `wherry` on a cluster of its own, which is gone when the run ends, however it ends."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.prover.applications import ROOT

SPACES = "trial-"
"""Every namespace of an application begins with it."""


class Stopped(Exception):
    """The run is being ended: what a command would say now means nothing."""


@dataclass
class Wherry:
    """The command. Several threads may use it; `stop` ends what runs, and lets nothing new begin."""

    home: Path
    _running: set[subprocess.Popen[str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _is_stopped: bool = False

    def __call__(self, *arguments: str, cwd: Path, check: bool = True, timeout_s: float = 400) -> str:
        """Run it, and give what it prints. Raises RuntimeError when it fails, and Stopped."""
        done = self.run(*arguments, cwd=cwd, timeout_s=timeout_s)
        if check and done.returncode:
            raise RuntimeError(f"wherry {' '.join(arguments)}: {done.stderr.strip()[-400:]}")
        return done.stdout

    def run(self, *arguments: str, cwd: Path, timeout_s: float = 400) -> subprocess.CompletedProcess[str]:
        """Run it, and give all that came of it. Raises Stopped."""
        process = self._start(arguments, cwd)
        try:
            out, complaint = process.communicate(timeout=timeout_s)
        except subprocess.TimeoutExpired:
            process.terminate()
            raise
        finally:
            if process.poll() is not None:
                with self._lock:
                    self._running.discard(process)
        if self._is_stopped:
            raise Stopped
        return subprocess.CompletedProcess(arguments, process.returncode, out, complaint)

    def _start(self, arguments: tuple[str, ...], cwd: Path) -> subprocess.Popen[str]:
        environment = {**os.environ, "WHERRY_HOME": str(self.home), "PYTHONPATH": str(ROOT / "src")}
        with self._lock:
            if self._is_stopped:
                raise Stopped
            process = subprocess.Popen(
                [sys.executable, "-m", "wherry", *arguments],
                cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            )  # fmt: skip
            self._running.add(process)
            return process

    def stop(self) -> None:
        """End the commands that run: each takes its twin away first."""
        with self._lock:
            self._is_stopped = True
            running = list(self._running)
        for process in running:
            process.terminate()
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=30)


@contextmanager
def cluster(home: Path | None, work: Path | None, port: int) -> Iterator[tuple[Path, Path]]:
    """A cluster for this run, or the one that is named, and a folder for the applications.

    Args:
        home: of a cluster that runs already; only what the run has put there is taken away.
        work: the folder for everything; what a run that was killed has left in it is taken away first.
        port: of the new cluster.
    """
    with _folder(work) as folder:
        place = folder / "applications"
        place.mkdir()
        if home is not None:
            try:
                yield home, place
            finally:
                _end_quietly()
                clear(Wherry(home), place)
            return
        own = folder / "home"
        Wherry(own)("up", "--port", str(port), cwd=ROOT)
        try:
            yield own, place
        finally:
            _end_quietly()
            _take_down(own)


@contextmanager
def _folder(work: Path | None) -> Iterator[Path]:
    if work is None:
        with tempfile.TemporaryDirectory(prefix="wherry-prover-") as scratch:
            yield Path(scratch)
        return
    if (work / "home").is_dir():
        _take_down(work / "home")
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    yield work


def _take_down(home: Path) -> None:
    Wherry(home)("down", "--delete-data", "--yes", cwd=ROOT, check=False)


def _end_quietly() -> None:
    """Somebody who asks twice to end it does not keep it from tidying up."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)


def clear(wherry: Wherry, cwd: Path, name: str = "") -> None:
    """Take an application's namespaces away; those of all applications, if none is named."""
    listed = wherry("kubectl", "get", "namespaces", "-o", "name", cwd=cwd, check=False).split()
    names = [one.partition("/")[2] for one in listed if one.startswith(f"namespace/{SPACES}{name}")]
    if names:
        wherry("kubectl", "delete", "namespace", *names, "--ignore-not-found", cwd=cwd, check=False)
