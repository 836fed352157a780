"""The system now and next as text: a box for each service, a line for each contract. Pure.

What is only wanted has a dashed frame; what the cluster shows has a solid one.
"""

from __future__ import annotations

from collections.abc import Iterator

from wherry.cli.boxes import Box, draw_boxes
from wherry.cli.terminal import Terminal
from wherry.method.model.landscape import Landscape
from wherry.method.model.model import Model, Service, provider_of

NOT_SEEN = "Waiting"


def draw_now(model: Model, seen: Landscape, terminal: Terminal) -> list[str]:
    """What the cluster shows of the services that the model speaks of."""
    shown = [name for name in model.names if seen.service(name).runs or seen.service(name).stand_ins]
    outside = [name for name, one in model.now.items() if one.outside]
    boxes = [_now_box(name, model.now.get(name), seen) for name in dict.fromkeys((*shown, *outside))]
    lines = [_now_line(pair, seen) for pair in sorted({*seen.calls, *seen.contracts}) if {*pair} & {*model.names}]
    return _drawn(boxes, lines, terminal)


def draw_file(services: dict[str, Service], terminal: Terminal) -> list[str]:
    """A state as the file tells it, where no cluster can be asked."""
    boxes = [Box(_title(one), _rows(one), dashed=True) for one in services.values()]
    return _drawn(boxes, [_needs_line(one.name, need, "") for one in services.values() for need in one.needs], terminal)


def draw_next(model: Model, seen: Landscape, terminal: Terminal) -> list[str]:
    """What the model wants; what the cluster shows already is solid."""
    boxes = [
        Box(_title(one), _rows(one), dashed=not (one.outside or seen.service(one.name).runs))
        for one in model.next.values()
    ]
    lines = []
    for one in model.next.values():
        for need in one.needs:
            standing = seen.contracts.get((one.name, provider_of(need)))
            lines.append(_needs_line(one.name, need, standing.word if standing is not None else "not proposed yet"))
    return _drawn(boxes, lines, terminal)


def _drawn(boxes: list[Box], lines: list[str], terminal: Terminal) -> list[str]:
    if terminal.boxes:
        return [*(draw_boxes(boxes, terminal) or ["nothing"]), *lines]
    return [*_facts(boxes), *lines] or ["Nothing."]


def _facts(boxes: list[Box]) -> Iterator[str]:
    for box in boxes:
        state = " (wanted)" if box.dashed else ""
        yield f"{box.title}{state}: {'; '.join(text for text, _ in box.rows)}."


def _title(service: Service) -> str:
    return f"{service.name} (team {service.team})" if service.team else service.name


def _rows(service: Service) -> list[tuple[str, str]]:
    rows = [("".join(f"[{part}]" for part in service.parts), "")] if service.parts else []
    rows += [(promise.name, "") for promise in service.provides]
    if service.database is not None:
        database = service.database
        called = f"{database.name}: " if database.name else ""
        rows.append(("no database" if database.none else f"database {called}{database.words}", ""))
    rows += [(f"out of {service.origin}", "")] if service.origin else []
    rows += [("runs outside", "")] if service.outside else []
    return rows or [("nothing more is said", "")]


def _now_box(name: str, told: Service | None, seen: Landscape) -> Box:
    found = seen.service(name)
    rows = [("".join(f"[{part}]" for part in told.parts), "")] if told is not None and told.parts else []
    rows += [(promise, "") for promise in found.promises] or [("no contract published", "")]
    for database in {one.name: one for one in seen.databases_of(name)}.values():
        others = [user for user in database.services if user != name]
        shared = f", shared with {', '.join(others)}" if others else ""
        rows.append((f"database {database.words}{shared}", ""))
    rows += [(place.words, "Running" if place.is_ready else "Starting") for place in found.places]
    rows += [(f"a stand-in in {place.words}", NOT_SEEN) for place in found.stand_ins]
    if not found.runs and told is not None and told.outside:
        rows.append(("runs outside; the model says so", ""))
    return Box(f"{name} (team {found.team})" if found.team else name, rows, dashed=not found.runs)


def _now_line(pair: tuple[str, str], seen: Landscape) -> str:
    consumer, provider = pair
    standing = seen.contracts.get(pair)
    if standing is None:
        return f"{consumer} ──▶ {provider}  calls it, no contract yet"
    return _needs_line(consumer, standing.promise or provider, standing.word)


def _needs_line(consumer: str, contract: str, word: str) -> str:
    return f"{consumer} ──▶ {contract}  {word}".rstrip()
