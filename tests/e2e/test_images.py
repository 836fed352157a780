"""Images from files, imported and run."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import shutil
import tarfile
from pathlib import Path

import pytest

from suites.running_cluster import RunningCluster, needs_linux
from wherry.runtime.images.manifest import own_architecture

pytestmark = [pytest.mark.linux, needs_linux]

LAYERS_MANY = 60
SCRIPT = "id -u; pwd; echo $GREETING; stat -c %a /tmp; cat /tmp/note; test -e /gone || echo deleted"


def digest_of(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def tar_of(files: dict[str, bytes], modes: dict[str, int] | None = None, directories: tuple[str, ...] = ()) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in (*directories, *files):
            info = tarfile.TarInfo(name)
            info.type = tarfile.DIRTYPE if name in directories else tarfile.REGTYPE
            info.size = len(files.get(name, b""))
            info.mode = (modes or {}).get(name, 0o755)
            archive.addfile(info, io.BytesIO(files.get(name, b"")))
    return out.getvalue()


@pytest.fixture(scope="module")
def layers(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """The files of the toolbox image as the lowest layer, and a layer with a deletion above."""
    found = json.loads((cluster.home / "images" / "index.json").read_text())
    manifest = json.loads(_blob(cluster, found["images"]["docker.io/library/toolbox:1"]))
    diff_ids = json.loads(_blob(cluster, manifest["config"]["digest"]))["rootfs"]["diff_ids"]
    root = tmp_path_factory.mktemp("root")
    for diff_id in diff_ids:
        for layer in (cluster.home / "images" / "layers").glob(f"{diff_id[7:]}*"):
            shutil.copytree(layer, root, symlinks=True, dirs_exist_ok=True)
    (root / "etc" / "passwd").write_text("root:x:0:0::/:/bin/sh\nweb:x:4242:4242::/:/bin/sh\n")
    (root / "gone").write_text("here")
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.add(root, ".")
    return [out.getvalue(), tar_of({"tmp/note": b"a note\n", ".wh.gone": b""})]


def _blob(cluster: RunningCluster, digest: str) -> bytes:
    return (cluster.home / "images" / "blobs" / "sha256" / digest.removeprefix("sha256:")).read_bytes()


def config_of(layers: list[bytes], form: str) -> bytes:
    run = {
        "Entrypoint": ["/usr/bin/busybox", "sh", "-c"],
        "Cmd": [SCRIPT],
        "Env": ["GREETING=good morning", "PATH=/usr/bin"],
        "User": "web",
        "WorkingDir": "/tmp",
        "Labels": {"form": form},
    }
    rootfs = {"type": "layers", "diff_ids": [digest_of(layer) for layer in layers]}
    return json.dumps({"architecture": own_architecture(), "os": "linux", "config": run, "rootfs": rootfs}).encode()


def oci_archive(layers: list[bytes], name: str) -> tuple[bytes, str]:
    config, packed = config_of(layers, "oci"), [gzip.compress(layer, 1) for layer in layers]
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "config": {"mediaType": "c", "digest": digest_of(config), "size": len(config)},
            "layers": [{"mediaType": "l", "digest": digest_of(data), "size": len(data)} for data in packed],
        }
    ).encode()
    top = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": digest_of(manifest),
        "size": len(manifest),
        "annotations": {"org.opencontainers.image.ref.name": name},
    }
    blobs = {f"blobs/sha256/{digest_of(data)[7:]}": data for data in (config, manifest, *packed)}
    index = json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()
    return tar_of({"oci-layout": b"{}", "index.json": index, **blobs}), digest_of(manifest)


def docker_archive(layers: list[bytes], name: str) -> bytes:
    files = {f"{place}/layer.tar": layer for place, layer in enumerate(layers)}
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": list(files)}]
    return tar_of({"manifest.json": json.dumps(manifest).encode(), "config.json": config_of(layers, "docker"), **files})


def run(cluster: RunningCluster, namespace: str, pod: str, image: str, policy: str) -> str:
    container = {"name": "c", "image": image, "imagePullPolicy": policy}
    manifest = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": pod, "namespace": namespace},
        "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0, "containers": [container]},
    }
    cluster.kubectl("create", "-f", "-", text=json.dumps(manifest))
    cluster.kubectl("-n", namespace, "wait", f"pod/{pod}", "--for=jsonpath={.status.phase}=Succeeded", "--timeout=15s")
    return cluster.kubectl("-n", namespace, "logs", pod).stdout


WANTED = "4242\n/tmp\ngood morning\n1777\na note\ndeleted\n"


def test_an_oci_archive_runs_by_every_name(
    cluster: RunningCluster, namespace: str, layers: list[bytes], tmp_path: Path
) -> None:
    data, digest = oci_archive(layers, "127.0.0.1:5000/shop/oci:1")
    path = tmp_path / "oci.tar.gz"
    path.write_bytes(gzip.compress(data, 1))
    assert cluster.wherry("image", "import", str(path)).stdout.strip() == digest
    assert run(cluster, namespace, "named", "127.0.0.1:5000/shop/oci:1", "IfNotPresent") == WANTED
    assert run(cluster, namespace, "by-digest", f"127.0.0.1:5000/shop/oci@{digest}", "Never") == WANTED


def test_a_docker_archive_runs_and_is_removed_when_unused(
    cluster: RunningCluster, namespace: str, layers: list[bytes], tmp_path: Path
) -> None:
    path = tmp_path / "docker.tar"
    # More than their names fit into one page, which is what the kernel takes in a mount.
    many = [tar_of({f"many/{place}": b"x"}) for place in range(LAYERS_MANY)]
    path.write_bytes(docker_archive([*layers, *many], "saved:1"))
    cluster.wherry("image", "import", str(path))
    assert run(cluster, namespace, "short", "saved:1", "Always") == WANTED
    assert run(cluster, namespace, "full", "docker.io/library/saved:1", "Never") == WANTED
    refused = cluster.wherry("image", "rm", "saved:1", check=False)
    assert refused.returncode == 1
    assert "used by a container" in refused.stderr
    cluster.kubectl("-n", namespace, "delete", "pod", "short", "full")
    cluster.wherry("image", "rm", "saved:1")
    assert "saved" not in cluster.wherry("image", "list").stdout
