"""The event log: a constant message and named fields, over the standard library's logging.

Messages are constant, capitalised, past tense and without a final full stop; what varies goes into
fields (`log.info("Created pod", pod=key, node=name)`), so that a log can be searched. Fields that
hold for a stretch of work (the controller, the object's key) are bound once with `bind`.
A terminal gets aligned lines; anything else gets one JSON object per line.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import TextIO

import orjson

_context: ContextVar[Mapping[str, object]] = ContextVar("wherry_log_context", default={})  # noqa: B039 - never mutated

_COLOURS = {logging.DEBUG: "2", logging.INFO: "36", logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "31"}
_MESSAGE_WIDTH = 40


class Logger:
    """Writes events with fields; get one per module with `get_logger(__name__)`."""

    __slots__ = ("_logger",)

    def __init__(self, logger: logging.Logger) -> None:
        """Wrap a standard logger."""
        self._logger = logger

    def debug(self, message: str, **fields: object) -> None:
        """For people who look for a fault in Wherry itself."""
        self._log(logging.DEBUG, message, fields)

    def info(self, message: str, **fields: object) -> None:
        """Something was done."""
        self._log(logging.INFO, message, fields)

    def warning(self, message: str, **fields: object) -> None:
        """Something needs attention, and Wherry goes on."""
        self._log(logging.WARNING, message, fields)

    def error(self, message: str, *, err: BaseException | str = "", **fields: object) -> None:
        """Something unexpected failed; an exception given as `err` is logged with its trace."""
        trace = err if isinstance(err, BaseException) else None
        self._log(logging.ERROR, message, {**fields, "err": describe(err)} if err else fields, trace)

    def _log(self, level: int, message: str, fields: Mapping[str, object], error: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            # The message is an argument, not a format: a "%" in it is only a "%".
            self._logger.log(level, "%s", message, extra={"fields": fields}, exc_info=error, stacklevel=3)


def get_logger(name: str) -> Logger:
    """The logger of the module `name` (pass `__name__`)."""
    return Logger(logging.getLogger(name))


@contextmanager
def bind(**fields: object) -> Iterator[None]:
    """Add `fields` to every event logged inside the `with` block, in this task and those it starts."""
    token = _context.set({**_context.get(), **fields})
    try:
        yield
    finally:
        _context.reset(token)


def describe(error: BaseException | str) -> str:
    """An error in one line: its text, or its type's name when it has none."""
    if isinstance(error, str):
        return error
    return str(error) or type(error).__name__


class _ContextFilter(logging.Filter):
    """Joins the bound context and the event's own fields while still in the caller's context."""

    def filter(self, record: logging.LogRecord) -> bool:
        own = getattr(record, "fields", {})
        record.fields = {**_context.get(), **own}
        return True


def _fields_of(record: logging.LogRecord) -> Mapping[str, object]:
    fields = getattr(record, "fields", None)
    return fields if isinstance(fields, dict) else {}


class JsonFormatter(logging.Formatter):
    """One JSON object per line: time, level, logger, message, then the fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its line end."""
        event: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC)
            .isoformat(timespec="milliseconds")
            .replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        # A field cannot pretend to be the event's own time or level.
        event.update((name, value) for name, value in _fields_of(record).items() if name not in event)
        if record.exc_info and record.exc_info[0] is not None:
            event["trace"] = self.formatException(record.exc_info)
        return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


class ConsoleFormatter(logging.Formatter):
    """Lines for a person: time, level, message, then field=value."""

    def __init__(self, *, colour: bool) -> None:
        """`colour` uses the terminal's colours."""
        super().__init__()
        self._colour = colour

    def format(self, record: logging.LogRecord) -> str:
        """The line (and the trace of an error below it)."""
        time = datetime.fromtimestamp(record.created).astimezone().strftime("%H:%M:%S.%f")[:-3]
        level = f"{record.levelname:<7}"
        if self._colour:
            level = f"\x1b[{_COLOURS.get(record.levelno, '0')}m{level}\x1b[0m"
        fields = " ".join(f"{name}={_as_text(value)}" for name, value in _fields_of(record).items())
        line = f"{time} {level} {record.getMessage():<{_MESSAGE_WIDTH}} {fields}".rstrip()
        if record.exc_info and record.exc_info[0] is not None:
            line += "\n" + self.formatException(record.exc_info)
        return line


def _as_text(value: object) -> str:
    text = str(value)
    # A quoted value keeps a line a line, whatever a container wrote into it.
    return repr(text) if not text or any(char.isspace() or not char.isprintable() for char in text) else text


def configure(*, json: bool | None = None, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send all events to `stream` (standard output by default).

    `json=None` decides by whether the stream is a terminal. May be called again to change.
    """
    stream = stream if stream is not None else sys.stdout
    is_terminal = stream.isatty()
    handler = logging.StreamHandler(stream)
    use_json = json if json is not None else not is_terminal
    handler.setFormatter(JsonFormatter() if use_json else ConsoleFormatter(colour=is_terminal))
    handler.addFilter(_ContextFilter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # asyncio's and websockets' debug and info lines describe their insides, not our events.
    for name in ("asyncio", "websockets"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


@contextmanager
def silenced() -> Iterator[None]:
    """Nothing is said inside: for a play whose mishaps are part of its answer."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
