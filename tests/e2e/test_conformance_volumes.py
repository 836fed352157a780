"""storage/*.go: what pods find in their volumes, as which user and with which rights."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from suites.running_cluster import RunningCluster, needs_linux
from suites.telling_pods import Telling, all_said, check, create, marked, name_of

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

BYTES = b"\xde\xca\xfe\xba\xd0\xfe\xff"
DATA = {"data-1": "value-1", "data-2": "value-2", "data-3": "value-3"}
CONFIG = {"configMap": {"name": "config"}}
SECRET = {"secret": {"secretName": "secret"}}
READ_DATA = "cat /etc/v/data-1; stat -Lc ' %a %u' /etc/v/data-1"
READ_MAPPED = "cat /etc/v/path/to/data-2; stat -Lc ' %a' /etc/v/path/to/data-2; ls /etc/v"
MAPPED = {"items": [{"key": "data-2", "path": "path/to/data-2"}]}
MAPPED_MODE = {"items": [{"key": "data-2", "path": "path/to/data-2", "mode": 0o400}]}
NON_ROOT = {"runAsUser": 1000}


def projected(*sources: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"projected": {"sources": list(sources), **more}}


def config(**more: Any) -> dict[str, Any]:
    return {"configMap": {"name": "config", **more}}


def secret(**more: Any) -> dict[str, Any]:
    return {"secret": {"secretName": "secret", **more}}


def both(kind: str, *cases: tuple[str, str, str, dict[str, Any], dict[str, Any]]) -> list[Telling]:
    """Cases of a plain volume; the last part is its security context."""
    return [
        Telling(f"{kind} {name}", script, says, {"/etc/v": volume}, pod={"securityContext": security})
        for name, script, says, volume, security in cases
    ]


def twice(kind: str, of_kind: str, volume: Any, *, more: dict[str, Any] | None = None) -> Telling:
    script = "cat /etc/one/data-1 /etc/two/data-1"
    return Telling(f"{kind} {of_kind}", script, "value-1value-1", {"/etc/one": volume, "/etc/two": volume})


FROM = "should be consumable from pods in volume"
CONFIG_MAPS = [
    *both(
        "ConfigMap",
        (FROM, READ_DATA, "value-1 644 0\n", config(), {}),
        (f"{FROM} as non-root", READ_DATA + "; id -u", "value-1 644 0\n1000\n", config(), NON_ROOT),
        (f"{FROM} with defaultMode set", READ_DATA, "value-1 400 0\n", config(defaultMode=0o400), {}),
        (f"{FROM} with mappings", READ_MAPPED, "value-2 644\npath\n", config(**MAPPED), {}),
        (f"{FROM} with mappings and Item mode set", READ_MAPPED, "value-2 400\npath\n", config(**MAPPED_MODE), {}),
        (
            f"{FROM} with mappings as non-root", READ_MAPPED + "; id -u", "value-2 644\npath\n1000\n",
            config(**MAPPED), NON_ROOT,
        ),
        (
            "binary data should be reflected in volume", "cat /etc/v/text; hexdump -ve '1/1 \"%02x\"' /etc/v/bytes",
            f"words{BYTES.hex()}", {"configMap": {"name": "binary"}}, {},
        ),
    ),
    twice("ConfigMap", "should be consumable in multiple volumes in the same pod", config()),
]  # fmt: skip
SECRETS = [
    *both(
        "Secrets",
        (FROM, READ_DATA, "value-1 644 0\n", secret(), {}),
        (f"{FROM} with defaultMode set", READ_DATA, "value-1 400 0\n", secret(defaultMode=0o400), {}),
        (
            f"{FROM} as non-root with defaultMode and fsGroup set",
            READ_DATA + "; stat -Lc %g /etc/v/data-1; id -u", "value-1 440 0\n1001\n1000\n",
            secret(defaultMode=0o440), {**NON_ROOT, "fsGroup": 1001},
        ),
        (f"{FROM} with mappings", READ_MAPPED, "value-2 644\npath\n", secret(**MAPPED), {}),
        (f"{FROM} with mappings and Item Mode set", READ_MAPPED, "value-2 400\npath\n", secret(**MAPPED_MODE), {}),
        (
            "should be able to mount in a volume regardless of a different secret existing with same name"
            " in different namespace", READ_DATA, "value-1 644 0\n", secret(), {},
        ),
    ),
    twice("Secrets", "should be consumable in multiple volumes in a pod", secret()),
]  # fmt: skip
SOURCE = {"configMap": {"name": "config"}}
SECRET_SOURCE = {"secret": {"name": "secret"}}
PROJECTED = [
    *both(
        "Projected configMap",
        (FROM, READ_DATA, "value-1 644 0\n", projected(SOURCE), {}),
        (f"{FROM} as non-root", READ_DATA + "; id -u", "value-1 644 0\n1000\n", projected(SOURCE), NON_ROOT),
        (f"{FROM} with defaultMode set", READ_DATA, "value-1 400 0\n", projected(SOURCE, defaultMode=0o400), {}),
        (
            f"{FROM} with mappings", READ_MAPPED, "value-2 644\npath\n",
            projected({"configMap": {"name": "config", **MAPPED}}), {},
        ),
        (
            f"{FROM} with mappings and Item mode set", READ_MAPPED, "value-2 400\npath\n",
            projected({"configMap": {"name": "config", **MAPPED_MODE}}), {},
        ),
        (
            f"{FROM} with mappings as non-root", READ_MAPPED + "; id -u", "value-2 644\npath\n1000\n",
            projected({"configMap": {"name": "config", **MAPPED}}), NON_ROOT,
        ),
    ),
    *both(
        "Projected secret",
        (FROM, READ_DATA, "value-1 644 0\n", projected(SECRET_SOURCE), {}),
        (f"{FROM} with defaultMode set", READ_DATA, "value-1 400 0\n", projected(SECRET_SOURCE, defaultMode=0o400), {}),
        (
            f"{FROM} as non-root with defaultMode and fsGroup set",
            READ_DATA + "; stat -Lc %g /etc/v/data-1; id -u", "value-1 440 0\n1001\n1000\n",
            projected(SECRET_SOURCE, defaultMode=0o440), {**NON_ROOT, "fsGroup": 1001},
        ),
        (
            f"{FROM} with mappings", READ_MAPPED, "value-2 644\npath\n",
            projected({"secret": {"name": "secret", **MAPPED}}), {},
        ),
        (
            f"{FROM} with mappings and Item Mode set", READ_MAPPED, "value-2 400\npath\n",
            projected({"secret": {"name": "secret", **MAPPED_MODE}}), {},
        ),
    ),
    twice(
        "Projected configMap", "should be consumable in multiple volumes in the same pod", projected(SOURCE)
    ),
    twice("Projected secret", "should be consumable in multiple volumes in a pod", projected(SECRET_SOURCE)),
    Telling(
        "Projected combined should project all components that make up the projection API",
        "cat /etc/v/podname /etc/v/data-1 /etc/v/hidden", "pod-[0-9]+value-1value-2",
        {"/etc/v": projected(
            SOURCE, {"secret": {"name": "secret", "items": [{"key": "data-2", "path": "hidden"}]}},
            {"downwardAPI": {"items": [{"path": "podname", "fieldRef": {"fieldPath": "metadata.name"}}]}},
        )},
    ),
]  # fmt: skip


def amount(path: str, resource: str, divisor: str = "1") -> dict[str, Any]:
    return {"path": path, "resourceFieldRef": {"containerName": "c", "resource": resource, "divisor": divisor}}


NAME = {"path": "podname", "fieldRef": {"fieldPath": "metadata.name"}}
LIMITED = {"resources": {"requests": {"cpu": "250m", "memory": "32Mi"}, "limits": {"cpu": "1250m", "memory": "64Mi"}}}


def plainly(**more: Any) -> dict[str, Any]:
    return {"downwardAPI": more}


def in_projection(items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return projected({"downwardAPI": {"items": items}}, **more)


def downward() -> list[Telling]:
    """The same in both forms of the volume."""
    cases: list[Telling] = []
    forms: tuple[tuple[str, Callable[..., dict[str, Any]]], ...] = (
        ("Downward API volume", plainly),
        ("Projected downwardAPI", in_projection),
    )
    for kind, form in forms:
        for name, item, says in (
            ("should provide podname only", NAME, "pod-[0-9]+"),
            ("should provide container's cpu limit", amount("cpu_limit", "limits.cpu"), "2"),
            ("should provide container's cpu request", amount("cpu_request", "requests.cpu", "1m"), "250"),
            ("should provide container's memory limit", amount("memory_limit", "limits.memory"), "67108864"),
            ("should provide container's memory request", amount("memory_request", "requests.memory", "1Mi"), "32"),
        ):
            cases.append(
                Telling(f"{kind} {name}", "cat /etc/v/*", says, {"/etc/v": form(items=[item])}, container=LIMITED)
            )
        for resource, path in (("cpu", "cpu_limit"), ("memory", "memory_limit")):
            name = f"should provide node allocatable ({resource}) as default {resource} limit if the limit is not set"
            item = amount(path, f"limits.{resource}")
            cases.append(Telling(f"{kind} {name}", "cat /etc/v/*", "[1-9][0-9]*", {"/etc/v": form(items=[item])}))
        mode = "stat -Lc %a /etc/v/podname"
        volume = {"/etc/v": form(items=[NAME], defaultMode=0o400)}
        cases.append(Telling(f"{kind} should set DefaultMode on files", mode, "400\n", volume))
        volume = {"/etc/v": form(items=[{**NAME, "mode": 0o400}])}
        cases.append(Telling(f"{kind} should set mode on item file", mode, "400\n", volume))
    return cases


def empty_dirs() -> list[Telling]:
    """Each user, mode and medium."""
    cases: list[Telling] = []
    for user, number in (("root", 0), ("non-root", 1001)):
        for mode, rights in (("0644", "-rw-r--r--"), ("0666", "-rw-rw-rw-"), ("0777", "-rwxrwxrwx")):
            for medium, source in (("default", {}), ("tmpfs", {"medium": "Memory"})):
                script = (
                    f"f=/test-volume/file; umask 0; echo mount-tester new file > $f; chmod {mode} $f; id -u; "
                    "stat -c '%A %u' $f; cat $f; grep ' /test-volume ' /proc/mounts | cut -d' ' -f3"
                )
                kind = "tmpfs" if medium == "tmpfs" else "(?!tmpfs)[a-z0-9]+"
                says = f"{number}\n{rights} {number}\nmount-tester new file\n{kind}\n"
                security = {"runAsUser": number} if number else {}
                cases.append(
                    Telling(
                        f"EmptyDir volumes should support ({user},{mode},{medium})", script, says,
                        {"/test-volume": {"emptyDir": source}}, pod={"securityContext": security},
                    )
                )  # fmt: skip
    for medium, source in (("default medium", {}), ("tmpfs", {"medium": "Memory"})):
        kind = "tmpfs" if source else "(?!tmpfs)[a-z0-9]+"
        script = "stat -c %A /test-volume; grep ' /test-volume ' /proc/mounts | cut -d' ' -f3"
        cases.append(
            Telling(
                f"EmptyDir volumes volume on {medium} should have the correct mode", script,
                f"drwxrwxrwx\n{kind}\n", {"/test-volume": {"emptyDir": source}},
            )
        )  # fmt: skip
    return cases


def subpath(kind: str, source: dict[str, Any], says: str, key: str = "data-1", path: str = "/etc/sub") -> Telling:
    """One file of a volume, read again and again."""
    mount = {"name": "v0", "mountPath": path, "subPath": key}
    script = f"for n in 1 2 3; do cat {path}; sleep 0.1; done"
    return Telling(
        f"Subpath Atomic writer volumes should support subpaths with {kind}", script, says * 3,
        {"/unused": source}, container={"volumeMounts": [mount]},
    )  # fmt: skip


SUBPATHS = [
    subpath("configmap pod", config(), "value-1"),
    subpath("configmap pod with mountPath of existing file", config(), "value-1", path="/etc/resolv.conf"),
    subpath("secret pod", secret(), "value-1"),
    subpath("projected pod", projected(SOURCE), "value-1"),
    subpath("downward pod", {"downwardAPI": {"items": [NAME]}}, "pod-[0-9]+", key="podname"),
]
WRAPPED = Telling(
    "EmptyDir wrapper volumes should not conflict", "cat /etc/s/data-1 /etc/c/data-2", "value-1value-2",
    {"/etc/s": secret(), "/etc/c": config()},
)  # fmt: skip
CASES = [*CONFIG_MAPS, *SECRETS, *PROJECTED, *downward(), *empty_dirs(), *SUBPATHS, WRAPPED]


@pytest.fixture(scope="module")
def said(cluster: RunningCluster) -> Iterator[dict[str, str]]:
    """What the pods of all cases have said."""
    namespace, other = cluster.make_namespace("volumes"), cluster.make_namespace("volumes-too")
    core = {"apiVersion": "v1", "kind": "ConfigMap"}
    encoded = base64.b64encode(BYTES).decode()
    create(
        cluster, namespace,
        {**core, "metadata": {"name": "config"}, "data": DATA},
        {**core, "metadata": {"name": "binary"}, "data": {"text": "words"}, "binaryData": {"bytes": encoded}},
        {**core, "kind": "Secret", "metadata": {"name": "secret"}, "stringData": DATA},
    )  # fmt: skip
    create(
        cluster, other, {**core, "kind": "Secret", "metadata": {"name": "secret"}, "stringData": {"data-1": "other"}}
    )
    yield all_said(cluster, namespace, CASES)
    cluster.kubectl("delete", "namespace", namespace, other, "--wait=false")


@pytest.mark.parametrize("name", marked(CASES))
def test_pods_find_in_their_volumes_what_belongs_there(said: dict[str, str], name: str) -> None:
    check({name_of(number): case for number, case in enumerate(CASES)}[name], said[name])
