"""The fence around a copy: which names it knows, and which addresses it may reach."""

from __future__ import annotations

from wherry.method.experiments.fenced_in import fence, names_of


def test_a_fenced_in_copy_knows_the_declared_names_and_has_nobody_to_ask_for_others() -> None:
    pod = names_of({"orders-db": ["10.96.0.7"], "10.0.0.1": ["10.0.0.1"], "gone": []})
    assert pod["dnsPolicy"] == "None"
    assert pod["dnsConfig"] == {"nameservers": ["127.0.0.1"]}
    assert pod["hostAliases"] == [{"ip": "10.96.0.7", "hostnames": ["orders-db"]}]


def test_the_policy_lets_it_reach_its_own_namespace_and_the_declared_addresses() -> None:
    spec = fence(["10.0.0.1", "fd00::1"])["spec"]
    assert isinstance(spec, dict)
    assert spec["policyTypes"] == ["Egress"]
    blocks = [entry["to"][0].get("ipBlock", {}).get("cidr") for entry in spec["egress"]]
    assert blocks == [None, "10.0.0.1/32", "fd00::1/128"]
