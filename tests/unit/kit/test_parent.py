from __future__ import annotations

import signal
import subprocess
import sys

import pytest

CHILD = (
    "import signal; from wherry.kit.linux.parent import end_with_parent; end_with_parent();"
    "print('up', flush=True); signal.alarm(30); signal.pause()"
)
PARENT = (
    "import subprocess, sys, os, signal;"
    f"child = subprocess.Popen([sys.executable, '-c', {CHILD!r}], stdout=subprocess.PIPE);"
    "child.stdout.readline(); print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux only")
def test_a_process_ends_with_the_one_that_has_started_it() -> None:
    # Standard error is the child's, too: it is read to its end only when both are gone.
    done = subprocess.run([sys.executable, "-c", PARENT], capture_output=True, text=True, timeout=10, check=False)
    assert done.returncode == -signal.SIGKILL
    assert done.stdout.strip().isdigit()
