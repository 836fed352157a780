"""`wherry done`: the board of a release, and the gate: exit code 0 when it is done."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wherry.cli.output import Trouble, printable, say, table
from wherry.cli.where import Where, where_options

if TYPE_CHECKING:
    from wherry.api.method.board import BoardSpec


@click.command()
@click.argument("which", metavar="[DIRECTORY|SERVICE]", default="")
@click.option("--in", "environment", help="Whose release; the first environment that has one, if not named.")
@click.option("-o", "--output", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True)
@click.option(
    "--backlog",
    is_flag=False,
    flag_value="md",
    type=click.Choice(("md", "csv", "json")),
    help="What is not done, as backlog items with criteria.",
)
@click.option("--only", metavar="CRITERION", default="", help="With --backlog: the item of this criterion alone.")
@click.option("--review", metavar="NAME", help="Mark this moment, such as: Sprint 12.")
@click.option(
    "--since",
    metavar="REVIEW|TIME",
    help="What has changed since a review (last: the last one), or since a time.",
)
@where_options
def command(
    where: Where,
    which: str,
    environment: str | None,
    output: str,
    backlog: str | None,
    only: str,
    review: str | None,
    since: str | None,
) -> None:
    """Is the release done, by the team's own Definition of Done? Exit code 0: yes. 1: no.

    The board is kept in the cluster, so that everybody can see how it changes. Outside of a service's folder: how far
    each service of the cluster is. With the name of a service: what the cluster knows of it.
    """
    from wherry.cli.boards import after_board, show_board
    from wherry.cli.delivery.stage import project_or_none
    from wherry.cli.judging import judged
    from wherry.cli.keeping import keep

    directory = _folder(which)
    if directory is None:
        if only:
            _check_only(only, is_backlog=backlog is not None)
        _judge_by_name(where, which, environment, output, backlog, only, review, since)
        return
    if project_or_none(directory) is None and (environment, backlog, review, since) == (None,) * 4:
        from wherry.cli.every_board import show_every_board

        sys.exit(0 if show_every_board(where, output) else 1)
    if only:
        _check_only(only, is_backlog=backlog is not None)
    found = judged(where, directory, environment)
    board = found.board
    if backlog is not None:
        from wherry.method.backlog import FORMATS
        from wherry.method.done.backlog import heading, items

        say(FORMATS[backlog](heading(board), items(board, only)).rstrip("\n"))
        return
    kept = keep(where, found, review=(review or "").strip())
    if review is not None or since is not None:
        if kept is None:
            raise Trouble(
                f"nothing of {board.service} is released where its board could be kept, so no change is remembered",
                remedy="wherry release, then: wherry done --review NAME",
            )
        _show_changes(kept, since or "") if review is None else _show_progress(kept)
        return
    stands = found.release.spec.environment if found.release is not None else ""
    show_board(board, output=output, following=after_board(board, tuple(found.project.environments), stands))
    if not board.is_done:
        sys.exit(1)


def _folder(which: str) -> Path | None:
    """The folder that is meant; None for a service that has none here. Raises Trouble for what can be neither."""
    from wherry.cli.delivery.stage import project_or_none
    from wherry.method.project import DNS_LABEL

    if Path(which).is_dir():
        return Path(which)
    if not DNS_LABEL.fullmatch(which):
        raise Trouble(
            f"there is no folder {which}", remedy="name one, or a service of the cluster: wherry done NAME", exit_code=2
        )
    here = project_or_none()
    return Path() if here is not None and here.name == which else None


def _judge_by_name(
    where: Where,
    service: str,
    environment: str | None,
    output: str,
    backlog: str | None,
    only: str,
    review: str | None,
    since: str | None,
) -> None:
    """The same for a service whose repository is not here. Raises Trouble."""
    from wherry.cli.named_board import find_boards, one_board, show_named_boards

    if review is not None:
        raise Trouble(
            "a review is marked where the service is judged anew",
            remedy=f"in the repository of {service}: wherry done --review NAME",
            exit_code=2,
        )
    found = find_boards(where, service, environment)
    if backlog is not None:
        from wherry.method.backlog import FORMATS
        from wherry.method.done.backlog import heading, items

        board = one_board(found, "a backlog").board
        say(FORMATS[backlog](heading(board), items(board, only)).rstrip("\n"))
    elif since is not None:
        kept = one_board(found, "what has changed").record
        if kept is None:
            raise Trouble(
                f"nobody has judged {service} there yet, so no change is remembered",
                remedy=f"in its repository: wherry done --in {found[0].environment}",
            )
        _show_changes(kept, since)
    elif not show_named_boards(found, output):
        sys.exit(1)


def _check_only(criterion: str, *, is_backlog: bool) -> None:
    from wherry.method.done.criteria import KNOWN

    if criterion not in KNOWN:
        raise Trouble(f'there is no criterion "{criterion}"', remedy=f"one of: {', '.join(KNOWN)}", exit_code=2)
    if not is_backlog:
        raise Trouble(
            "--only chooses a backlog item, and no backlog was asked for",
            remedy=f"wherry done --backlog --only {criterion}",
            exit_code=2,
        )


def _show_progress(kept: BoardSpec) -> None:
    """The burn-up: how many criteria were done, at each review."""
    from wherry.method.done.history import progress

    *_, now = points = progress(kept)
    say(printable(f"{kept.service}: {kept.reviews[-1].name} is marked, with {now.done} of {now.total} criteria done."))
    rows = [(one.at, one.name, f"{one.done} of {one.total}", "█" * one.done) for one in points]
    table(("WHEN", "WHAT", "DONE", ""), [tuple(map(printable, row)) for row in rows])
    say("Next: wherry done --since last")


def _show_changes(kept: BoardSpec, since: str) -> None:
    from wherry.method.done.history import DONE_WORDS, changes_since

    at, name = _moment(kept, since)
    found = changes_since(kept, at)
    better = sum(one.after in DONE_WORDS and one.before not in DONE_WORDS for one in found)
    worse = sum(one.before in DONE_WORDS and one.after not in DONE_WORDS for one in found)
    changed = f"{len(found)} verdict{'s have' if len(found) > 1 else ' has'} changed"
    what = f"{changed}; {better} more done, {worse} no longer" if found else "nothing has changed"
    say(printable(f"{kept.service} since {name} ({at}): {what}."))
    rows = [(one.criterion, one.before or "-", one.after or "-", one.at, one.release) for one in found]
    if rows:
        table(("CRITERION", "WAS", "IS", "SINCE", "RELEASE"), [tuple(map(printable, row)) for row in rows])
    say("Next: wherry done")


def _moment(kept: BoardSpec, text: str) -> tuple[str, str]:
    """The time that is meant, and its name. Raises Trouble."""
    import time

    from wherry.apimachinery.timestamps import format_time
    from wherry.narrate.when import parse_since

    wanted = text.strip()
    if wanted.lower() in ("last", "last review") and kept.reviews:
        return kept.reviews[-1].at, kept.reviews[-1].name
    for review in reversed(kept.reviews):
        if review.name.lower() == wanted.lower():
            return review.at, review.name
    try:
        return format_time(int(parse_since(wanted, time.time()))), wanted
    except ValueError as error:
        known = ", ".join(review.name for review in kept.reviews) or "none yet: wherry done --review NAME"
        message = f'no review is called "{wanted}", and it is no time'
        raise Trouble(message, remedy=f"reviews: {known}", exit_code=2) from error
