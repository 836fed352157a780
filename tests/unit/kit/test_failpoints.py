from __future__ import annotations

from collections.abc import Iterator

import pytest

from wherry.kit import failpoints


@pytest.fixture(autouse=True)
def _disarm() -> Iterator[None]:
    yield
    failpoints.configure("")


def test_a_place_that_is_not_armed_does_nothing() -> None:
    failpoints.failpoint("anywhere")
    failpoints.configure("elsewhere:error:1")
    failpoints.failpoint("anywhere")


def test_an_armed_place_fails_at_its_turn_and_only_then() -> None:
    failpoints.configure("here:error:3,there:error:1")
    failpoints.failpoint("here")
    failpoints.failpoint("here")
    with pytest.raises(OSError, match="here"):
        failpoints.failpoint("here")
    failpoints.failpoint("here")
    with pytest.raises(OSError, match="there"):
        failpoints.failpoint("there")


@pytest.mark.parametrize("spec", ["here", "here:kill", "here:explode:1", "here:kill:0", ":kill:1", "here:kill:x"])
def test_a_spec_that_makes_no_sense_is_refused(spec: str) -> None:
    with pytest.raises(ValueError, match="invalid failpoint"):
        failpoints.configure(spec)
