"""The way from now to next: steps in plain words, each with its reason, and done when the cluster shows it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wherry.method.backlog import Item

HEADING = "The way to the next state"
"""What a backlog of steps is called."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step.

    `kind`: add, split, replace, database, team, publish, agree, verify or retire. `about`: the service or the contract.
    `title`: an order. `why`: a sentence. `seen`: what the cluster shows of it now, a sentence. `criteria`: by which
    anybody sees that it is done. `how`: a command or a sentence. `after`: titles of steps that come first.
    """

    kind: str
    about: str
    title: str
    why: str
    done: bool
    seen: str
    criteria: tuple[str, ...]
    how: str = ""
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gap:
    """All steps in their order, and what is worth knowing beside them."""

    steps: tuple[Step, ...]
    notes: tuple[str, ...] = ()
    now_services: int = 0
    next_services: int = 0

    @property
    def left(self) -> tuple[Step, ...]:
        """The steps that are not done."""
        return tuple(step for step in self.steps if not step.done)

    @property
    def is_closed(self) -> bool:
        """Whether the system is as it shall be."""
        return not self.left

    @property
    def sentence(self) -> str:
        """How far it is: "3 of 12 steps to the next state are done: 1 service of the model now, 3 services next."."""
        done, total = len(self.steps) - len(self.left), len(self.steps)
        sizes = f"{_services(self.now_services)} of the model now, {_services(self.next_services)} next"
        if not total:
            return f"The system is as the model wants it: {sizes}."
        if self.is_closed:
            return f"All {total} steps to the next state are done: {sizes}."
        what = f"step{'s' if total > 1 else ''} to the next state {'is' if done == 1 else 'are'} done"
        return f"{done} of {total} {what}: {sizes}."


def _services(count: int) -> str:
    return f"{count} service{'' if count == 1 else 's'}"


def backlog(steps: Sequence[Step], source: str) -> list[Item]:
    """What is left, as backlog items; `source` is the command that shows them."""
    return [_item(step, source) for step in steps if not step.done]


def _item(step: Step, source: str) -> Item:
    first = f" Comes after: {'; '.join(step.after)}." if step.after else ""
    return Item(step.title, f"{step.why} {step.seen}{first}".strip(), step.criteria, step.how, source)
