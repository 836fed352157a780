"""How far every service of a cluster is, for who stands in the folder of none."""

from __future__ import annotations

import json
from collections.abc import Sequence

from wherry.cli.connection import with_client
from wherry.cli.output import Trouble, printable, say, table
from wherry.cli.where import Where
from wherry.method.done.kept_boards import KeptBoard, boards_in
from wherry.method.done.report.structured import as_document


def show_every_board(where: Where, output: str) -> bool:
    """Say it, as text or json; returns whether all of it is done. Raises Trouble."""
    found = with_client(where.kubeconfig, where.data_dir, boards_in, context=where.context)
    if output == "json":
        say(json.dumps([as_document(one.board) for one in found], indent=2, ensure_ascii=False))
    elif output == "junit":
        raise Trouble(
            "such a file is about one service", remedy="cd into its repository, or: wherry report", exit_code=2
        )
    else:
        _show(found)
    return bool(found) and all(one.board.is_done for one in found)


def _show(found: list[KeptBoard]) -> None:
    done = sum(one.board.is_done for one in found)
    verb = "is" if done == 1 else "are"
    say(f"{done} of {len(found)} services {verb} done." if found else "No service has a release yet.")
    board_table(found)
    say("Next: wherry open     or, in the repository of a service: wherry done" if found else "Next: wherry new NAME")


def board_table(found: Sequence[KeptBoard]) -> None:
    """A line for each board; nothing for none."""
    rows = [
        (
            one.board.service,
            one.namespace,
            one.record.release if one.record else "-",
            one.board.sentence if one.record else f"{one.board.sentence} Nobody has judged it there yet.",
        )
        for one in found
    ]
    if rows:
        table(("SERVICE", "NAMESPACE", "RELEASE", "HOW FAR"), [tuple(map(printable, row)) for row in rows])
