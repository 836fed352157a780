"""A board whose words any file can hold: they may come from a log, with colours and bytes that no document takes.

XML 1.0 forbids most control characters outright, escaped or not, and half of a surrogate pair cannot be written at all.
"""

from __future__ import annotations

import re
from dataclasses import replace

from wherry.method.done.board import Board
from wherry.method.evidence.verdict import Verdict

# Colours, cursor movements (ECMA-48) and titles of windows: nobody misses them.
_TERMINAL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)")
# All but what XML 1.0 (2.2, Char) allows, and the control characters that it and HTML advise against.
_FORBIDDEN = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SHOWN_FOR_IT = "\ufffd"


def plain(text: str) -> str:
    """Text without what a terminal takes for orders; in place of each other forbidden character a sign for it."""
    return _FORBIDDEN.sub(SHOWN_FOR_IT, _TERMINAL.sub("", text))


def plain_board(board: Board) -> Board:
    """The board with plain words only. Pure."""
    return replace(board, service=plain(board.service), verdicts=tuple(map(_verdict, board.verdicts)))


def _verdict(entry: Verdict) -> Verdict:
    observations = tuple(
        replace(one, says=plain(one.says), where=plain(one.where), fix=plain(one.fix), repeat=plain(one.repeat))
        for one in entry.observations
    )
    says, fix, repeat = plain(entry.says), plain(entry.fix), plain(entry.repeat)
    return replace(
        entry, criterion=plain(entry.criterion), says=says, fix=fix, repeat=repeat, observations=observations
    )
