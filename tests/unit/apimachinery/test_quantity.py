from __future__ import annotations

from fractions import Fraction

import pytest

from wherry.apimachinery.quantity import (
    FORMAT_WRONG,
    SUFFIX_WRONG,
    VALUE_MAX,
    QuantityError,
    QuantityText,
    canonical_quantity,
    format_quantity,
    milli_value,
    parse_quantity,
    quantity_form,
    value,
)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("0", 0), ("1", 1), ("+1", 1), ("-1", -1), ("1.", 1), (".5", Fraction(1, 2)), ("0.5", Fraction(1, 2)),
        ("1n", Fraction(1, 10**9)), ("1u", Fraction(1, 10**6)), ("1m", Fraction(1, 1000)), ("1k", 1000),
        ("1M", 10**6), ("1G", 10**9), ("1T", 10**12), ("1P", 10**15), ("1E", 10**18),
        ("1Ki", 2**10), ("1Mi", 2**20), ("1Gi", 2**30), ("1Ti", 2**40), ("1Pi", 2**50), ("1Ei", 2**60),
        ("1e3", 1000), ("1E3", 1000), ("1e-3", Fraction(1, 1000)), ("12e+1", 120), ("1.5Gi", 3 * 2**29),
        (2, 2), (0.5, Fraction(1, 2)), (1e16, 10**16),
    ],
)  # fmt: skip
def test_every_suffix_has_its_exact_value(text: QuantityText, amount: Fraction | int) -> None:
    assert parse_quantity(text) == amount


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("1024Mi", "1Gi"), ("0.5", "500m"), ("1000m", "1"), ("1.5Gi", "1536Mi"), ("1000k", "1M"), ("100m", "100m"),
        ("0", "0"), ("0Gi", "0"), ("1e3", "1e3"), ("1000e0", "1e3"), ("1500e-3", "1500e-3"), ("0.5Ki", "512"),
        ("1Ki", "1Ki"), ("1025", "1025"), ("1.1Ki", "1126400m"), ("-1024Mi", "-1Gi"), ("0.1n", "1n"),
        ("512Ki", "512Ki"), ("2048", "2048"), ("1e0", "1"), (2, "2"), (0.25, "250m"), ("1E", "1E"), ("001", "1"),
    ],
)  # fmt: skip
def test_a_quantity_has_one_canonical_form(text: QuantityText, canonical: str) -> None:
    assert canonical_quantity(text) == canonical


@pytest.mark.parametrize("text", ["", " 1", "1 ", "aoeu", "1.1.M", "1+1.0M", "-", ".", "k", "1,5", "0x10", "½", "1_0"])
def test_text_of_the_wrong_form_is_refused_in_the_words_of_kubernetes(text: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    assert str(caught.value) == FORMAT_WRONG


@pytest.mark.parametrize("text", ["1i", "0.1mi", "1Kii", "1e", "1kk", "3.01e-", "1e99999999999999999999", "1m5"])
def test_an_unknown_suffix_is_refused(text: str) -> None:
    with pytest.raises(QuantityError) as caught:
        parse_quantity(text)
    assert str(caught.value) == SUFFIX_WRONG


def test_the_error_sentence_is_that_of_kubernetes() -> None:
    assert FORMAT_WRONG == (
        "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
    )


@pytest.mark.parametrize("text", ["1e1000", "9" * 5000, "1e999999999999999999", "10E", "8Ei", "9" * 5000 + "Ki"])
def test_what_is_too_large_counts_as_the_largest_amount(text: str) -> None:
    assert parse_quantity(text) == VALUE_MAX
    assert parse_quantity(f"-{text}") == -VALUE_MAX


@pytest.mark.parametrize("text", ["1e-1000", "0.0000000001", "1e-999999999999999999", "0." + "0" * 5000 + "1"])
def test_what_is_too_small_counts_as_one_billionth(text: str) -> None:
    assert parse_quantity(text) == Fraction(1, 10**9)


def test_thousands_of_digits_are_rounded_up_like_few() -> None:
    assert parse_quantity("0.5" + "0" * 6000) == Fraction(1, 2)
    assert parse_quantity("0.5" + "0" * 6000 + "1") == Fraction(500_000_001, 10**9)


def test_amounts_are_rounded_away_from_zero() -> None:
    assert value("1.1") == 2
    assert value("-1.1") == -2
    assert value("1Gi") == 2**30
    assert milli_value("0.5") == 500
    assert milli_value("100u") == 1
    assert milli_value(2) == 2000


def test_a_truth_value_is_no_quantity() -> None:
    with pytest.raises(QuantityError):
        parse_quantity(True)


def test_the_form_is_remembered() -> None:
    assert quantity_form("1Gi") == "BinarySI"
    assert quantity_form("1") == "DecimalSI"
    assert quantity_form("1e3") == "DecimalExponent"
    assert format_quantity(2**30, "BinarySI") == "1Gi"
    assert format_quantity(Fraction(3, 2)) == "1500m"
    assert format_quantity(Fraction(3, 2), "BinarySI") == "1500m"
