from __future__ import annotations

from ipaddress import IPv4Network, ip_address

from hypothesis import given
from hypothesis import strategies as st

from wherry.agent.simulated.addresses import NODE_NETWORK, POD_NETWORK, AddressPool, node_address


def test_a_holder_keeps_its_address() -> None:
    pool = AddressPool(POD_NETWORK)
    first = pool.assign("a")
    assert pool.assign("b") != first
    assert pool.assign("a") == first


def test_an_address_of_before_is_kept_unless_somebody_has_it() -> None:
    pool = AddressPool(POD_NETWORK)
    assert pool.assign("a", "100.64.0.9") == "100.64.0.9"
    assert pool.assign("b", "100.64.0.9") != "100.64.0.9"


def test_released_addresses_are_used_again_when_all_others_are_taken() -> None:
    pool = AddressPool(IPv4Network("10.0.0.0/30"))
    first, second = pool.assign("a"), pool.assign("b")
    pool.release("a")
    assert pool.assign("c") == first
    pool.release("nobody")
    pool.release("b")
    assert pool.assign("d") == second


@given(st.lists(st.tuples(st.sampled_from("abcdefgh"), st.booleans()), max_size=40))
def test_no_two_holders_ever_have_the_same_address(steps: list[tuple[str, bool]]) -> None:
    pool, held = AddressPool(IPv4Network("10.0.0.0/28")), dict[str, str]()
    for holder, takes in steps:
        if takes:
            held[holder] = pool.assign(holder)
        else:
            pool.release(holder)
            held.pop(holder, None)
        assert len(set(held.values())) == len(held)


def test_nodes_have_addresses_of_their_range() -> None:
    found = {node_address(number) for number in range(1000)}
    assert len(found) == 1000
    assert all(ip_address(address) in NODE_NETWORK for address in found)
