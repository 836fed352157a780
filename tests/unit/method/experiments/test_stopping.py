"""How a stop under load is judged."""

from __future__ import annotations

import pytest

from wherry.method.experiments.stopping import Stop, judge_end, judge_losses, loses

FINE = Stop(sent=70, failed=(), exit_code=0, took_s=2.0, grace_s=15, slow=201)
DROPS = Stop(sent=70, failed=("POST /x: nobody",), exit_code=0, took_s=2.0, grace_s=15, slow=201)
CUT = Stop(sent=70, failed=(), exit_code=0, took_s=2.0, grace_s=15, slow=0, slow_why="closed")


@pytest.mark.parametrize(
    ("exit_code", "took_s", "weights"),
    [
        (0, 1.0, []),
        (143, 1.0, []),
        (137, 1.0, ["against"]),
        (0, 15.0, ["against"]),
        (None, 1.0, ["note"]),
        (3, 1.0, ["note"]),
    ],
)
def test_a_stop_is_judged_by_how_it_ended(exit_code: int | None, took_s: float, weights: list[str]) -> None:
    found = judge_end(Stop(70, (), exit_code, took_s, 15))
    assert [entry.weight.value for entry in found] == weights


@pytest.mark.parametrize(
    ("first", "second", "is_ours", "weight"),
    [
        (FINE, None, True, "note"),
        (DROPS, DROPS, True, "against"),
        (CUT, CUT, True, "against"),
        (DROPS, FINE, True, "doubt"),
        (DROPS, DROPS, False, "doubt"),
    ],
)
def test_requests_are_lost_by_the_service_only_when_it_happens_twice_on_a_cluster_that_leaves_first(
    first: Stop, second: Stop | None, is_ours: bool, weight: str
) -> None:
    assert loses(first) == (second is not None)
    assert judge_losses(first, second, is_ours=is_ours)[0].weight.value == weight


def test_where_no_slow_request_can_be_sent_the_reason_is_said() -> None:
    (found,) = judge_losses(Stop(70, (), 0, 1.0, 15, None, "no exec"), None, is_ours=True)
    assert "no exec" in found.says
