"""The runtime's records, seen from another process."""

from __future__ import annotations

from pathlib import Path

from wherry.runtime.oci.paths import Paths
from wherry.runtime.oci.records import ContainerRecord, Records, image_ids_in_use


def a_record(container_id: str, image_id: str) -> ContainerRecord:
    return ContainerRecord(
        id=container_id, sandbox_id="s", name="c", attempt=0, image="web:1", image_id=image_id, labels={},
        log_path="/log", created_at_s=0.0, stop_signal="SIGTERM", boot_id="b",
    )  # fmt: skip


def test_the_images_of_all_containers_are_in_use_and_nothing_is_changed(tmp_path: Path) -> None:
    paths = Paths(tmp_path / "state", tmp_path / "run")
    assert image_ids_in_use(paths.state_dir) == frozenset()
    paths.make()
    records = Records(paths)
    records.save_container(a_record("one", "sha256:1"))
    records.save_container(a_record("two", "sha256:2"))
    (paths.containers / "half").mkdir()
    (paths.containers / "half" / "record.json").write_text("{")
    assert image_ids_in_use(paths.state_dir) == {"sha256:1", "sha256:2"}
    assert (paths.containers / "half").exists()
