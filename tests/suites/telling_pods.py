"""Pods that run to their end and tell what they have found: made all at once, since each takes its half second.

    CASES = [Telling("Secrets should be consumable from pods in volume", "cat /etc/s/key", "value", volumes=...)]

A box passes when everything that its pod says matches, from the first sign to the last.
"""

from __future__ import annotations

import json
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from suites.conformance import box
from suites.running_cluster import IMAGE, RunningCluster
from wherry.client.kubeconfig import load_kubeconfig
from wherry.kit.http.tls import client_context

ENDED = "--for=jsonpath={.status.containerStatuses[0].state.terminated.reason}"


@dataclass(frozen=True, slots=True)
class Telling:
    """One box: what a pod is made of, what its container runs, and the pattern of what it says.

    `volumes` are sources by the path where the container finds them; `container` and `pod` replace fields.
    """

    box: str
    script: str
    says: str
    volumes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    container: Mapping[str, Any] = field(default_factory=dict)
    pod: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def manifest(self, name: str) -> dict[str, Any]:
        """The pod."""
        mounts = [{"name": f"v{n}", "mountPath": path} for n, path in enumerate(self.volumes)]
        container = {"name": "c", "image": IMAGE, "command": ["sh", "-c", self.script], "volumeMounts": mounts}
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": name, **self.metadata},
            "spec": {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 1,
                "containers": [{**container, **self.container}],
                "volumes": [{"name": f"v{n}", **source} for n, source in enumerate(self.volumes.values())],
                **self.pod,
            },
        }


def marked(cases: Sequence[Telling]) -> list[Any]:
    """The cases as parameters of one test, each with its box."""
    return [pytest.param(name_of(number), marks=box(case.box), id=case.box) for number, case in enumerate(cases)]


def name_of(number: int) -> str:
    """What a case's pod is called."""
    return f"pod-{number}"


def all_said(cluster: RunningCluster, namespace: str, cases: Sequence[Telling]) -> dict[str, str]:
    """Run the pods of all cases; what each of them has said, by its name."""
    pods = [case.manifest(name_of(number)) for number, case in enumerate(cases)]
    create(cluster, namespace, *pods)
    names = [f"pod/{name_of(number)}" for number in range(len(cases))]
    # A pod that does not end says nothing, and its own test tells.
    cluster.kubectl("-n", namespace, "wait", *names, ENDED, "--timeout=60s", check=False, timeout_s=100)
    known = load_kubeconfig(cluster.kubeconfig)
    context = client_context(ca_pem=known.ca_pem, identity=known.client_identity)
    logs = f"{known.server}/api/v1/namespaces/{namespace}/pods/{{}}/log"
    return {pod["metadata"]["name"]: _read(logs.format(pod["metadata"]["name"]), context) for pod in pods}


def _read(url: str, context: ssl.SSLContext) -> str:
    """A log, or in its place what the server says about a pod that has none."""
    try:
        with urllib.request.urlopen(url, timeout=30, context=context) as answer:
            text: bytes = answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            text = refused.read()
    return text.decode()


def create(cluster: RunningCluster, namespace: str, *objects: Mapping[str, Any]) -> None:
    """Make objects in one go."""
    listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    cluster.kubectl("-n", namespace, "create", "-f", "-", text=json.dumps(listed))


def check(case: Telling, said: str) -> None:
    """Everything that was said, and nothing else."""
    assert re.fullmatch(case.says, said, re.DOTALL), f"said {said!r}, wanted {case.says!r}"
