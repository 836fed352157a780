from __future__ import annotations

import os
from pathlib import Path

from wherry.cli.running import running_pid
from wherry.cluster.data_dir import DataDir
from wherry.kit.files import DirectoryLock


def test_a_held_folder_means_a_running_server(tmp_path: Path) -> None:
    data_dir = DataDir(tmp_path)
    assert running_pid(data_dir) == 0
    with DirectoryLock(tmp_path):
        assert running_pid(data_dir) == os.getpid()
    assert running_pid(data_dir) == 0
