"""Who has agreed to what a criterion means, and who has not yet."""

from __future__ import annotations

import datetime

from wherry.method.done.agreement import Agreement, Signed
from wherry.method.done.criteria import BY_ID
from wherry.method.done.meanings import Meaning, mark_of, meanings

DAY = datetime.date(2026, 1, 31)
WORDS = "One line of JSON."
LOGS = BY_ID["logs"].criterion


def logs(meaning: str = WORDS, **agreed: datetime.date | Signed) -> Meaning:
    agreement = Agreement(meaning={"logs": meaning} if meaning else {}, agreed={"logs": agreed})
    (found,) = meanings(agreement, [LOGS], ("ana", "ben"))
    return found


def test_whoever_of_the_team_has_not_agreed_is_named() -> None:
    found = logs(ana=Signed(DAY, mark_of(WORDS)))
    assert (found.agreed, found.missing, found.standing) == ((("ana", DAY),), ("ben",), "some")
    assert logs(ana=DAY, ben=DAY).standing == "all"
    assert logs().standing == "nobody"


def test_other_words_need_another_agreement() -> None:
    found = logs("One line of plain text.", ana=Signed(DAY, mark_of(WORDS)))
    assert (found.agreed, found.outdated, found.missing) == ((), ("ana",), ("ana", "ben"))


def test_a_line_that_is_wrapped_otherwise_says_the_same() -> None:
    assert logs("One line\n  of JSON.", ana=Signed(DAY, mark_of(WORDS))).agreed == (("ana", DAY),)


def test_without_words_there_is_nothing_to_agree_to() -> None:
    assert logs("", ana=DAY).standing == "no words"
