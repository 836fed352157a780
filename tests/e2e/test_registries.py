"""Pods whose images come from a registry: Debian's docker-registry, and a small one that can be slow."""

from __future__ import annotations

import base64
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from suites.debian_registry import PASSWORD, USER, DebianRegistry, debian_registry, needs_registry
from suites.running_cluster import RunningCluster, cluster_in, needs_linux
from suites.small_registry import SmallRegistry

pytestmark = [pytest.mark.linux, needs_linux, needs_registry]

SLEEPER = """
name = "{name}"
base = "programs"
programs = ["/usr/bin/busybox"]
cmd = ["busybox", "sleep", "3600"]
stop_signal = "SIGKILL"
[labels]
name = "{name}"
"""
WITHIN_S = 40.0


def wait_until(what: Callable[[], bool]) -> None:
    until_s = time.monotonic() + WITHIN_S
    while not what():
        assert time.monotonic() < until_s, "it did not come about"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DebianRegistry]:
    with debian_registry(tmp_path_factory.mktemp("registry") / "public") as running:
        yield running


def pushed(cluster: RunningCluster, folder: Path, name: str) -> str:
    """A new image that is in a registry and no longer here; gives its digest."""
    folder.mkdir()
    (folder / "image.toml").write_text(SLEEPER.format(name=name))
    digest = cluster.wherry("image", "build", str(folder)).stdout.strip()
    assert digest in cluster.wherry("image", "push", name).stdout
    cluster.wherry("image", "rm", name)
    return digest


def waiting(cluster: RunningCluster, namespace: str, pod: str) -> str:
    return cluster.jsonpath(f"pod/{pod}", "{.status.containerStatuses[0].state.waiting.message}", namespace)


def is_ready(cluster: RunningCluster, namespace: str, pod: str) -> bool:
    return cluster.jsonpath(f"pod/{pod}", "{.status.containerStatuses[0].ready}", namespace) == "true"


def events_of(cluster: RunningCluster, namespace: str, pod: str) -> str:
    return cluster.kubectl("-n", namespace, "get", "events", f"--field-selector=involvedObject.name={pod}").stdout


def test_a_pod_gets_its_image_from_a_registry(
    cluster: RunningCluster, namespace: str, public: DebianRegistry, tmp_path: Path
) -> None:
    name = f"{public.host}/shop/sleeper:1"
    digest = pushed(cluster, tmp_path / "image", name)
    cluster.kubectl("-n", namespace, "run", "web", f"--image={name}")
    cluster.kubectl("-n", namespace, "wait", "--for=condition=Ready", "pod/web", "--timeout=60s")
    events = events_of(cluster, namespace, "web")
    assert f'Pulling image "{name}"' in events
    assert f'Successfully pulled image "{name}" in ' in events
    assert "Image size: " in events
    assert name in cluster.wherry("image", "list").stdout
    wait_until(lambda: f"{public.host}/shop/sleeper@{digest}" in json.dumps(cluster.get("nodes")))
    assert list((cluster.home / "images" / "downloads").iterdir()) == []


def test_a_wrong_tag_is_told_with_the_way_out(
    cluster: RunningCluster, namespace: str, public: DebianRegistry, tmp_path: Path
) -> None:
    name = f"{public.host}/shop/sleeper:nope"
    cluster.kubectl("-n", namespace, "run", "web", f"--image={name}")
    wait_until(lambda: "Back-off pulling image" in waiting(cluster, namespace, "web"))
    assert f"{name}: not found" in waiting(cluster, namespace, "web")
    assert "Error: ErrImagePull" in events_of(cluster, namespace, "web")
    assert "Error: ImagePullBackOff" in events_of(cluster, namespace, "web")
    why = cluster.wherry("why", "pod/web", "-n", namespace).stdout
    assert "The registry has no such image: check its name and tag." in why


def test_a_private_image_starts_once_the_credentials_are_good(
    cluster: RunningCluster, namespace: str, tmp_path: Path
) -> None:
    with debian_registry(tmp_path / "private", private=True) as registry:
        name = f"{registry.host}/shop/private:1"
        config = {"auths": {registry.host: {"auth": base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()}}}
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DOCKER_CONFIG", str(tmp_path))
            pushed(cluster, tmp_path / "image", name)
        cluster.kubectl(
            "-n", namespace, "patch", "serviceaccount", "default", "-p", '{"imagePullSecrets": [{"name": "shop"}]}'
        )
        cluster.kubectl("-n", namespace, "run", "web", f"--image={name}")
        wait_until(lambda: "pull access denied" in waiting(cluster, namespace, "web"))
        assert "Unable to retrieve some image pull secrets (shop)" in events_of(cluster, namespace, "web")
        assert "imagePullSecrets" in cluster.wherry("why", "pod/web", "-n", namespace).stdout
        cluster.kubectl(
            "-n", namespace, "create", "secret", "docker-registry", "shop", f"--docker-server={registry.host}",
            f"--docker-username={USER}", f"--docker-password={PASSWORD}",
        )  # fmt: skip
        # The Secret is looked at when it comes, not at the end of the back-off.
        wait_until(lambda: is_ready(cluster, namespace, "web"))


def test_masters_that_die_in_the_middle_of_a_pull_go_on_where_they_were(tmp_path: Path) -> None:
    with SmallRegistry() as registry, cluster_in(tmp_path / "home") as cluster:
        name = f"{registry.host}/shop/sleeper:1"
        pushed(cluster, tmp_path / "image", name)
        registry.gate = threading.Event()
        layer = max(
            registry.layer_digests("shop/sleeper", "1"), key=lambda d: len(registry.repository("shop/sleeper").blobs[d])
        )
        cluster.kubectl("run", "web", f"--image={name}")
        part = cluster.home / "images" / "downloads" / f"{layer.removeprefix('sha256:')}.part"
        wait_until(lambda: part.exists() and part.stat().st_size > 0)
        os.kill(cluster.pid, signal.SIGKILL)
        assert name not in cluster.wherry("image", "list").stdout
        registry.gate.set()
        cluster.wherry("up", "--port", str(cluster.port))
        wait_until(lambda: is_ready(cluster, "default", "web"))
        ranges = [one.headers.get("range", "") for one in registry.asked if layer in one.path and one.method == "GET"]
        assert ranges[0] == ""
        assert ranges[-1].startswith("bytes=")
        assert list((cluster.home / "images" / "downloads").iterdir()) == []
