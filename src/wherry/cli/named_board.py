"""How far one service of a cluster is, for who names it and stands in the folder of another, or of none."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence

from wherry.cli.boards import show_board
from wherry.cli.connection import with_client
from wherry.cli.every_board import board_table
from wherry.cli.output import Trouble, note, printable, say
from wherry.cli.where import Where
from wherry.method.done.board import Board, way_out
from wherry.method.done.kept_boards import KeptBoard, boards_in
from wherry.method.done.report.structured import as_document
from wherry.method.evidence.verdict import Word


def find_boards(where: Where, service: str, environment: str | None) -> list[KeptBoard]:
    """The boards of a service, one for each environment, or for the one that is named. Raises Trouble."""
    known = with_client(where.kubeconfig, where.data_dir, boards_in, context=where.context)
    return choose_boards(known, service, environment)


def choose_boards(known: Sequence[KeptBoard], service: str, environment: str | None) -> list[KeptBoard]:
    """Of all boards those that are meant. An environment goes by its name or its namespace. Raises Trouble. Pure."""
    mine = [one for one in known if one.board.service == service]
    if not mine:
        names = sorted({one.board.service for one in known})
        near = difflib.get_close_matches(service, names, n=1)
        there_are = f"one of: {', '.join(names)}" if names else "wherry new NAME, then: wherry release"
        raise Trouble(
            f'there is no folder "{service}", and no service of this cluster is called so',
            remedy=f"wherry done {near[0]}" if near else there_are,
            exit_code=2,
        )
    chosen = [one for one in mine if environment in (None, one.environment, one.namespace)]
    if not chosen:
        names = sorted(one.environment or one.namespace for one in mine)
        raise Trouble(f"{service} has no release in {environment}", remedy=f"one of: {', '.join(names)}", exit_code=2)
    return chosen


def one_board(found: Sequence[KeptBoard], what: str) -> KeptBoard:
    """The board that is meant where only one can be. Raises Trouble."""
    if len(found) > 1:
        names = [one.environment or one.namespace for one in found]
        raise Trouble(
            f"{what} is about one environment, and {found[0].board.service} is in {', '.join(names)}",
            remedy=f"name it: --in {names[0]}",
            exit_code=2,
        )
    return found[0]


def show_named_boards(found: Sequence[KeptBoard], output: str) -> bool:
    """Say how far it is: one environment in full, several as a table; returns whether all of it is done."""
    done = [one for one in found if one.board.is_done]
    if output == "json" and len(found) > 1:
        say(json.dumps([as_document(one.board) for one in found], indent=2, ensure_ascii=False))
    elif output == "junit" or len(found) == 1:
        one = one_board(found, "such a file")
        if one.record is None:
            note(f" Nobody has judged it in {one.namespace} yet: this is what was read and tried before.")
        show_board(one.board, output=output, following=_step(one.board))
    else:
        service = found[0].board.service
        say(f"{service}: done in {len(done)} of {len(found)} environments.")
        board_table(found)
        behind = next((one for one in found if not one.board.is_done), found[0])
        say(printable(f"Next: wherry done {service} --in {behind.environment or behind.namespace}"))
    return len(done) == len(found)


def _step(board: Board) -> str:
    """What comes next, and where to type it."""
    where = f"     (in the repository of {board.service})"
    missing = sorted(board.missing, key=lambda entry: entry.word is not Word.REFUTED)
    return f"{way_out(missing[0])}{where}" if missing else "wherry open"
