"""network/dns.go and network/service.go: what pods find by name, and where Services lead."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from suites.running_cluster import IMAGE, RunningCluster, needs_linux
from suites.telling_pods import Telling, all_said, check, create, marked, name_of

pytestmark = [needs_linux, pytest.mark.linux, pytest.mark.kubectl]

SPACE = "names"
DOMAIN = f"{SPACE}.svc.cluster.local"
NODE_PORT = 30977
IP = r"[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+"
FOUND = rf".*Name:\t{{name}}\nAddress: {IP}\n.*"
CURL = "curl -s -m 5"
SERVE = (
    "mkdir /a /b; echo one > /a/index.html; echo two > /b/index.html; httpd -p 8080 -h /a; exec httpd -f -p 8081 -h /b"
)


def service(name: str, **spec: Any) -> dict[str, Any]:
    ports = [
        {"name": "http", "port": 80, "targetPort": "http"},
        {"name": "other", "port": 81, "targetPort": 8081},
    ]
    metadata = {"name": name}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": "backend"}, "ports": ports, **spec},
    }


BACKEND: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "backend", "labels": {"app": "backend"}},
    "spec": {
        "hostname": "dns-host",
        "subdomain": "headless",
        "terminationGracePeriodSeconds": 0,
        "containers": [
            {
                "name": "c",
                "image": IMAGE,
                "command": ["sh", "-c", SERVE],
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"port": 8080}, "periodSeconds": 1},
            }
        ],
    },
}
ADDRESS = "sed -n 's/^Address: //p' | tail -1"


def found(name: str) -> str:
    """What nslookup says about a name that has an address."""
    return FOUND.format(name=name.replace(".", r"\."))


CASES = [
    Telling(
        "DNS should provide DNS for the cluster", "nslookup -type=a kubernetes.default.svc.cluster.local",
        found("kubernetes.default.svc.cluster.local"),
    ),
    Telling(
        "DNS should provide DNS for services",
        f"nslookup -type=a web.{DOMAIN}; nslookup -type=a headless.{DOMAIN}; "
        f"nslookup -type=srv _http._tcp.web.{DOMAIN}; nslookup $(nslookup -type=a web.{DOMAIN} | {ADDRESS})",
        found(f"web.{DOMAIN}") + found(f"headless.{DOMAIN}") + rf".*service = 0 [0-9]+ 80 web\.{DOMAIN}\n.*"
        rf"name = web\.{DOMAIN}\n.*",
    ),
    Telling(
        "DNS should resolve DNS of partial qualified names for services",
        f"for name in web web.{SPACE} web.{SPACE}.svc web.{DOMAIN}; do {CURL} http://$name; done",
        "one\n" * 4,
    ),
    Telling(
        "DNS should provide DNS for pods for Hostname", f"nslookup -type=a dns-host.headless.{DOMAIN}",
        found(f"dns-host.headless.{DOMAIN}"),
    ),
    Telling(
        "DNS should provide DNS for pods for Subdomain",
        f"nslookup -type=a headless.{DOMAIN}; {CURL} http://dns-host.headless:8080",
        found(f"headless.{DOMAIN}") + "one\n",
    ),
    Telling(
        "DNS should provide /etc/hosts entries for the cluster", "tail -1 /etc/hosts; hostname",
        rf"{IP}\tquerier\.headless\.{DOMAIN}\tquerier\nquerier\n", pod={"hostname": "querier", "subdomain": "headless"},
    ),
    Telling(
        "DNS should support configurable pod DNS nameservers", "cat /etc/resolv.conf",
        "search resolv.conf.local\nnameserver 1.1.1.1\noptions ndots:2\n|nameserver 1.1.1.1\nsearch resolv.conf.local\n"
        "options ndots:2\n",
        pod={
            "dnsPolicy": "None",
            "dnsConfig": {
                "nameservers": ["1.1.1.1"], "searches": ["resolv.conf.local"],
                "options": [{"name": "ndots", "value": "2"}],
            },
        },
    ),
    Telling(
        "Services should serve multiport endpoints from pods", f"{CURL} http://web:80; {CURL} http://web:81",
        "one\ntwo\n",
    ),
    Telling(
        "Services should be able to create a functioning NodePort service",
        f"{CURL} http://open; {CURL} http://$NODE:{NODE_PORT}; {CURL} http://$OPEN_SERVICE_HOST", "one\none\none\n",
        container={"env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "status.hostIP"}}}]},
    ),
    Telling(
        "Networking Granular Checks: Pods should function for intra-pod communication: http",
        f"{CURL} http://$(nslookup -type=a headless.{DOMAIN} | {ADDRESS}):8080", "one\n",
    ),
    Telling(
        "Networking Granular Checks: Pods should function for node-pod communication: http",
        f"{CURL} http://$BACKEND:8080", "one\n", pod={"hostNetwork": True},
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def said(cluster: RunningCluster) -> Iterator[dict[str, str]]:
    """What the pods of all cases have said."""
    cluster.make_namespace(SPACE)
    open_ports = [{"name": "http", "port": 80, "targetPort": "http", "nodePort": NODE_PORT}]
    headless = service("headless", clusterIP="None")
    create(cluster, SPACE, BACKEND, service("web"), headless, service("open", type="NodePort", ports=open_ports))
    cluster.kubectl("-n", SPACE, "wait", "pod/backend", "--for=condition=Ready", "--timeout=40s")
    ip = cluster.jsonpath("pod/backend", "{.status.podIP}", SPACE)
    yield all_said(cluster, SPACE, [replace(case, script=case.script.replace("$BACKEND", ip)) for case in CASES])
    cluster.kubectl("delete", "namespace", SPACE, "--wait=false")


@pytest.mark.parametrize("name", marked(CASES))
def test_names_and_services_lead_where_they_should(said: dict[str, str], name: str) -> None:
    check({name_of(number): case for number, case in enumerate(CASES)}[name], said[name])
