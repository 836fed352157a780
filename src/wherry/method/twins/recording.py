"""What happens to a twin while something is tried: each request with its moment, and how many copies were ready when.

`Twin.play` tells a Recording of its requests, and `counting_copies` of the copies; `timeline` makes it small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from wherry.api.method.proof import ProofTimeline

# Three rows of so many numbers are less than a kilobyte: a proof stays far below what an object may be.
STEPS_MAX = 60
STEP_MIN_S = 0.2


@dataclass
class Recording:
    """Seconds since its beginning, each with what happened then."""

    began_s: float = 0.0
    requests: list[tuple[float, bool]] = field(default_factory=list)
    copies: list[tuple[float, int]] = field(default_factory=list)

    def after(self, first: Recording) -> Recording:
        """This one as the second of two trials, counted from the first one's beginning. Pure."""
        later_s = self.began_s - first.began_s
        return Recording(
            first.began_s,
            [*first.requests, *((at_s + later_s, is_good) for at_s, is_good in self.requests)],
            [*first.copies, *((at_s + later_s, copies) for at_s, copies in self.copies)],
        )

    def answered(self, at_s: float, *, is_good: bool) -> None:
        """A request got its answer, or none."""
        self.requests.append((at_s - self.began_s, is_good))

    def ready(self, at_s: float, copies: int) -> None:
        """So many copies are ready from now on."""
        if not self.copies or self.copies[-1][1] != copies:
            self.copies.append((at_s - self.began_s, copies))


def timeline(found: Recording, duration_s: float, marks: Sequence[float] = ()) -> ProofTimeline:
    """The recording in at most STEPS_MAX steps. Pure.

    Args:
        found: what was noted.
        duration_s: how long the trial took.
        marks: when something was done, in seconds of the trial.
    """
    if not found.requests and not found.copies:
        return ProofTimeline(marks=tuple(round(one, 2) for one in marks))
    step_s = max(STEP_MIN_S, duration_s / STEPS_MAX)
    steps = max(1, min(STEPS_MAX, round(duration_s / step_s)))

    def step(at_s: float) -> int:
        return min(steps - 1, max(0, int(at_s / step_s)))

    sent, failed = [0] * steps, [0] * steps
    for at_s, is_good in found.requests:
        sent[step(at_s)] += 1
        failed[step(at_s)] += not is_good
    ready = _fewest([(step(at_s), copies) for at_s, copies in found.copies], steps) if found.copies else []
    return ProofTimeline(
        step_seconds=round(step_s, 3),
        requests=tuple(sent),
        failures=tuple(failed),
        ready=tuple(ready),
        marks=tuple(round(one, 2) for one in marks),
    )


def _fewest(changes: Sequence[tuple[int, int]], steps: int) -> list[int]:
    """The fewest copies in each step: a copy that was away for a moment only shall be seen."""
    found = []
    now = changes[0][1]
    for at in range(steps):
        inside = [copies for step, copies in changes if step == at]
        found.append(min([now, *inside]))
        now = inside[-1] if inside else now
    return found
