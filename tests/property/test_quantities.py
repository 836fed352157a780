from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from wherry.apimachinery.quantity import (
    VALUE_MAX,
    QuantityError,
    QuantityForm,
    canonical_quantity,
    format_quantity,
    milli_value,
    parse_quantity,
    quantity_form,
    value,
)

SUFFIXES = ["", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-2", "e+1"]
quantities = st.builds(
    "{}{}{}".format,
    st.sampled_from(["", "-", "+"]),
    st.from_regex(r"[0-9]{1,12}(\.[0-9]{0,6})?", fullmatch=True),
    st.sampled_from(SUFFIXES),
)


@given(quantities)
def test_the_canonical_form_means_the_same_and_is_final(text: str) -> None:
    canonical = canonical_quantity(text)
    assert parse_quantity(canonical) == parse_quantity(text)
    assert canonical_quantity(canonical) == canonical


@given(quantities)
def test_whole_and_milli_values_never_lose_anything(text: str) -> None:
    exact = parse_quantity(text)
    assert abs(value(text)) >= abs(exact)
    assert abs(value(text)) - abs(exact) < 1
    assert abs(milli_value(text)) >= abs(exact * 1000)


@given(st.integers(-(10**15), 10**15), st.sampled_from(["DecimalSI", "BinarySI", "DecimalExponent"]))
def test_what_is_printed_reads_back(amount: int, form: QuantityForm) -> None:
    assert parse_quantity(format_quantity(amount, form)) == amount
    milli = Fraction(amount, 1000)
    assert parse_quantity(format_quantity(milli, form)) == milli


@given(st.integers(1, 2**43))
def test_binary_quantities_stay_binary_from_one_kibibyte_on(mebibytes: int) -> None:
    canonical = canonical_quantity(f"{mebibytes}Ki")
    assert quantity_form(canonical) == "BinarySI"


@given(st.text(alphabet="0123456789.+-eEinumkKMGTP ", max_size=12))
def test_any_text_is_a_quantity_within_bounds_or_refused(text: str) -> None:
    try:
        amount = parse_quantity(text)
    except QuantityError:
        return
    assert abs(amount) <= VALUE_MAX
    assert (amount * 10**9).denominator == 1
