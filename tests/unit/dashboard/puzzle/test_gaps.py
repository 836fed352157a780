"""What is missing on the map is suggested: calls without a contract, needs that nobody meets, contracts without use."""

from __future__ import annotations

from typing import Literal

from wherry.dashboard.puzzle.facts import JointFacts, PieceFacts
from wherry.dashboard.puzzle.gaps import find_gaps


def piece(service: str, *, is_published: bool = True) -> PieceFacts:
    return PieceFacts(
        id=f"dev/{service}",
        service=service,
        namespace="dev",
        environment="",
        team="",
        offers=(),
        needs=(),
        pods=1,
        troubled=0,
        is_published=is_published,
    )


def joint(consumer: str, provider: str, word: Literal["Unspoken", "Agreed", "Proposed"]) -> JointFacts:
    return JointFacts(
        id=f"{consumer}-{provider}",
        name="" if word == "Unspoken" else f"{consumer}-{provider}",
        consumer=f"dev/{consumer}",
        provider=f"dev/{provider}",
        word=word,
        why="",
        requests=(),
        agreed_by=(),
        missing=(),
        verified_at="",
        verdict="",
    )


PIECES = (piece("web"), piece("orders"), piece("users"), piece("bank", is_published=False))


def test_traffic_and_configuration_without_a_contract_are_told_once() -> None:
    joints = [joint("web", "users", "Unspoken"), joint("orders", "users", "Agreed")]
    calls = {("web", "orders"), ("web", "users"), ("orders", "users"), ("web", "elsewhere")}
    found = [*find_gaps(PIECES, joints, calls, ())]
    assert [one.says for one in found] == [
        "web calls users: no contract yet.",
        "web is set up to call orders: no contract yet.",
    ]
    assert found[0].step == "wherry contract propose, in the repository of web"


def test_a_need_that_nobody_meets_is_told() -> None:
    (found,) = find_gaps(PIECES, [joint("orders", "bank", "Proposed")], (), ())
    assert found.says == "orders needs bank: nobody offers it yet."


def test_a_contract_that_nobody_uses_is_told_unless_the_configuration_names_it() -> None:
    joints = [joint("web", "orders", "Agreed"), joint("web", "users", "Agreed")]
    unused = [("dev/web", "dev/orders"), ("dev/web", "dev/users")]
    (found,) = find_gaps(PIECES, joints, {("web", "users")}, unused)
    assert found.says == "web and orders have a contract: nobody sees web use it now."


def test_a_whole_puzzle_has_no_gaps() -> None:
    assert [*find_gaps(PIECES, [joint("web", "orders", "Agreed")], {("web", "orders")}, ())] == []
