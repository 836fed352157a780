"""Whom the service talks to, and what that says."""

from __future__ import annotations

import pytest

from wherry.method.experiments.peers import Peer, judge_peers


@pytest.mark.parametrize(
    ("peer", "weight"),
    [
        (("10.96.0.7", 5432), "note"),
        (("10.244.0.9", 5432), "note"),
        (("10.96.0.10", 53), "note"),
        (("127.0.0.1", 4000), "note"),
        (("10.96.0.1", 443), "note"),
        (("10.1.1.1", 4317), "note"),
        (("203.0.113.9", 443), "against"),
    ],
)
def test_only_a_peer_that_no_setting_names_speaks_against_the_service(peer: Peer, weight: str) -> None:
    found = judge_peers([peer], frozenset({"10.96.0.7"}), {"10.244.0.9": "orders-db-0"}, "10.96.0.1")
    assert found[0].weight.value == weight


def test_the_sentence_names_whom_it_talks_to() -> None:
    found = judge_peers([("10.96.0.7", 5432)], frozenset({"10.96.0.7"}), {"10.96.0.7": "orders-db"}, "")
    assert [entry.says for entry in found] == [
        "While the journey was played, it talked to orders-db: its settings name them."
    ]
