"""Whose an address is."""

from __future__ import annotations

import msgspec
import pytest

from wherry.api.core.pod import Pod, PodSpec, PodStatus
from wherry.api.core.pod_addresses import last_pods_by_address, pods_by_address
from wherry.apimachinery.meta import ObjectMeta


def pod(name: str, address: str, phase: str = "Running", *, host_network: bool = False) -> Pod:
    return Pod(
        metadata=ObjectMeta(name=name),
        spec=PodSpec(containers=(), host_network=host_network),
        status=PodStatus(pod_ip=address, phase=phase),
    )


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_an_address_is_whose_it_is_now_and_not_of_who_had_it(phase: str) -> None:
    now, before = pod("now", "10.0.0.4"), pod("before", "10.0.0.4", phase)
    assert pods_by_address([now, before]) == pods_by_address([before, now]) == {"10.0.0.4": now}
    assert pods_by_address([before]) == {}


def test_an_address_of_a_node_and_one_that_is_not_there_yet_are_nobodys() -> None:
    assert pods_by_address([pod("proxy", "192.0.2.1", host_network=True), pod("new", "", "Pending")]) == {}


def test_who_was_there_last_is_known_until_somebody_else_is() -> None:
    older, newer = pod("older", "10.0.0.4", "Failed"), pod("newer", "10.0.0.4", "Succeeded")
    older = msgspec.structs.replace(older, metadata=ObjectMeta(name="older", creation_timestamp="2026-01-01T00:00:00Z"))
    newer = msgspec.structs.replace(newer, metadata=ObjectMeta(name="newer", creation_timestamp="2026-01-02T00:00:00Z"))
    assert last_pods_by_address([newer, older]) == {"10.0.0.4": newer}
    now = pod("now", "10.0.0.4")
    assert last_pods_by_address([now, newer, older]) == {"10.0.0.4": now}
    assert last_pods_by_address([pod("proxy", "192.0.2.1", host_network=True), pod("new", "", "Pending")]) == {}
