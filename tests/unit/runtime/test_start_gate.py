from __future__ import annotations

import os
from pathlib import Path

from wherry.runtime.oci.container import open_gate


def test_a_waiting_init_is_let_go_and_the_gate_is_gone(tmp_path: Path) -> None:
    gate = tmp_path / "exec.fifo"
    os.mkfifo(gate)
    waiting = os.open(gate, os.O_RDONLY | os.O_NONBLOCK)
    try:
        assert open_gate(gate)
        assert os.read(waiting, 8) == b"\0"
    finally:
        os.close(waiting)
    assert not gate.exists()


def test_an_init_that_has_ended_is_left_to_crun(tmp_path: Path) -> None:
    gate = tmp_path / "exec.fifo"
    assert not open_gate(gate)
    os.mkfifo(gate)
    assert not open_gate(gate)
    assert gate.exists()
