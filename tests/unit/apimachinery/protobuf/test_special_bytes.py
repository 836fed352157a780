"""Times, quantities and numbers that may be names, on their way to protobuf and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.protobuf_encoding import varint as varint_by_hand
from wherry.apimachinery.protobuf.decode import decode_message
from wherry.apimachinery.protobuf.special import CONVERSIONS
from wherry.apimachinery.protobuf.special_bytes import CHOICES, WRITERS, varint


def test_every_message_that_is_read_in_another_form_is_written_so_too() -> None:
    assert set(CONVERSIONS) == set(WRITERS) | set(CHOICES)


@given(st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1))
def test_numbers_are_written_as_protobuf_writes_them(number: int) -> None:
    assert varint(number) == varint_by_hand(number)


@pytest.mark.parametrize(
    "value", ["2026-11-27T22:46:16Z", "1970-01-01T00:00:01Z", "1969-12-31T23:59:59Z", "9999-12-31T23:59:59Z"]
)
def test_times_come_back(value: str) -> None:
    status = {"lastTransitionTime": value}
    written = WRITERS["meta/v1.Time"](value)
    assert CONVERSIONS["meta/v1.Time"](decode_message("meta/v1.Time", written), 0) == status["lastTransitionTime"]


@pytest.mark.parametrize("value", ["2026-11-27T22:46:16.000001Z", "1969-12-31T23:59:59.999999Z"])
def test_microseconds_come_back(value: str) -> None:
    written = WRITERS["meta/v1.MicroTime"](value)
    assert CONVERSIONS["meta/v1.MicroTime"](decode_message("meta/v1.MicroTime", written), 0) == value


def test_no_time_is_nothing() -> None:
    assert WRITERS["meta/v1.Time"](None) == b""
