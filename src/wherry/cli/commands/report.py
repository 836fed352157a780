"""`wherry report`: the board as one file: a page, Markdown, a table, or what build servers and dashboards read."""

from __future__ import annotations

import time
from pathlib import Path

import click

from wherry.cli.output import Trouble, say
from wherry.cli.where import Where, where_options

FORMATS = ("html", "page", "markdown", "csv", "junit", "openreports", "json")


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False), default=Path())
@click.option("--format", "form", type=click.Choice(FORMATS), default="html", show_default=True)
@click.option("--in", "environment", help="Whose release; the first environment that has one, if not named.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file; - or nothing: here.")
@where_options
def command(where: Where, directory: Path, form: str, environment: str | None, output: Path | None) -> None:
    """Write the board for others. The page needs no network: everything is in the one file.

    As a page it has the picture, the puzzle, the releases and the story of the cluster too.
    """
    import json

    from wherry.cli.judging import board_of
    from wherry.method.done.report.pages import as_html, as_markdown
    from wherry.method.done.report.structured import as_csv, as_document, as_junit, as_open_report

    if form == "page":
        _give(output, _whole_page(where), "the picture, the puzzle, the boards, the releases and the story")
        return
    board = board_of(where, directory, environment)
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
    _give(output, text, f"{board.service}: {board.sentence}")


def _give(output: Path | None, text: str, about: str) -> None:
    if output is None or output == Path("-"):
        say(text.rstrip("\n"))
        return
    output.write_text(text, encoding="utf-8")
    say(f"{output} is written: {about}")


def _whole_page(where: Where) -> str:
    """The report that the dashboard makes, of what this person may see."""
    from wherry.apimachinery.errors import Forbidden, NotFound
    from wherry.cli.connection import with_client
    from wherry.client.client import Client
    from wherry.kit.http.types import read_body

    async def ask(client: Client) -> str:
        try:
            return (await read_body(await client.request("GET", "/ui/files/report/report.html"))).decode()
        except Forbidden as error:
            said = f"this cluster has no dashboard, or no such report for you: {error.message}"
            raise Trouble(said, remedy="wherry report --format html") from error
        except NotFound as error:
            raise Trouble("this cluster has no dashboard", remedy="wherry report --format html") from error

    return with_client(where.kubeconfig, where.data_dir, ask, context=where.context)
