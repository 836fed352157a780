"""What can be taken away from the pages: facts for programs, and files for people. All made of what the person sees."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from wherry.apimachinery.errors import NotFound
from wherry.dashboard.live import Live
from wherry.kit.http.types import Response

Download = Callable[[Live, Sequence[str]], Awaitable[Response]]
"""Makes a file for the rest of its path. Raises NotFound."""


async def _map(live: Live) -> object:
    from wherry.dashboard.puzzle.reading import read_map

    return await read_map(live)


async def _landscape(live: Live) -> object:
    from wherry.dashboard.landscape.reading import read_way

    return await read_way(live)


async def _steps(live: Live, rest: Sequence[str]) -> Response:
    """What is left of the way to a model's next state: NAMESPACE/NAME/all.ENDING, or one step of it."""
    from wherry.dashboard.landscape.reading import find_model, gap_of, step_id
    from wherry.method.backlog import FORMATS
    from wherry.method.model.step import HEADING, backlog

    if len(rest) != 3:
        raise NotFound("There is no such file.")
    found, (which, _, ending) = await find_model(live, rest[0], rest[1]), rest[2].rpartition(".")
    if found is None or found.model is None or ending not in FORMATS:
        raise NotFound("There is no such file.")
    gap = await gap_of(live, found.model)
    chosen = [step for step in gap.steps if which in ("all", step_id(step))]
    if not chosen and which != "all":
        raise NotFound("There is no such step (any more).")
    heading = HEADING if which == "all" else chosen[0].title
    made = FORMATS[ending](heading, backlog(chosen, f"wherry next --model {found.file}"))
    return attached(f"{found.name}-{'backlog' if which == 'all' else which}.{ending}", made)


async def _first_model(live: Live, rest: Sequence[str]) -> Response:
    """A model.yaml to begin with."""
    from wherry.dashboard.landscape.reading import see
    from wherry.method.model.starting import model_from

    if rest:
        raise NotFound("There is no such file.")
    return attached("model.yaml", model_from(await see(live)))


async def _stand_in(live: Live, rest: Sequence[str]) -> Response:
    """The objects of a stand-in, for kubectl: SERVICE.yaml."""
    from wherry.dashboard.stand_ins import stand_in_file

    if len(rest) != 1 or not rest[0].endswith(".yaml"):
        raise NotFound("There is no such file.")
    return attached(rest[0], await stand_in_file(live.client, rest[0].removesuffix(".yaml")))


async def _done(live: Live, rest: Sequence[str]) -> Response:
    """One board as a file: NAMESPACE/RELEASE.ENDING."""
    from wherry.dashboard.boards import read_board
    from wherry.method.done.report.pages import as_html, as_markdown
    from wherry.method.done.report.structured import as_csv, as_junit

    if len(rest) != 2:
        raise NotFound("There is no such file.")
    namespace, (name, _, ending) = rest[0], rest[1].rpartition(".")
    found = await read_board(live, namespace, name)
    if found is None:
        raise NotFound("There is no such file.")
    at_s = int(live.now_s())
    made = {
        "html": lambda: as_html(found.board, at_s),
        "md": lambda: as_markdown(found.board, at_s),
        "csv": lambda: as_csv(found.board),
        "xml": lambda: as_junit(found.board),
    }
    if ending not in made:
        raise NotFound("There is no such file.")
    return attached(f"{name}-done.{ending}", made[ending]())


async def _backlog(live: Live, rest: Sequence[str]) -> Response:
    """One cell of a board as a backlog item: NAMESPACE/RELEASE/CRITERION.ENDING."""
    from wherry.dashboard.done.backlog_item import saved

    return attached(*await saved(live, rest))


async def _report(live: Live, rest: Sequence[str]) -> Response:
    """The whole report: report.html, or NAMESPACE/report.html."""
    from wherry.dashboard.report import make_report

    if not rest or rest[-1] != "report.html" or len(rest) > 2:
        raise NotFound("There is no such file.")
    namespace = rest[0] if len(rest) == 2 else ""
    return attached(f"{namespace or 'cluster'}-report.html", await make_report(live, namespace))


def attached(name: str, content: str) -> Response:
    """A file to keep: the browser saves it, and does not show it among our pages."""
    headers = [("Content-Disposition", f'attachment; filename="{name}"')]
    return Response(200, TYPES[name.rpartition(".")[2]], content.encode(), headers)


TYPES = {
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "csv": "text/csv; charset=utf-8",
    "xml": "application/xml; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "yaml": "application/yaml; charset=utf-8",
}
LIVE_FACTS: Mapping[str, Callable[[Live], Awaitable[object]]] = {
    "map.json": _map,
    "landscape.json": _landscape,
}
DOWNLOADS: Mapping[str, Download] = {
    "done": _done,
    "backlog": _backlog,
    "report": _report,
    "steps": _steps,
    "model.yaml": _first_model,
    "stand-in": _stand_in,
}
