"""Whose socket listens."""

from __future__ import annotations

import pytest

from wherry.method.experiments.port_binding import judge_owner


@pytest.mark.parametrize(
    ("rows", "weight"),
    [
        ([(20001, True, "python3")], "note"),
        ([(20001, False, "python3")], "note"),
        ([(20001, True, "nginx"), (8000, False, "python3")], "against"),
        ([(20001, True, "")], "doubt"),
        ([(8080, True, "python3")], "doubt"),
    ],
)
def test_the_socket_must_belong_to_the_service_itself(rows: list[tuple[int, bool, str]], weight: str) -> None:
    assert judge_owner(20001, rows)[0].weight.value == weight
