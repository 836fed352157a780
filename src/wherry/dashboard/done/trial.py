"""One trial: when, how long, what was done step by step, its picture, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.api.method.proof import ProofSpec
from wherry.dashboard.done.trial_graph import trial_graph
from wherry.dashboard.markup import definitions, text, with_terms
from wherry.dashboard.times import ago


def trial(proof: ProofSpec | None, again: str, now_s: float) -> str:
    """The section of the page. `again` is the command where no trial says its own."""
    command = proof.repeat if proof is not None and proof.repeat else again
    step = f'<p class="next">Run it again: <code>{text(command)}</code></p>'
    if proof is None:
        return f'<section id="trial"><h2>The experiment</h2><p>It has not been tried yet.</p>{step}</section>'
    rows = [
        ("Tried", ago(proof.started_at, now_s)),
        ("It took", f"{proof.duration_seconds:g} s"),
        ("On release", text(proof.release)),
        ("With settings of", text(proof.environment or "no environment")),
        ("By", text(f"wherry {proof.wherry_version}" if proof.wherry_version else "wherry")),
    ]
    if proof.earlier:
        before = ", ".join(one.verdict for one in proof.earlier)
        rows.append(("The same image before, oldest first", text(before)))
    return (
        f'<section id="trial"><h2>The experiment</h2>{definitions(rows)}{_done(proof)}{trial_graph(proof)}'
        f"{_came_of_it(proof)}{step}</section>"
    )


def _done(proof: ProofSpec) -> str:
    items = "".join(f"<li><small>{at}</small> {with_terms(words)}</li>" for at, words in steps(proof))
    return f'<h3>What was done</h3><ol class="steps">{items}</ol>' if items else ""


def steps(proof: ProofSpec) -> Iterator[tuple[str, str]]:
    """What was done, each with its moment: in seconds of the trial, or, of old proofs, as a time of day."""
    for number, step in enumerate(proof.steps):
        stamp, _, words = step.partition(" ")
        marks = proof.timeline.marks
        yield f"{marks[number]:.1f} s" if number < len(marks) else stamp, words


def _came_of_it(proof: ProofSpec) -> str:
    items = (
        "".join(f"<li>{with_terms(one.says)}</li>" for one in proof.observations if one.method == "live")
        or "<li>Nothing was written down.</li>"
    )
    return f'<h3>What came of it</h3><ul class="chain">{items}</ul>'
