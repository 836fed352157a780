"""Counts Services, and the node ports and load balancers that they take.

Source: kubernetes pkg/quota/v1/evaluator/core/services.go.
"""

from __future__ import annotations

import msgspec

from wherry.api.core.service import Service
from wherry.api.quota.counts import count_name
from wherry.api.quota.interface import Evaluator
from wherry.apimachinery.amounts import NANO, ONE, Amount, Amounts

COUNT = count_name("", "services")
NONE = Amount(0)
NAMES = frozenset((COUNT, "services", "services.nodeports", "services.loadbalancers"))


def _usage(thing: msgspec.Struct, now_s: float) -> Amounts:
    assert isinstance(thing, Service)
    is_balanced = thing.spec.type == "LoadBalancer"
    return {
        COUNT: ONE,
        "services": ONE,
        "services.nodeports": Amount(_node_ports(thing) * NANO),
        "services.loadbalancers": ONE if is_balanced else NONE,
    }


def _node_ports(service: Service) -> int:
    spec = service.spec
    if spec.type == "NodePort":
        return len(spec.ports)
    if spec.type != "LoadBalancer":
        return 0
    if spec.allocate_load_balancer_node_ports is False:
        return sum(1 for port in spec.ports if port.node_port)
    return len(spec.ports)


def _cost_changed(old: msgspec.Struct, new: msgspec.Struct) -> bool:
    return _usage(old, 0.0) != _usage(new, 0.0)


SERVICES_QUOTA = Evaluator(
    usage=_usage, covers=NAMES.__contains__, charged_updates=frozenset({""}), cost_changed=_cost_changed
)
