"""What an API server refuses, as an error that says it."""

from __future__ import annotations

from wherry.apimachinery.errors import error_from_status


def test_a_page_in_place_of_an_answer_is_not_read_out() -> None:
    error = error_from_status(b"<!doctype html><html><body>Please sign in</body></html>", 502)
    assert error.message == "HTTP 502, and a page instead of an answer"
