"""What-if beside the masters: in a process of its own, so that the loop which answers everybody is never held up.

The state is read here, with the person's own rights; the process gets it with the change and gives back the forecast.
One at a time: each takes a processor for a second or two.
"""

from __future__ import annotations

import asyncio
import sys

import msgspec

from wherry.apimachinery.errors import BadRequest, Forbidden, InternalError, NotFound, Timeout
from wherry.apimachinery.struct import Struct
from wherry.client.client import Client
from wherry.cluster.branch.seed import Seed, read_seed
from wherry.kit.linux.parent import end_with_parent
from wherry.kit.log import get_logger
from wherry.kit.process import run
from wherry.narrate.forecast import Forecast
from wherry.narrate.intent import COPIES_MAX, Ambiguous, Change, NeverSettles, NotThere, TooManyCopies

TIMEOUT_S = 90.0
NEEDED = frozenset({"Pod", "Node"})

log = get_logger(__name__)


class Question(Struct):
    """What the process is asked."""

    seed: Seed
    change: Change
    this_host: str


class Outcome(Struct):
    """What it answers: a forecast, or the name of what is not there, or (neither) that nothing settles."""

    forecast: Forecast | None = None
    not_there: str | None = None


class Beside:
    """Plays changes in processes of their own."""

    def __init__(self, this_host: str = "") -> None:
        """`this_host` is this machine's name, to tell its node from others."""
        self._this_host = this_host
        self._turn = asyncio.Lock()

    async def forecast(self, client: Client, change: Change) -> Forecast:
        """What would happen, as far as the person of `client` may see. Raises StatusError."""
        if change.is_nothing:
            raise BadRequest("nothing would change: choose a node, a number of copies, or give objects")
        if change.copies > COPIES_MAX:
            raise BadRequest(str(TooManyCopies(change.copies)))
        seed = await read_seed(client, change.namespace)
        if hidden := NEEDED & set(seed.hidden):
            raise Forbidden(
                f"you may not see every {' and '.join(sorted(hidden)).lower()}, so nobody can say what fits"
            )
        question = msgspec.json.encode(Question(seed=seed, change=change, this_host=self._this_host))
        async with self._turn:
            outcome = await _ask(question)
        if outcome.not_there is not None:
            raise NotFound(f'nothing here is called "{outcome.not_there}"')
        if outcome.forecast is None:
            raise Timeout(
                "the masters would not come to rest within a minute: two parts of the change may undo each other"
            )
        return outcome.forecast


async def _ask(question: bytes) -> Outcome:
    try:
        done = await run([sys.executable, "-m", "wherry.cluster.branch.beside"], input=question, timeout_s=TIMEOUT_S)
    except TimeoutError:
        return Outcome()
    if done.exit_code:
        log.error("Failed to play a change", err=done.stderr.decode(errors="replace")[-500:])
        raise InternalError("the change could not be tried; the masters' log says why")
    try:
        return msgspec.json.decode(done.stdout, type=Outcome)
    except msgspec.DecodeError as error:
        raise InternalError("the answer is too large for a page; ask on the command line: wherry what-if") from error


def answer(question: Question) -> Outcome:
    """The process's own part."""
    from wherry.cluster.branch.what_if import play

    try:
        return Outcome(forecast=play(question.seed, question.change, this_host=question.this_host))
    except (NotThere, Ambiguous) as error:
        return Outcome(not_there=error.thing)
    except NeverSettles:
        return Outcome()


if __name__ == "__main__":
    # The masters may be killed in the middle: then nobody waits for the answer any more.
    end_with_parent()
    asked = msgspec.json.decode(sys.stdin.buffer.read(), type=Question)
    _ = sys.stdout.buffer.write(msgspec.json.encode(answer(asked)))
