"""The incremental script and the whole table lead to the same state."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from wherry.apimachinery.meta import ObjectKey
from wherry.network.services.nftables import Table, build_table, render_difference
from wherry.network.services.rules import Backend, RuleSet, ServicePortRule

backends = st.lists(st.integers(2, 6), max_size=3, unique=True).map(
    lambda numbers: tuple(Backend(f"10.244.0.{number}", 80) for number in sorted(numbers))
)
ports = st.builds(
    lambda number, node_port, targets, sticky, protocol: ServicePortRule(
        ObjectKey("ns", f"s{number}"), "", f"10.96.0.{number}", protocol, 80, node_port, targets, sticky
    ),
    st.integers(1, 4),
    st.sampled_from([0, 30001, 30002]),
    backends,
    st.booleans(),
    st.sampled_from(["tcp", "udp"]),
)
rule_sets = st.lists(ports, max_size=5, unique_by=lambda rule: (rule.cluster_ip, rule.protocol)).map(
    lambda rules: RuleSet(tuple(sorted(rules)))
)


class Kernel:
    """As much of nft as the scripts need; refuses what nft refuses."""

    def __init__(self) -> None:
        self.chains: dict[str, tuple[str, ...]] = {}
        self.elements: dict[str, dict[str, str]] = {}

    def run(self, script: str) -> None:
        for line in script.splitlines():
            verb, what, _, _, name, *rest = line.split(" ", 5)
            tail = rest[0] if rest else ""
            match verb, what:
                case "add", "chain":
                    self.chains.setdefault(name, ())
                case "flush", "chain":
                    assert name in self.chains
                    self.chains[name] = ()
                case "delete", "chain":
                    assert self.chains[name] == ()
                    assert all(f"goto {name}" not in group.values() for group in self.elements.values())
                    del self.chains[name]
                case "add", "rule":
                    self.chains[name] += (tail,)
                case "add", "element":
                    group = self.elements.setdefault(name, {})
                    for element in tail.strip("{} ").split(", "):
                        key, _, data = element.partition(" : ")
                        assert group.get(key, data) == data, "nft refuses to change an element"
                        assert not data or data.removeprefix("goto ") in self.chains
                        group[key] = data
                case "delete", "element":
                    for key in tail.strip("{} ").split(", "):
                        del self.elements[name][key]
                case _:
                    raise AssertionError(line)

    def table(self) -> Table:
        return Table(self.chains, {name: group for name, group in self.elements.items() if group})


def without_empty(table: Table) -> Table:
    return Table(table.chains, {name: group for name, group in table.elements.items() if group})


@given(st.lists(rule_sets, min_size=1, max_size=4))
def test_differences_one_after_the_other_lead_to_the_same_table_as_the_last_alone(history: list[RuleSet]) -> None:
    kernel = Kernel()
    before = Table()
    for rules in history:
        table = build_table(rules)
        kernel.run(render_difference("t", before, table))
        assert kernel.table() == without_empty(table)
        before = table
    assert render_difference("t", before, build_table(history[-1])) == ""
