from __future__ import annotations

import pytest

from wherry.apimachinery.numerals import whole_number

ENDLESS = "9" * 5000


@pytest.mark.parametrize(
    ("text", "number"), [("0", 0), ("80", 80), ("007", 7), ("9" * 18, 10**18 - 1), (str(2**63 - 1), 2**63 - 1)]
)
def test_digits_are_a_number(text: str, number: int) -> None:
    assert whole_number(text) == number


@pytest.mark.parametrize("text", ["", "-1", "+1", "1.0", "1e3", "0x1", "1_0", " 1", "²", "٣", str(2**63), ENDLESS])
def test_other_text_is_no_number(text: str) -> None:
    assert whole_number(text) is None
