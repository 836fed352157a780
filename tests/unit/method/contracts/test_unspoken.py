from __future__ import annotations

from wherry.api.core.pod import PODS, Pod
from wherry.method.contracts.unspoken import (
    Connection,
    Unspoken,
    find_unspoken,
    find_unused,
    read_connections,
    services_by_address,
)

TABLE = """\
ipv4     2 tcp      6 100 ESTABLISHED src=10.1.0.4 dst=10.96.3.7 sport=38818 dport=80 src=10.1.0.9 dst=10.1.0.4 sport=8080 dport=38818 [ASSURED] mark=0 zone=0 use=2
tcp      6 431999 ESTABLISHED src=10.1.0.4 dst=10.1.0.9 sport=38819 dport=8080 src=10.1.0.9 dst=10.1.0.4 sport=8080 dport=38819 [ASSURED] mark=0 use=1
tcp      6 117 SYN_SENT src=10.1.0.1 dst=10.1.0.9 sport=55552 dport=8080 [UNREPLIED] src=10.1.0.9 dst=10.1.0.1 sport=8080 dport=55552 mark=0 use=1
ipv4     2 udp      17 29 src=10.1.0.4 dst=10.96.0.10 sport=5353 dport=53 src=10.1.0.2 dst=10.1.0.4 sport=53 dport=5353 mark=0 use=2
conntrack v1.4.7 (conntrack-tools): 4 flow entries have been shown.
"""  # noqa: E501
OWNERS = {"10.1.0.4": "web", "10.1.0.9": "orders", "10.1.0.10": "orders"}


def pod(address: str, *, host_network: bool = False, **labels: str) -> Pod:
    names = {name.replace("__", "/").replace("_", "."): value for name, value in labels.items()}
    return PODS.from_document(
        {
            "metadata": {"name": "p", "labels": names},
            "spec": {"containers": [], "hostNetwork": host_network},
            "status": {"podIP": address},
        }
    )


def test_connections_are_read_from_the_kernels_table_and_lead_to_the_pod_behind_a_service() -> None:
    web, other = Connection("10.1.0.4", "10.1.0.9", 8080), Connection("10.1.0.1", "10.1.0.9", 8080)
    assert read_connections(TABLE) == [web, web, other]


def test_traffic_between_services_without_a_contract_is_found_and_counted() -> None:
    assert find_unspoken(read_connections(TABLE), OWNERS, []) == [Unspoken("web", "orders", 8080, 2)]


def test_what_has_a_contract_is_not_told_and_its_opposite_direction_is() -> None:
    back = Connection("10.1.0.9", "10.1.0.4", 80)
    assert find_unspoken([*read_connections(TABLE), back], OWNERS, [("web", "orders")]) == [
        Unspoken("orders", "web", 80, 1)
    ]


def test_a_service_that_talks_to_itself_needs_no_contract() -> None:
    assert find_unspoken([Connection("10.1.0.9", "10.1.0.10", 5432)], OWNERS, []) == []


def test_an_address_belongs_to_the_service_that_its_pod_is_labelled_with() -> None:
    pods = [
        pod("10.1.0.4", app="web"),
        pod("10.1.0.9", app="x", wherry_dev__service="orders"),
        pod("192.0.2.1", host_network=True, app="agent"),
        pod("10.1.0.5"),
        pod("", app="starting"),
    ]
    assert services_by_address(pods) == {"10.1.0.4": "web", "10.1.0.9": "orders"}


def test_a_contract_that_nobody_uses_is_found_where_both_sides_run() -> None:
    spoken = [("web", "orders"), ("orders", "web"), ("web", "nobody")]
    assert find_unused(read_connections(TABLE), OWNERS, spoken) == [("orders", "web")]
    assert find_unused([], OWNERS, [("web", "orders")]) == [("web", "orders")]
