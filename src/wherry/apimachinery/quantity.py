"""Amounts as Kubernetes writes them: 500m, 1Gi, 2.

A quantity is a decimal number and a suffix: decimal (n u m k M G T P E), binary (Ki Mi Gi Ti Pi Ei) or
an exponent (e3, E-6). All arithmetic is exact. As in Kubernetes, the finest step is one billionth (a
finer amount is rounded away from zero, since whoever asks for a little should not get nothing) and the
largest amount is 2**63-1 (anything above counts as that), so that `1e1000` is harmless.

Source: kubernetes apimachinery, pkg/api/resource/quantity.go.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from typing import Literal

QuantityText = str | int | float
"""A quantity on the wire: text such as "500m" or "1Gi", or a bare number."""

QuantityForm = Literal["DecimalSI", "BinarySI", "DecimalExponent"]
"""How a quantity was written, which decides how it is printed."""

VALUE_MAX = 2**63 - 1

FORMAT_WRONG = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
SUFFIX_WRONG = "unable to parse quantity's suffix"

# Each part takes all that it can and gives nothing back: a million digits are looked at once.
_SHAPE = re.compile(r"([+-]?)(?:([0-9]++)(?:\.([0-9]*+))?|\.([0-9]++))([eEinumkKMGTP]*+[-+]?[0-9]*+)")
_DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_SUFFIX_OF_EXPONENT = {exponent: suffix for suffix, exponent in _DECIMAL_SUFFIXES.items()}
_SUFFIX_OF_POWER = {power: suffix for suffix, power in _BINARY_SUFFIXES.items()} | {0: ""}
_NANO = 10**9

# Beyond this many digits a number is above the largest amount, or below the finest step, whatever follows.
_DIGITS_MAX = 60

# What is longer than anybody writes is not remembered.
_REMEMBERED_LENGTH_MAX = 64


class QuantityError(ValueError):
    """The text is not a quantity."""


def parse_quantity(quantity: QuantityText) -> Fraction:
    """The exact amount.

    Raises:
        QuantityError: with the words of Kubernetes.
    """
    return _parse(_text_of(quantity))[0]


def quantity_form(quantity: QuantityText) -> QuantityForm:
    """Whether it is written with a decimal suffix, a binary suffix or an exponent."""
    return _parse(_text_of(quantity))[1]


def value(quantity: QuantityText) -> int:
    """The amount in whole units, rounded away from zero: bytes of `1Gi`."""
    return _scaled(_text_of(quantity), 1)


def milli_value(quantity: QuantityText) -> int:
    """The amount in thousandths, rounded away from zero: 500 for half a CPU."""
    return _scaled(_text_of(quantity), 1000)


def canonical_quantity(quantity: QuantityText) -> str:
    """The one way in which Kubernetes prints this amount: 1024Mi is 1Gi, 0.5 is 500m."""
    text = _text_of(quantity)
    return _canonical(text) if len(text) <= _REMEMBERED_LENGTH_MAX else format_quantity(*_parse_anew(text))


@lru_cache(maxsize=4096)
def _canonical(text: str) -> str:
    return format_quantity(*_remembered(text))


def format_quantity(amount: Fraction | int, form: QuantityForm = "DecimalSI") -> str:
    """Print an amount without fraction digits and with the largest suffix that allows it.

    The binary form falls back to the decimal one below 1024 and for fractions of a unit.
    """
    exact = Fraction(amount)
    if not exact:
        return "0"
    if form == "BinarySI" and abs(exact) >= 1024 and exact.denominator == 1:
        return _format_binary(exact.numerator)
    nano = _round_away(exact * _NANO)
    exponent = -9
    while nano % 1000 == 0 and (exponent < 18 or form == "DecimalExponent"):
        nano //= 1000
        exponent += 3
    if form == "DecimalExponent":
        return f"{nano}e{exponent}" if exponent else str(nano)
    return f"{nano}{_SUFFIX_OF_EXPONENT[exponent]}"


def _format_binary(amount: int) -> str:
    power = 0
    while amount % 1024 == 0 and power < 60:
        amount //= 1024
        power += 10
    return f"{amount}{_SUFFIX_OF_POWER[power]}"


def _text_of(quantity: QuantityText) -> str:
    if isinstance(quantity, str):
        return quantity
    if isinstance(quantity, bool):
        raise QuantityError(FORMAT_WRONG)
    return repr(quantity)


def _parse(text: str) -> tuple[Fraction, QuantityForm]:
    return _remembered(text) if len(text) <= _REMEMBERED_LENGTH_MAX else _parse_anew(text)


@lru_cache(maxsize=4096)
def _remembered(text: str) -> tuple[Fraction, QuantityForm]:
    return _parse_anew(text)


def _parse_anew(text: str) -> tuple[Fraction, QuantityForm]:
    match = _SHAPE.fullmatch(text)
    if match is None:
        raise QuantityError(FORMAT_WRONG)
    sign, whole, fraction, bare_fraction, suffix = match.groups()
    form, base, exponent = _interpret(suffix)
    amount = _amount((whole or "0").lstrip("0"), fraction or bare_fraction or "", base, exponent)
    return (-amount if sign == "-" else amount), form


def _scaled(text: str, factor: int) -> int:
    if len(text) > _REMEMBERED_LENGTH_MAX:
        return _round_away(_parse_anew(text)[0] * factor)
    return _scaled_remembered(text, factor)


@lru_cache(maxsize=4096)
def _scaled_remembered(text: str, factor: int) -> int:
    # The scheduler asks for the same few amounts over and over; this saves the fractions.
    return _round_away(_remembered(text)[0] * factor)


def _interpret(suffix: str) -> tuple[QuantityForm, int, int]:
    """The form of a suffix, and what it multiplies with, as base and exponent."""
    if suffix in _DECIMAL_SUFFIXES:
        return "DecimalSI", 10, _DECIMAL_SUFFIXES[suffix]
    if suffix in _BINARY_SUFFIXES:
        return "BinarySI", 2, _BINARY_SUFFIXES[suffix]
    if re.fullmatch(r"[eE][-+]?[0-9]{1,18}", suffix):
        return "DecimalExponent", 10, int(suffix[1:])
    raise QuantityError(SUFFIX_WRONG)


def _amount(whole: str, fraction: str, base: int, exponent: int) -> Fraction:
    digits = (whole + fraction).lstrip("0")
    if not digits:
        return Fraction(0)
    if base == 10:
        magnitude = len(digits) - len(fraction) + exponent
        if magnitude > _DIGITS_MAX:
            return Fraction(VALUE_MAX)
        if magnitude < -_DIGITS_MAX:
            return Fraction(1, _NANO)
    elif len(whole) > _DIGITS_MAX:
        return Fraction(VALUE_MAX)
    # Digits far below the finest step only decide whether to round: one of them is as good as thousands.
    scale = len(fraction)
    excess = len(digits) - 2 * _DIGITS_MAX
    if excess > 0:
        digits = digits[:-excess] + ("1" if digits[-excess:].strip("0") else "")
        scale -= excess if len(digits) == 2 * _DIGITS_MAX else excess - 1
    amount = Fraction(int(digits)) * Fraction(10) ** -scale * Fraction(base) ** exponent
    return min(Fraction(_round_away(amount * _NANO), _NANO), Fraction(VALUE_MAX))


def _round_away(amount: Fraction) -> int:
    whole, rest = divmod(abs(amount.numerator), amount.denominator)
    rounded = whole + 1 if rest else whole
    return -rounded if amount < 0 else rounded
