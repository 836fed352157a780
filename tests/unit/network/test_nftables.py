from __future__ import annotations

from wherry.apimachinery.meta import ObjectKey
from wherry.network.services.nftables import build_table, render_difference, render_whole
from wherry.network.services.rules import Backend, RuleSet, ServicePortRule
from wherry.network.settings import NetworkSettings

SETTINGS = NetworkSettings(cluster_id="test")


def rules(*ips: str, node_port: int = 0, sticky: bool = False, name: str = "web") -> RuleSet:
    backends = tuple(Backend(ip, 8080) for ip in ips)
    key = ObjectKey("default", name)
    return RuleSet((ServicePortRule(key, "http", "10.96.0.7", "tcp", 80, node_port, backends, sticky),))


def test_one_backend_is_addressed_directly_and_several_by_chance() -> None:
    assert [*build_table(rules("10.244.0.2")).chains.values()] == [("meta l4proto tcp dnat ip to 10.244.0.2:8080",)]
    (rule,) = next(iter(build_table(rules("10.244.0.2", "10.244.0.3")).chains.values()))
    assert rule == (
        "meta l4proto tcp dnat ip addr . port to numgen random mod 2 "
        "map { 0 : 10.244.0.2 . 8080, 1 : 10.244.0.3 . 8080 }"
    )
    (sticky,) = next(iter(build_table(rules("10.244.0.2", "10.244.0.3", sticky=True)).chains.values()))
    assert "to jhash ip saddr mod 2 map" in sticky


def test_a_service_without_backends_is_refused_on_all_its_ports() -> None:
    table = build_table(rules(node_port=30080))
    assert table.chains == {}
    assert table.elements["services"] == {}
    assert table.elements["node-ports-closed"] == {"tcp . 30080": ""}


def test_every_backend_may_reach_itself() -> None:
    assert [*build_table(rules("10.244.0.2")).elements["hairpins"]] == ["10.244.0.2 . 10.244.0.2"]


def test_nothing_changed_is_an_empty_script() -> None:
    table = build_table(rules("10.244.0.2"))
    assert render_difference("t", table, table) == ""


def test_a_new_backend_changes_one_chain_only() -> None:
    old, new = build_table(rules("10.244.0.2")), build_table(rules("10.244.0.2", "10.244.0.3"))
    (chain,) = old.chains
    lines = render_difference("t", old, new).splitlines()
    assert lines == [
        f"flush chain ip t {chain}",
        f"add rule ip t {chain} {new.chains[chain][0]}",
        "add element ip t hairpins { 10.244.0.3 . 10.244.0.3 }",
    ]


def test_a_chain_goes_after_the_elements_that_lead_to_it() -> None:
    old = build_table(rules("10.244.0.2", node_port=30080))
    lines = render_difference("t", old, build_table(RuleSet())).splitlines()
    assert lines[0].startswith("delete element ip t services")
    assert lines[-1].startswith("delete chain ip t svc-")


def test_the_whole_table_replaces_what_was_there() -> None:
    script = render_whole(SETTINGS, build_table(rules("10.244.0.2")))
    name = SETTINGS.name
    assert script.startswith(f"add table ip {name}\ndelete table ip {name}\ntable ip {name} {{\n")
    assert f"add rule ip {name} svc-" in script
