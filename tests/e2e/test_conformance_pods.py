"""common/node/*.go: what pods find in their environment, as whom they run, and what is done when they cannot run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from suites.conformance import box
from suites.running_cluster import IMAGE, RunningCluster, needs_linux
from suites.telling_pods import Telling, all_said, check, create, marked, name_of

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

ENTRY = "entry:1"
"""An image with an entrypoint and arguments."""
IP = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+"


def variables(**sources: Any) -> dict[str, Any]:
    """Environment variables: a text, a field's path, or a source."""
    listed = []
    for name, source in sources.items():
        if isinstance(source, dict):
            listed.append({"name": name, "valueFrom": source})
        elif "." in source:
            listed.append({"name": name, "valueFrom": {"fieldRef": {"fieldPath": source}}})
        else:
            listed.append({"name": name, "value": source})
    return {"env": listed}


def resource(name: str, divisor: str = "1") -> dict[str, Any]:
    return {"resourceFieldRef": {"resource": name, "divisor": divisor}}


def of_kind(kind: str, reference: str, env_name: str, prefixes: str, from_env: str, everything: str) -> list[Telling]:
    """ConfigMaps and Secrets give their values in the same ways."""
    key = {f"{reference}KeyRef": {"name": "values", "key": "data_1"}}
    whole: dict[str, Any] = {f"{reference}Ref": {"name": "values"}}
    odd = ["1-", "$_-", ".-", "&%"]
    return [
        Telling(f"{kind} {from_env}", f"echo ${env_name}", "value-1\n", container=variables(**{env_name: key})),
        Telling(
            f"{kind} {everything}", "env | grep data_ | sort", "data_1=value-1\ndata_2=value-2\np_data_1=value-1\n"
            "p_data_2=value-2\n", container={"envFrom": [whole, {"prefix": "p_", **whole}]},
        ),
        Telling(
            f"{kind} {prefixes}", "tr '\\0' '\\n' < /proc/1/environ | grep data_1 | sort",
            "".join(f"{line}\n" for line in sorted(f"{_quoted(prefix)}data_1=value-1" for prefix in odd)),
            container={"envFrom": [{"prefix": prefix, **whole} for prefix in odd]},
        ),
    ]  # fmt: skip


def _quoted(prefix: str) -> str:
    return "".join(f"[{sign}]" for sign in prefix)


ENVIRONMENT = [
    *of_kind(
        "ConfigMap", "configMap", "CONFIG_DATA_1",
        "should be consumable as environment variable names with various prefixes",
        "should be consumable via environment variable", "should be consumable via the environment",
    ),
    *of_kind(
        "Secrets", "secret", "SECRET_DATA",
        "should be consumable as environment variable names variable names with various prefixes",
        "should be consumable from pods in env vars", "should be consumable via the environment",
    ),
    Telling(
        "Downward API should provide pod name, namespace and IP address as env vars", "echo $NAME $SPACE $IP",
        rf"pod-[0-9]+ pods {IP}\n",
        container=variables(NAME="metadata.name", SPACE="metadata.namespace", IP="status.podIP"),
    ),
    Telling(
        "Downward API should provide pod UID as env vars", "echo $UID_OF", "[0-9a-f-]{36}\n",
        container=variables(UID_OF="metadata.uid"),
    ),
    Telling(
        "Downward API should provide host IP as an env var", "echo $HOST", rf"{IP}\n",
        container=variables(HOST="status.hostIP"),
    ),
    Telling(
        "Downward API should provide hostIPs as an env var", "echo $HOSTS", rf"{IP}\n",
        container=variables(HOSTS="status.hostIPs"),
    ),
    Telling(
        "Downward API should provide container's limits.cpu/memory and requests.cpu/memory as env vars",
        "echo $A $B $C $D", "2 67108864 1 33554432\n",
        container={
            **variables(
                A=resource("limits.cpu"), B=resource("limits.memory"), C=resource("requests.cpu"),
                D=resource("requests.memory"),
            ),
            "resources": {"requests": {"cpu": "250m", "memory": "32Mi"}, "limits": {"cpu": "1250m", "memory": "64Mi"}},
        },
    ),
    Telling(
        "Downward API should provide default limits.cpu/memory from node allocatable", "echo $A $B",
        "[1-9][0-9]* [1-9][0-9]*\n", container=variables(A=resource("limits.cpu"), B=resource("limits.memory")),
    ),
    Telling(
        "Pods should contain environment variables for services", "env | grep FOOSERVICE | sort",
        rf"FOOSERVICE_PORT=tcp://({IP}):8765\nFOOSERVICE_PORT_8765_TCP=tcp://\1:8765\nFOOSERVICE_PORT_8765_TCP_ADDR=\1\n"
        r"FOOSERVICE_PORT_8765_TCP_PORT=8765\nFOOSERVICE_PORT_8765_TCP_PROTO=tcp\nFOOSERVICE_SERVICE_HOST=\1\n"
        r"FOOSERVICE_SERVICE_PORT=8765\n",
    ),
    Telling(
        "Variable Expansion should allow composing env vars into new env vars", "echo $FOOBAR",
        "foo-value;;bar-value\n", container=variables(FOO="foo-value", BAR="bar-value", FOOBAR="$(FOO);;$(BAR)"),
    ),
    Telling(
        "Variable Expansion should allow substituting values in a container's command",
        'TEST_VAR=wrong echo "$(TEST_VAR)"', "test-value\n", container=variables(TEST_VAR="test-value"),
    ),
    Telling(
        "Variable Expansion should allow substituting values in a container's args", "", "test-value\n",
        container={
            **variables(TEST_VAR="test-value"), "command": ["sh", "-c"], "args": ['TEST_VAR=wrong echo "$(TEST_VAR)"'],
        },
    ),
    Telling(
        "Variable Expansion should allow substituting values in a volume subpath",
        "ls /all; touch /own/x; ls /all/$NAME", r"(pod-[0-9]+)\nx\n", {"/all": {"emptyDir": {}}},
        container={
            **variables(NAME="metadata.name"),
            "volumeMounts": [
                {"name": "v0", "mountPath": "/own", "subPathExpr": "$(NAME)"}, {"name": "v0", "mountPath": "/all"},
            ],
        },
    ),
]  # fmt: skip

DEFAULTS = {"image": ENTRY, "command": None}
IMAGES = [
    Telling(
        "Containers should use the image defaults if command and args are blank", "", "entrypoint default arguments\n",
        container=DEFAULTS,
    ),
    Telling(
        "Containers should be able to override the image's default arguments (container cmd)", "",
        "entrypoint override arguments\n", container={**DEFAULTS, "args": ["override", "arguments"]},
    ),
    Telling(
        "Containers should be able to override the image's default command (container entrypoint)", "", "override\n",
        container={**DEFAULTS, "command": ["echo", "override"]},
    ),
    Telling(
        "Containers should be able to override the image's default command and arguments", "",
        "override arguments\n", container={**DEFAULTS, "command": ["echo", "override"], "args": ["arguments"]},
    ),
]  # fmt: skip


def secured(name: str, script: str, says: str, *, pod: dict[str, Any] | None = None, **context: Any) -> Telling:
    return Telling(
        f"Security Context {name}", script, says, container={"securityContext": context},
        pod={"securityContext": pod or {}},
    )  # fmt: skip


RIGHTS = [
    secured(
        "When creating a container with runAsUser should run the container with uid 65534", "id -u", "65534\n",
        runAsUser=65534,
    ),
    secured(
        "When creating a pod with privileged should run the container as unprivileged when false",
        "ip link add dummy1 type dummy 2>&1 && echo made", ".*Operation not permitted\n", privileged=False,
    ),
    secured(
        "When creating a pod with readOnlyRootFilesystem should run the container with writable rootfs when"
        " readOnlyRootFilesystem=false", "touch /checkfile && echo written", "written\n", readOnlyRootFilesystem=False,
    ),
    secured(
        "when creating containers with AllowPrivilegeEscalation should not allow privilege escalation when false",
        "id -u; grep NoNewPrivs /proc/self/status", "1000\nNoNewPrivs:\t1\n", runAsUser=1000,
        allowPrivilegeEscalation=False,
    ),
    secured(
        "should support container.SecurityContext.RunAsUser And container.SecurityContext.RunAsGroup",
        "id -u; id -g", "1001\n2002\n", pod={"runAsUser": 1000}, runAsUser=1001, runAsGroup=2002,
    ),
    secured(
        "should support pod.Spec.SecurityContext.RunAsUser And pod.Spec.SecurityContext.RunAsGroup", "id -u; id -g",
        "1001\n2002\n", pod={"runAsUser": 1001, "runAsGroup": 2002},
    ),
    Telling(
        "Sysctls should support sysctls", "cat /proc/sys/kernel/shm_rmid_forced", "1\n",
        pod={"securityContext": {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "1"}]}},
    ),
    Telling(
        "Kubelet when scheduling a read only busybox container should not write to root filesystem",
        "(echo test > /file) 2>&1", ".*Read-only file system\n",
        container={"securityContext": {"readOnlyRootFilesystem": True}},
    ),
    Telling(
        "Kubelet when scheduling a busybox command in a pod should print the output to logs", "echo 'Hello World'",
        "Hello World\n",
    ),
]  # fmt: skip

MANAGED = "KubeletManagedEtcHosts should test kubelet managed /etc/hosts file"
HEADER = "# Kubernetes-managed hosts file"
HOSTS = [
    Telling(
        "Kubelet when scheduling an agnhost Pod with hostAliases should write entries to /etc/hosts",
        "cat /etc/hosts", rf"{HEADER}.*\n123\.45\.67\.89\tfoo\tbar\n",
        pod={"hostAliases": [{"ip": "123.45.67.89", "hostnames": ["foo", "bar"]}]},
    ),
    Telling(MANAGED, "cat /etc/hosts", rf"{HEADER}\.\n.*"),
    Telling(
        MANAGED, "cat /etc/hosts", "mine\n", {"/own": {"configMap": {"name": "values"}}},
        container={"volumeMounts": [{"name": "v0", "mountPath": "/etc/hosts", "subPath": "hosts"}]},
    ),
    Telling(
        MANAGED, f"grep -c '^{HEADER}[.]$' /etc/hosts; grep -c localhost /etc/hosts", "0\n[1-9][0-9]*\n",
        pod={"hostNetwork": True},
    ),
]  # fmt: skip
CASES = [*ENVIRONMENT, *IMAGES, *RIGHTS, *HOSTS]


@pytest.fixture(scope="module")
def said(cluster: RunningCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the pods of all cases have said."""
    _build_entry_image(cluster, tmp_path_factory.mktemp("entry"))
    namespace = cluster.make_namespace("pods")
    values = {"data_1": "value-1", "data_2": "value-2"}
    core: dict[str, Any] = {"apiVersion": "v1", "metadata": {"name": "values"}}
    service = {"metadata": {"name": "fooservice"}, "spec": {"ports": [{"port": 8765}]}}
    create(
        cluster, namespace,
        {**core, "kind": "ConfigMap", "data": {**values, "hosts": "mine\n"}},
        {**core, "kind": "Secret", "stringData": values},
        {"apiVersion": "v1", "kind": "Service", **service},
    )  # fmt: skip
    yield all_said(cluster, namespace, CASES)
    cluster.kubectl("delete", "namespace", namespace, "--wait=false")


def _build_entry_image(cluster: RunningCluster, directory: Path) -> None:
    (directory / "image.toml").write_text(
        f'name = "{ENTRY}"\nbase = "{IMAGE}"\nentrypoint = ["echo", "entrypoint"]\ncmd = ["default", "arguments"]\n'
    )
    cluster.wherry("image", "build", str(directory))


@pytest.mark.parametrize("name", marked(CASES))
def test_pods_find_what_they_were_promised(said: dict[str, str], name: str) -> None:
    check({name_of(number): case for number, case in enumerate(CASES)}[name], said[name])


EXPANSION = "Variable Expansion should"
FAILS = f"{EXPANSION} fail substituting values in a volume subpath with"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("/tmp", marks=box(f"{FAILS} absolute path")),
        pytest.param("..", marks=box(f"{FAILS} backticks")),
    ],
)
@box(f"{EXPANSION} verify that a failing subpath expansion can be modified during the lifecycle of a container")
def test_a_path_that_leads_out_is_refused_until_it_is_mended(
    cluster: RunningCluster, namespace: str, value: str
) -> None:
    mount = {"name": "v0", "mountPath": "/own", "subPathExpr": "$(PLACE)"}
    case = Telling(
        "", "sleep 1000", "", {"/all": {"emptyDir": {}}},
        container={**variables(PLACE="metadata.annotations['place']"), "volumeMounts": [mount]},
        metadata={"annotations": {"place": value}},
    )  # fmt: skip
    create(cluster, namespace, case.manifest("p"))
    reason = "--for=jsonpath={.status.containerStatuses[0].state.waiting.reason}=CreateContainerConfigError"
    cluster.kubectl("-n", namespace, "wait", "pod/p", reason, "--timeout=30s")
    assert "Failed" in cluster.kubectl("-n", namespace, "get", "events", "-o", "jsonpath={.items[*].reason}").stdout
    cluster.kubectl("-n", namespace, "annotate", "--overwrite", "pod/p", "place=mypath")
    cluster.kubectl("-n", namespace, "wait", "pod/p", "--for=condition=Ready", "--timeout=40s")
