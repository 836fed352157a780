from __future__ import annotations

from wherry.dashboard.detail.log_text import LogText, log_query, plain


def test_codes_for_terminals_are_no_part_of_the_text() -> None:
    assert plain("\x1b[31mred\x1b[0m \x1b]0;title\x07plain\x08\r\n") == "red plain\n"


def test_a_search_knows_no_difference_between_small_and_capital_letters() -> None:
    assert LogText(("An ERROR", "fine", "error 2")).with_text("Error") == ("An ERROR", "error 2")


def test_only_what_is_wanted_is_asked_for() -> None:
    assert log_query("c", previous=True) == "container=c&tailLines=500&limitBytes=2097152&previous=true"
    assert log_query("c", previous=False, follow=True) == "container=c&tailLines=500&follow=true"
