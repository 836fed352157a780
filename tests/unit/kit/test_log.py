from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import orjson
import pytest

from wherry.kit.log import bind, configure, describe, get_logger

log = get_logger("wherry.test")


@pytest.fixture(autouse=True)
def restored() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = before


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


def test_what_is_not_a_terminal_gets_one_json_object_per_line(out: io.StringIO) -> None:
    configure(stream=out)
    log.info("Created pod", pod="default/web", attempts=2, level="mine")
    event = orjson.loads(out.getvalue())
    assert event.pop("time").endswith("Z")
    assert event == {
        "level": "info",
        "logger": "wherry.test",
        "message": "Created pod",
        "pod": "default/web",
        "attempts": 2,
    }


def test_bound_fields_are_on_every_event_inside(out: io.StringIO) -> None:
    configure(json=True, stream=out)
    with bind(controller="job-controller"), bind(key="a/b"):
        log.warning("Waited")
    log.info("Went on")
    first, second = map(orjson.loads, out.getvalue().splitlines())
    assert (first["controller"], first["key"]) == ("job-controller", "a/b")
    assert "key" not in second


def test_an_error_carries_its_trace(out: io.StringIO) -> None:
    configure(json=True, stream=out)
    try:
        raise ValueError("no such thing")
    except ValueError as error:
        log.error("Failed", err=error)
    event = orjson.loads(out.getvalue())
    assert event["err"] == "no such thing"
    assert "Traceback" in event["trace"]


def test_a_person_reads_aligned_lines_and_a_value_cannot_break_them(out: io.StringIO) -> None:
    configure(json=False, stream=out)
    log.info("Pulled 100% of image", image="a\nb", node="n1")
    assert out.getvalue().count("\n") == 1
    assert "Pulled 100% of image" in out.getvalue()
    assert "image='a\\nb' node=n1" in out.getvalue()


def test_levels_hide_what_is_below(out: io.StringIO) -> None:
    configure(json=True, level="warning", stream=out)
    log.debug("No")
    log.info("No")
    assert out.getvalue() == ""


def test_an_exception_without_text_is_described_by_its_type() -> None:
    assert describe(TimeoutError()) == "TimeoutError"
    assert describe("as it is") == "as it is"
