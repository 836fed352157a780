"""done.toml: the team's own standard, and waivers that end."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from wherry.method.done.agreement import (
    BadAgreement,
    Waiver,
    apply_waivers,
    read_agreement,
    waiver_text,
)
from wherry.method.done.board import Board
from wherry.method.evidence.observation import against, supports
from wherry.method.evidence.verdict import Word, judge

KNOWN = ("logs", "parity")
UNTIL = datetime.date(2026, 3, 31)
REFUTED = judge("parity", [against("Another version in prod.", "deploy", fix="promote")])


def write(folder: Path, text: str) -> Path:
    (folder / "done.toml").write_text(text)
    return folder


def waived(until: str = "2026-03-31") -> str:
    return f'[[waiver]]\ncriterion = "parity"\nwho = "ana"\nwhy = "moves in March"\nuntil = {until}\n'


def test_without_a_file_everything_counts(tmp_path: Path) -> None:
    assert read_agreement(tmp_path, KNOWN).requires == ()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('requires = ["lgos"]', 'there is no criterion "lgos" (there are: logs, parity)'),
        ("requires = 3", "cannot be used"),
        ("[meaning]\nnothing = 'x'", 'there is no criterion "nothing"'),
        ("colour = 1", "cannot be used"),
        ("requires = [", "cannot be used"),
        (waived().replace("ana", " "), "needs a name and a reason"),
        (waived("'soon'"), "cannot be used"),
    ],
)
def test_what_makes_no_sense_is_refused_with_the_reason(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadAgreement, match=r"done\.toml") as error:
        read_agreement(write(tmp_path, text), KNOWN)
    assert words in str(error.value)


def test_a_waiver_counts_to_its_last_day(tmp_path: Path) -> None:
    agreement = read_agreement(write(tmp_path, waived()), KNOWN)
    verdict = apply_waivers(REFUTED, agreement, UNTIL)
    assert verdict.word is Word.WAIVED
    assert verdict.says.startswith("Waived by ana until 2026-03-31: moves in March.")
    assert "Another version in prod." in verdict.says


def test_an_expired_waiver_counts_no_more_and_is_said(tmp_path: Path) -> None:
    agreement = read_agreement(write(tmp_path, waived()), KNOWN)
    verdict = apply_waivers(REFUTED, agreement, UNTIL + datetime.timedelta(days=1))
    assert verdict.word is Word.REFUTED
    assert verdict.says == "Another version in prod. The waiver of ana ended on 2026-03-31."


def test_what_is_true_needs_no_waiver(tmp_path: Path) -> None:
    agreement = read_agreement(write(tmp_path, waived()), KNOWN)
    assert apply_waivers(judge("parity", [supports("Alike.")]), agreement, UNTIL).word is Word.SUPPORTED


def test_a_waiver_that_is_written_is_read_again_whatever_the_reason_says(tmp_path: Path) -> None:
    waiver = Waiver("logs", "ana", 'she said "later"\n[[waiver]]', UNTIL)
    assert read_agreement(write(tmp_path, waiver_text(waiver)), KNOWN).waiver == (waiver,)


def test_the_board_says_in_a_sentence_how_far_it_is(tmp_path: Path) -> None:
    agreement = read_agreement(write(tmp_path, waived()), KNOWN)
    verdicts = (judge("logs", [supports("Fine.")]), apply_waivers(REFUTED, agreement, UNTIL), judge("config", []))
    board = Board("orders", verdicts)
    assert board.sentence == "Done: 1 of 3; 1 waived; 1 not."
    assert not board.is_done
    assert Board("orders", verdicts[:2]).is_done
    assert not Board("orders", ()).is_done
