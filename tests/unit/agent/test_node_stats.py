"""What a node tells about its use."""

from __future__ import annotations

from suites.controller_objects import NOW_S, pod
from wherry.agent.node_stats import (
    ContainerStats,
    NodeStats,
    PodStats,
    own_metrics,
    resource_metrics,
    summary,
    total,
)
from wherry.runtime.interface import ContainerUsage

USAGE = ContainerUsage(2_500_000_000, 3 << 20, 2 << 20)
WEB = PodStats(pod("web"), [ContainerStats("c", NOW_S - 60, USAGE), ContainerStats("d", NOW_S - 30, USAGE)])
STATS = NodeStats("n1", NOW_S, total(iter([WEB.usage])), 1 << 30, [WEB, PodStats(pod("ended"), [])])


def test_the_summary_adds_up() -> None:
    told = summary(STATS)
    assert told["node"] == {
        "nodeName": "n1",
        "cpu": {"time": "2027-01-15T08:00:00Z", "usageCoreNanoSeconds": 5_000_000_000},
        "memory": {
            "time": "2027-01-15T08:00:00Z",
            "usageBytes": 6 << 20,
            "workingSetBytes": 4 << 20,
            "availableBytes": 1 << 30,
        },
    }
    pods = told["pods"]
    assert isinstance(pods, list)
    web, ended = pods
    assert web["podRef"] == {"name": "web", "namespace": "ns", "uid": "uid-web"}
    assert [each["name"] for each in web["containers"]] == ["c", "d"]
    assert ended["cpu"]["usageCoreNanoSeconds"] == 0


def test_metrics_server_finds_what_it_reads() -> None:
    lines = resource_metrics(STATS).splitlines()
    at_ms = int(NOW_S * 1000)
    for line in (
        f'container_cpu_usage_seconds_total{{container="c",namespace="ns",pod="web"}} 2.5 {at_ms}',
        f'container_memory_working_set_bytes{{container="d",namespace="ns",pod="web"}} 2097152 {at_ms}',
        f'pod_cpu_usage_seconds_total{{namespace="ns",pod="web"}} 5 {at_ms}',
        f"node_memory_working_set_bytes 4194304 {at_ms}",
        f'container_start_time_seconds{{container="c",namespace="ns",pod="web"}} 1799999940 {at_ms}',
        "# TYPE node_cpu_usage_seconds_total counter",
        "resource_scrape_error 0",
    ):
        assert line in lines, line


def test_the_agents_own_numbers() -> None:
    told = own_metrics(STATS)
    assert 'kubelet_node_name{node="n1"} 1\n' in told
    assert "kubelet_running_pods 1\n" in told
    assert 'kubelet_running_containers{container_state="running"} 2\n' in told
