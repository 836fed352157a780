"""`wherry report`: the board as one file: a page, Markdown, a table, or what build servers and dashboards read."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wherry.cli.output import say
from wherry.cluster.data_dir import DataDir

FORMATS = ("html", "markdown", "csv", "junit", "openreports", "json")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
@click.option("--format", "form", type=click.Choice(FORMATS), default="html", show_default=True)
@click.option("--in", "environment", help="Whose release; the first environment that has one, if not named.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; - or nothing: here.")
@click.pass_obj
def command(data_dir: DataDir, directory: Path, form: str, environment: str | None, output: Path | None) -> None:
    """Write the board for others. The page needs no network: everything is in the one file."""
    import json

    from wherry.cli.judging import board_of
    from wherry.method.done.report.pages import as_html, as_markdown
    from wherry.method.done.report.structured import as_csv, as_document, as_junit, as_open_report

    board = board_of(data_dir, directory, environment)
    now_s = int(time.time())
    if form == "html":
        text = as_html(board, now_s)
    elif form == "markdown":
        text = as_markdown(board, now_s)
    elif form == "csv":
        text = as_csv(board)
    elif form == "junit":
        text = as_junit(board)
    elif form == "openreports":
        import yaml

        text = yaml.safe_dump(as_open_report(board, now_s), sort_keys=False, allow_unicode=True)
    else:
        text = json.dumps(as_document(board), indent=2, ensure_ascii=False) + "\n"
    if output is None or output == Path("-"):
        say(text.rstrip("\n"))
        return
    output.write_text(text, encoding="utf-8")
    say(f"{output} is written: {board.service}: {board.sentence}")
