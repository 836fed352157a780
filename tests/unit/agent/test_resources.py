from __future__ import annotations

import msgspec
import pytest

from wherry.agent.container_config import build_security
from wherry.agent.environment import ConfigError
from wherry.agent.pod_files import ClusterDns, hostname_of, hosts_file, resolv_conf
from wherry.agent.resources import cgroup_parent, container_resources, oom_score_adj
from wherry.api.core.pod import Pod
from wherry.api.core.qos import compute_qos_class
from wherry.apimachinery.document import Document
from wherry.runtime.interface import ImageConfig, Security

GIB = 2**30
DNS = ClusterDns("10.96.0.10", "cluster.local")


def pod(resources: Document | None = None, container: Document | None = None, **spec: object) -> Pod:
    containers = [{"name": "c", "resources": resources or {}, **(container or {})}]
    meta = {"name": "web", "namespace": "shop", "uid": "u1"}
    return msgspec.convert({"metadata": meta, "spec": {"containers": containers, **spec}}, Pod)


BOTH = {"cpu": "500m", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "quality", "score"),
    [
        ({}, "BestEffort", 1000),
        ({"limits": BOTH}, "Guaranteed", -997),
        ({"limits": BOTH, "requests": BOTH}, "Guaranteed", -997),
        ({"requests": BOTH}, "Burstable", 750),
        ({"limits": {"memory": "1Gi"}}, "Burstable", 750),
        ({"limits": BOTH, "requests": {"cpu": "100m"}}, "Burstable", 750),
        ({"requests": {"cpu": "1m"}}, "Burstable", 999),
        ({"requests": {"memory": "4Gi"}}, "Burstable", 3),
        ({"requests": {"cpu": "0"}}, "BestEffort", 1000),
    ],
)
def test_quality_of_service_and_who_is_killed_first(resources: Document, quality: str, score: int) -> None:
    one = pod(resources)
    assert compute_qos_class(one.spec) == quality
    assert oom_score_adj(one.spec.containers[0], one.spec, 4 * GIB) == score


def test_limits_become_weights_quotas_and_bytes() -> None:
    one = pod({"requests": {"cpu": "250m"}, "limits": {"cpu": "1500m", "memory": "64Mi"}})
    resources = container_resources(one.spec.containers[0], one.spec, GIB)
    assert (resources.cpu_shares, resources.cpu_quota_us, resources.cpu_period_us) == (256, 150_000, 100_000)
    assert resources.memory_limit_bytes == 64 * 2**20


def test_without_limits_nothing_is_limited() -> None:
    one = pod()
    resources = container_resources(one.spec.containers[0], one.spec, GIB)
    assert (resources.cpu_shares, resources.cpu_quota_us, resources.memory_limit_bytes) == (2, None, None)


def test_a_pod_has_its_own_control_group() -> None:
    assert cgroup_parent("u1", pod().spec) == "/kubepods/besteffort/podu1"
    assert cgroup_parent("u1", pod({"limits": BOTH}).spec) == "/kubepods/podu1"


def test_names_are_answered_by_the_cluster_first() -> None:
    machine = "nameserver 192.0.2.53\nsearch example.org\noptions timeout:1\n"
    assert resolv_conf(pod(), DNS, machine) == (
        "search shop.svc.cluster.local svc.cluster.local cluster.local example.org\n"
        "nameserver 10.96.0.10\noptions ndots:5\n"
    )


def test_other_dns_policies() -> None:
    machine = "nameserver 192.0.2.53\nsearch example.org\n"
    assert resolv_conf(pod(dnsPolicy="Default"), DNS, machine) == "search example.org\nnameserver 192.0.2.53\n"
    assert resolv_conf(pod(hostNetwork=True), DNS, machine) == "search example.org\nnameserver 192.0.2.53\n"
    own = {"nameservers": ["1.1.1.1"], "searches": ["my.org"], "options": [{"name": "ndots", "value": "2"}]}
    assert resolv_conf(pod(dnsPolicy="None", dnsConfig=own), DNS, machine) == (
        "search my.org\nnameserver 1.1.1.1\noptions ndots:2\n"
    )
    assert resolv_conf(pod(dnsConfig=own), DNS, "").endswith("nameserver 1.1.1.1\noptions ndots:2\n")


def test_the_hosts_file_is_kubernetes_own() -> None:
    one = pod(subdomain="db", hostname="one", hostAliases=[{"ip": "10.0.0.9", "hostnames": ["a", "b"]}])
    lines = hosts_file(one, "10.244.0.5", "cluster.local").splitlines()
    assert lines[0] == "# Kubernetes-managed hosts file."
    assert "10.244.0.5\tone.db.shop.svc.cluster.local\tone" in lines
    assert lines[-2:] == ["# Entries added by HostAliases.", "10.0.0.9\ta\tb"]
    assert hosts_file(pod(hostNetwork=True), "", "x", "127.0.0.1 me\n").splitlines()[1] == "127.0.0.1 me"


def test_long_pod_names_become_valid_host_names() -> None:
    one = msgspec.structs.replace(pod(), metadata=msgspec.structs.replace(pod().metadata, name="a" * 62 + "-b"))
    assert hostname_of(one) == "a" * 62


def security(container: Document, shared: Document | None = None, image_user: str = "") -> Security:
    one = pod(container={"securityContext": container}, securityContext=shared or {})
    return build_security(one, one.spec.containers[0], ImageConfig(user=image_user))


def test_a_containers_own_rights_win_over_the_pods() -> None:
    result = security(
        {"runAsUser": 5, "capabilities": {"add": ["NET_ADMIN"], "drop": ["all"]}, "allowPrivilegeEscalation": False},
        {"runAsUser": 4, "runAsGroup": 4, "fsGroup": 7, "supplementalGroups": [8]},
    )
    assert (result.user, result.group, result.supplemental_groups) == (5, 4, (8, 7))
    assert (result.capabilities_add, result.capabilities_drop) == (("CAP_NET_ADMIN",), ("ALL",))
    assert (result.no_new_privileges, result.seccomp) == (True, "RuntimeDefault")


def test_a_privileged_container_is_unconfined() -> None:
    assert security({"privileged": True}).seccomp == "Unconfined"


@pytest.mark.parametrize(
    ("container", "image_user", "message"),
    [
        ({"runAsNonRoot": True}, "", "container has runAsNonRoot and image will run as root"),
        ({"runAsNonRoot": True}, "web", "image has non-numeric user (web), cannot verify user is non-root"),
        ({"runAsNonRoot": True, "runAsUser": 0}, "5", "container's runAsUser breaks non-root policy"),
    ],
)
def test_root_is_refused_where_it_was_ruled_out(container: Document, image_user: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        security(container, image_user=image_user)
    assert message in str(caught.value)


def test_a_numeric_user_of_the_image_is_good_enough() -> None:
    assert security({"runAsNonRoot": True}, image_user="1000:1000").run_as_non_root
