"""Verdicts that waver: the same image, tried again, and another answer. Pure."""

from __future__ import annotations

from wherry.api.method.proof import ProofSpec
from wherry.method.evidence.verdict import Word

# An experiment that did not come about says nothing about the image.
ANSWERS = frozenset((Word.PROVED.value, Word.REFUTED.value, Word.NOT_SHOWN.value))


def answers(proof: ProofSpec) -> tuple[str, ...]:
    """What the trials of one image said, oldest first."""
    words = (*(one.verdict for one in proof.earlier), proof.verdict)
    return tuple(word for word in words if word in ANSWERS)


def wavers(proof: ProofSpec) -> bool:
    """Whether they do not agree."""
    return len(set(answers(proof))) > 1
