from __future__ import annotations

import base64
import os
from pathlib import Path

import msgspec
import pytest

from suites import volume_suite
from suites.volume_suite import FakeMounts, VolumeCase, found, pod_with, volumes_in
from wherry.agent.volumes.atomic_writer import write_files
from wherry.agent.volumes.host_path import prepare_host_path
from wherry.agent.volumes.interface import File, VolumeFailure
from wherry.agent.volumes.keys import select_files
from wherry.agent.volumes.registry import VOLUME_TYPES
from wherry.agent.volumes.sub_path import open_beneath
from wherry.api.core.configmap import ConfigMap
from wherry.api.core.container import VolumeMount
from wherry.api.core.persistent_volume import PersistentVolume
from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.api.core.secret import Secret
from wherry.api.core.volume import KeyToPath
from wherry.apimachinery.document import Document

NOW_S = 1_800_000_000.0


def config_map(**data: str) -> ConfigMap:
    return ConfigMap(data=data)


def secret(**data: str) -> Secret:
    return Secret(data={key: base64.b64encode(text.encode()).decode() for key, text in data.items()})


def claim_objects(directory: Path) -> dict[str, msgspec.Struct]:
    claim = {"metadata": {"name": "data"}, "spec": {"volumeName": "pv1"}, "status": {"phase": "Bound"}}
    volume = {"metadata": {"name": "pv1"}, "spec": {"local": {"path": str(directory / "storage")}}}
    return {
        "persistentvolumeclaims_data": msgspec.convert(claim, PersistentVolumeClaim),
        "persistentvolumes_pv1": msgspec.convert(volume, PersistentVolume),
    }


PROJECTED = {
    "sources": [
        {"configMap": {"name": "cm"}},
        {"secret": {"name": "s", "items": [{"key": "p", "path": "deep/password"}]}},
        {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 3607}},
    ]
}
CPU = {"path": "cpu", "resourceFieldRef": {"containerName": "c", "resource": "limits.cpu", "divisor": "1m"}}
CASES = [
    VolumeCase("empty_dir", lambda _: {"emptyDir": {}}),
    VolumeCase("empty_dir_in_memory", lambda _: {"emptyDir": {"medium": "Memory", "sizeLimit": "1Mi"}}),
    VolumeCase("host_path", lambda path: {"hostPath": {"path": str(path / "host"), "type": "DirectoryOrCreate"}}),
    VolumeCase(
        "config_map",
        lambda _: {"configMap": {"name": "cm"}},
        lambda _: {"configmaps_cm": config_map(a="1")},
        {"a": "1"},
    ),
    VolumeCase("secret", lambda _: {"secret": {"secretName": "s"}}, lambda _: {"secrets_s": secret(p="x")}, {"p": "x"}),
    VolumeCase("downward_api", lambda _: {"downwardAPI": {"items": [CPU]}}, files={"cpu": "1500"}),
    VolumeCase(
        "projected",
        lambda _: {"projected": PROJECTED},
        lambda _: {"configmaps_cm": config_map(a="1"), "secrets_s": secret(p="x")},
        {"a": "1", "deep/password": "x", "labels": 'app="web"', "token": "token-text"},
    ),
    VolumeCase("persistent_volume_claim", lambda _: {"persistentVolumeClaim": {"claimName": "data"}}, claim_objects),
]  # fmt: skip


def test_every_type_of_volume_has_a_case() -> None:
    assert {kind.name for kind in VOLUME_TYPES} <= {case.name for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("check", volume_suite.ALL, ids=lambda check: check.__name__)
async def test_volume_suite(case: VolumeCase, check: volume_suite.Check, tmp_path: Path) -> None:
    await check(case, tmp_path)


async def test_storage_outlives_the_pod(tmp_path: Path) -> None:
    volumes = volumes_in(tmp_path, claim_objects(tmp_path))
    await volumes.mount(pod_with({"persistentVolumeClaim": {"claimName": "data"}}))
    (found(volumes) / "row").write_text("kept")
    volumes.unmount()
    assert (tmp_path / "storage" / "row").read_text() == "kept"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"configMap": {"name": "cm"}}, 'MountVolume.SetUp failed for volume "v" : configmap "cm" not found'),
        ({"secret": {"secretName": "s"}}, 'MountVolume.SetUp failed for volume "v" : secret "s" not found'),
    ],
)
async def test_a_missing_object_is_named_and_waited_for(source: Document, message: str, tmp_path: Path) -> None:
    with pytest.raises(VolumeFailure) as caught:
        await volumes_in(tmp_path).mount(pod_with(source))
    assert (str(caught.value), caught.value.waits) == (message, True)


async def test_a_missing_optional_object_gives_an_empty_volume(tmp_path: Path) -> None:
    volumes = volumes_in(tmp_path)
    await volumes.mount(pod_with({"configMap": {"name": "cm", "optional": True}}))
    assert [path.name for path in found(volumes).iterdir() if not path.name.startswith("..")] == []


def test_a_change_is_seen_whole_through_one_link(tmp_path: Path) -> None:
    assert write_files(tmp_path, {"a": File(b"1", 0o644), "d/b": File(b"1", 0o600)}, now_s=NOW_S)
    before = (tmp_path / "..data").readlink()
    assert not write_files(tmp_path, {"a": File(b"1", 0o644), "d/b": File(b"1", 0o600)}, now_s=NOW_S)
    assert (tmp_path / "..data").readlink() == before
    opened = (tmp_path / "a").open("rb")
    assert write_files(tmp_path, {"a": File(b"2", 0o644)}, now_s=NOW_S)
    assert opened.read() == b"1"
    opened.close()
    assert (tmp_path / "a").read_bytes() == b"2"
    assert not (tmp_path / "d").is_symlink()
    assert len([path for path in tmp_path.iterdir() if path.name.startswith("..2")]) == 1


def test_modes_are_as_asked_for_and_a_group_may_read_what_the_owner_may(tmp_path: Path) -> None:
    write_files(tmp_path / "v", {"a": File(b"1", 0o400)}, now_s=NOW_S)
    assert (tmp_path / "v" / "a").stat().st_mode & 0o777 == 0o400
    write_files(tmp_path / "g", {"a": File(b"1", 0o600)}, now_s=NOW_S, group=os.getgid())
    assert (tmp_path / "g" / "a").stat().st_mode & 0o777 == 0o640


def test_a_write_that_was_interrupted_is_completed(tmp_path: Path) -> None:
    write_files(tmp_path, {"a": File(b"1", 0o644)}, now_s=NOW_S)
    (tmp_path / "..data_tmp").symlink_to("nowhere")
    (tmp_path / "..2026_01_01_00_00_00.0").mkdir()
    write_files(tmp_path, {"a": File(b"2", 0o644)}, now_s=NOW_S)
    assert (tmp_path / "a").read_bytes() == b"2"
    assert not (tmp_path / "..2026_01_01_00_00_00.0").exists()


def test_chosen_keys_get_their_paths_and_modes() -> None:
    items = (KeyToPath(key="a", path="x/y", mode=0o400),)
    assert select_files({"a": b"1", "b": b"2"}, items, 0o644, source="configmap", optional=False) == {
        "x/y": File(b"1", 0o400)
    }
    with pytest.raises(VolumeFailure, match="configmap references non-existent config key: a"):
        select_files({}, items, 0o644, source="configmap", optional=False)


@pytest.mark.parametrize("path", ["../up", "/etc/passwd", "a/../../b", "..data", ""])
def test_a_volumes_file_stays_in_the_volume(path: str) -> None:
    with pytest.raises(VolumeFailure, match="invalid path"):
        select_files({"a": b""}, (KeyToPath(key="a", path=path),), 0o644, source="x", optional=False)


def test_host_paths_are_checked_by_type(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(VolumeFailure, match=r"hostPath type check failed: .*/file is not a directory"):
        prepare_host_path(tmp_path / "file", "Directory")
    with pytest.raises(VolumeFailure, match="is not a socket file"):
        prepare_host_path(tmp_path / "none", "Socket")
    assert prepare_host_path(tmp_path / "new", "FileOrCreate").is_file()


async def test_a_sub_path_is_bound_by_what_it_is_not_by_its_name(tmp_path: Path) -> None:
    mounts = FakeMounts()
    volumes = volumes_in(tmp_path, mounts=mounts)
    await volumes.mount(pod_with({"emptyDir": {}}))
    mount = VolumeMount(name="v", mount_path="/v", sub_path="a/b")
    target = volumes.place(mount, "c", 0, "a/b")
    assert (found(volumes) / "a" / "b").is_dir()
    assert mounts.mounted[target] == f"bind {(found(volumes) / 'a' / 'b').resolve()}"


@pytest.mark.parametrize("link", ["/", "../../..", "/etc"])
def test_a_sub_path_cannot_leave_its_volume_by_a_link(link: str, tmp_path: Path) -> None:
    (tmp_path / "trap").symlink_to(link)
    with pytest.raises(VolumeFailure, match="leads out of its volume"), open_beneath(tmp_path, "trap"):
        pass


@pytest.mark.parametrize("path", ["/etc", "../x", "a/../../b"])
def test_a_sub_path_cannot_leave_its_volume_by_name(path: str, tmp_path: Path) -> None:
    with pytest.raises(VolumeFailure, match="must be a relative path"), open_beneath(tmp_path, path):
        pass


def test_a_sub_path_may_go_through_a_link_inside_its_volume(tmp_path: Path) -> None:
    write_files(tmp_path, {"key": File(b"text", 0o644)}, now_s=NOW_S)
    with open_beneath(tmp_path, "key") as descriptor:
        assert Path(f"/proc/self/fd/{descriptor}").read_bytes() == b"text"
