"""What is left of one criterion as a backlog item: the very text of `wherry done --backlog`, to copy or to save."""

from __future__ import annotations

from collections.abc import Sequence

from wherry.apimachinery.errors import NotFound
from wherry.dashboard.boards import ReleaseBoard, read_board
from wherry.dashboard.live import Live
from wherry.dashboard.markup import link, text, twin, url
from wherry.method.backlog import FORMATS
from wherry.method.done.backlog import heading, items

NAMES = {"md": "Markdown", "csv": "CSV", "json": "JSON"}
ROWS = 16


def written(found: ReleaseBoard, criterion: str, form: str) -> str:
    """The item in one of the forms; "" where nothing is left."""
    left = items(found.board, criterion)
    return FORMATS[form](heading(found.board), left) if left else ""


def backlog_item(found: ReleaseBoard, criterion: str) -> str:
    """The section of the page."""
    content = written(found, criterion, "md")
    if not content:
        return '<section id="backlog"><h2>Backlog item</h2><p>Nothing is left to do here.</p></section>'
    space, name = found.release.metadata.namespace, found.name
    files = ", ".join(
        link(url("files", "backlog", space, name, f"{criterion}.{form}"), said) for form, said in NAMES.items()
    )
    return (
        '<section id="backlog"><h2>Backlog item</h2>'
        '<details class="action"><summary>Make a backlog item</summary>'
        f'<label class="area">The text <textarea id="backlog-text" rows="{ROWS}" readonly spellcheck="false">'
        f"\n{text(content)}</textarea></label>"
        '<p><button type="button" class="tool copy" data-copies="backlog-text">Copy it</button></p>'
        f'<p class="files">Save it as {files}.</p>{_command(criterion)}</details></section>'
    )


def _command(criterion: str) -> str:
    return twin(f"wherry done --backlog --only {criterion}", label="The same in the repository:")


async def saved(live: Live, rest: Sequence[str]) -> tuple[str, str]:
    """The file's name and content: NAMESPACE/RELEASE/CRITERION.ENDING. Raises NotFound."""
    if len(rest) == 3:
        criterion, _, form = rest[2].rpartition(".")
        found = await read_board(live, rest[0], rest[1])
        if found is not None and form in FORMATS and (content := written(found, criterion, form)):
            return f"{rest[1]}-{criterion}.{form}", content
    raise NotFound("There is no such file.")
