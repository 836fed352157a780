"""The behaviour of simulated pods, as data: which stage a pod is in, and what comes next.

The built-in stages stand in stages.toml, with the meaning of each field.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from wherry.api.core.pod import Pod

Next = Literal["Gone", "Running", "Succeeded", "Failed"]


class Match(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which pods a stage is about; None means any."""

    phase: tuple[str, ...] | None = None
    owner: tuple[str, ...] | None = None
    deleted: bool | None = None

    def fits(self, pod: Pod) -> bool:
        """Whether the pod is one of them."""
        owner = pod.metadata.controller
        return (
            (self.phase is None or pod.status.phase in self.phase)
            and (self.owner is None or (owner is not None and owner.kind in self.owner))
            and (self.deleted is None or pod.metadata.is_being_deleted == self.deleted)
        )


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One step in a pod's life: `delay_s` after a pod began to fit `when`, it becomes `then`; `why` is told."""

    name: str
    why: str
    then: Next
    when: Match = Match()
    delay_s: float = 0.0


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stage: tuple[Stage, ...]


def parse_stages(text: str) -> tuple[Stage, ...]:
    """Read stages in the form of stages.toml. Raises msgspec.ValidationError, which names the field."""
    return msgspec.toml.decode(text, type=_File).stage


@lru_cache(maxsize=1)
def built_in_stages() -> tuple[Stage, ...]:
    """Pods run at once, Jobs' pods finish at once, deleted pods go at once."""
    return parse_stages(Path(__file__).with_name("stages.toml").read_text(encoding="utf-8"))


def stage_of(pod: Pod, stages: tuple[Stage, ...]) -> Stage | None:
    """The stage that acts on a pod; None when it stays as it is."""
    return next((stage for stage in stages if stage.when.fits(pod)), None)
