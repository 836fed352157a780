"""What was found in the container, judged."""

from __future__ import annotations

import pytest

from wherry.method.experiments.dependencies import judge_imports

NOTHING: dict[str, list[list[str]]] = {"fine": [], "missing": [], "later": [], "programs": [], "tools": []}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"missing": [["orders.app", "No module named 'requests'"]]}, "orders.app cannot be imported"),
        ({"later": [["orders.app", "requests"]]}, "orders.app imports requests when it comes to it"),
        ({"programs": [["orders.app", "curl"]]}, "orders.app starts the program curl"),
    ],
)
def test_what_is_not_in_the_image_is_a_counter_example(found: dict[str, list[list[str]]], words: str) -> None:
    seen = judge_imports({**NOTHING, **found})
    assert (seen[0].weight.value, words in seen[0].says) == ("against", True)


def test_a_shell_in_the_image_is_only_noticed() -> None:
    (seen,) = judge_imports({**NOTHING, "tools": ["sh"]})  # type: ignore[list-item]
    assert seen.says == "The image holds programs beside Python: sh."
