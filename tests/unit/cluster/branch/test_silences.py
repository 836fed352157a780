from __future__ import annotations

import orjson

from wherry.cluster.branch.silences import SliceEvent, find_silences
from wherry.narrate.forecast import Silence


def at(time_s: float, *endpoints: tuple[str, bool], key: str = "web-1") -> SliceEvent:
    listed = [
        {"addresses": ["10.0.0.1"], "conditions": {"ready": ready}, "nodeName": node} for node, ready in endpoints
    ]
    meta = {"name": key, "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}}
    document = {"metadata": meta, "addressType": "IPv4", "endpoints": listed, "ports": []}
    return SliceEvent(time_s, key, orjson.dumps(document))


def found(start: SliceEvent, *happened: SliceEvent, down: tuple[str, ...] = ()) -> list[Silence]:
    return find_silences([start], happened, frozenset(down), start_s=100.0, end_s=1000.0)


def test_a_service_with_another_node_is_never_silent() -> None:
    assert found(at(0, ("n1", True), ("n2", True)), down=("n1",)) == []


def test_silence_begins_when_the_node_goes_not_when_the_masters_notice() -> None:
    silence = found(at(0, ("n1", True)), at(140, ("n1", False)), at(445, ("n2", True)), down=("n1",))
    assert silence == [Silence(service="web", namespace="shop", lasted_s=345.0, is_over=True)]


def test_a_silence_may_have_no_end() -> None:
    gone = SliceEvent(150, "web-1", None)
    assert found(at(0, ("n1", True)), gone) == [Silence(service="web", namespace="shop", lasted_s=850.0, is_over=False)]


def test_a_service_that_nobody_answered_before_is_not_told() -> None:
    assert found(at(0, ("n1", False)), down=("n1",)) == []


def test_slices_of_one_service_count_together() -> None:
    start = [at(0, ("n1", True)), at(0, ("n2", True), key="web-2")]
    assert find_silences(start, [at(150, key="web-1")], frozenset(), start_s=100.0, end_s=200.0) == []
