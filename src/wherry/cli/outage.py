"""While a command follows a cluster whose masters go away: said once, and once when they are back.

Each watch logs each of its failures, which is right for the masters' own log; a person needs one sentence.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import contextmanager

from wherry.cli.output import note, printable
from wherry.client import reflector
from wherry.narrate.model import ReadModel

GONE = "   The masters do not answer. What happens meanwhile is told when they do. Next: wherry status"
BACK = "   The masters answer again."


class Outage(logging.Handler):
    """Takes what the watches log, and says what it means."""

    def __init__(self, unseen: Collection[str]) -> None:
        """`unseen` are the plurals of kinds that cannot be listed, of which people have been told already."""
        super().__init__(logging.WARNING)
        self._said = set(unseen)
        self.is_out = False

    def emit(self, record: logging.LogRecord) -> None:
        """One line of a watch."""
        if record.getMessage() == reflector.LOST:
            if not self.is_out:
                note(GONE)
            self.is_out = True
            return
        fields = getattr(record, "fields", {})
        resource = str(fields.get("resource", ""))
        if resource not in self._said:
            self._said.add(resource)
            note(printable(f"   Changes of {resource} are not told now: {fields.get('err', '')}"))

    def changed(self) -> None:
        """Something was heard of the cluster."""
        if self.is_out:
            note(BACK)
        self.is_out = False


@contextmanager
def outages_said(model: ReadModel, unseen: Collection[str]) -> Iterator[None]:
    """Tell of outages in plain words as long as the block runs."""
    outage, logger = Outage(unseen), logging.getLogger(reflector.__name__)
    stop = model.subscribe(lambda _change: outage.changed())
    before, logger.propagate = logger.propagate, False
    logger.addHandler(outage)
    try:
        yield
    finally:
        logger.removeHandler(outage)
        logger.propagate = before
        stop()
