from __future__ import annotations

import time

import pytest

from wherry.apimachinery.patterns import PatternError, compile_pattern, matches


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        ("^a+$", "aaa", True),
        ("^a+$", "aab", False),
        ("b", "abc", True),  # anywhere, as in Go
        (r"\p{Lu}", "äÖ", True),
        (r"(?i)WEB", "my-web", True),
        (r"^\d{3}$", "٣٤٥", False),  # digits are ASCII digits
    ],
)
def test_patterns_are_those_of_go(pattern: str, text: str, found: bool) -> None:
    assert matches(pattern, text) is found


def test_a_pattern_that_explodes_elsewhere_is_matched_at_once() -> None:
    started_s = time.monotonic()
    assert not matches("^(a+)+$", "a" * 5_000 + "b")
    assert time.monotonic() - started_s < 0.5


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "error parsing regexp: missing closing ): `(`"),
        ("[a", "error parsing regexp: missing closing ]: `[a`"),
        ("*", "error parsing regexp: missing argument to repetition operator: `*`"),
        (r"(?=a)", "error parsing regexp: "),
        (r"(a)\1", "error parsing regexp: invalid escape sequence: `\\1`"),
        ("a{1001}", "error parsing regexp: "),
    ],
)
def test_what_is_no_pattern_is_told_as_go_tells_it(pattern: str, why: str) -> None:
    with pytest.raises(PatternError) as caught:
        compile_pattern(pattern)
    assert str(caught.value).startswith(why)
    assert not matches(pattern, "anything")
