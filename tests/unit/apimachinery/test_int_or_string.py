from __future__ import annotations

import pytest

from wherry.apimachinery.int_or_string import scaled_value


@pytest.mark.parametrize(
    ("value", "total", "up", "down"),
    [(3, 10, 3, 3), ("25%", 10, 3, 2), ("100%", 7, 7, 7), ("0%", 7, 0, 0), ("25%", 4, 1, 1), ("1%", 1, 1, 0)],
)
def test_a_share_is_rounded_as_asked(value: int | str, total: int, up: int, down: int) -> None:
    assert scaled_value(value, total, round_up=True) == up
    assert scaled_value(value, total, round_up=False) == down


@pytest.mark.parametrize("text", ["25", "", "%", "a%", "2.5%"])
def test_other_text_is_refused_in_the_words_of_kubernetes(text: str) -> None:
    with pytest.raises(ValueError, match="invalid value for IntOrString: invalid type: string is not a percentage"):
        scaled_value(text, 10, round_up=True)
