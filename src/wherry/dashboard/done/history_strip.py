"""How one criterion went through the last releases: a strip to look at, and a table to read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.api.method.proof import ProofSpec
from wherry.api.method.release import Release
from wherry.dashboard.markup import text, with_terms
from wherry.dashboard.times import ago
from wherry.method.evidence.verdict import SYMBOLS, Word

SHOWN_MAX = 20
UNTRIED = "Not tried"


def history(releases: Iterable[Release], proofs: Sequence[ProofSpec], now_s: float) -> str:
    """The section: the releases of a service, oldest first, each with the last trial of its image.

    Args:
        releases: of the service; those of all its environments that the person may see.
        proofs: of the criterion, newest first.
        now_s: now.
    """
    shown = sorted({one.spec.number: one for one in releases}.values(), key=lambda one: one.spec.number)[-SHOWN_MAX:]
    pairs = [(one, next((proof for proof in proofs if proof.digest == one.spec.digest), None)) for one in shown]
    if not pairs:
        return '<section id="history"><h2>Through the releases</h2><p>No release is to be seen.</p></section>'
    strip = "".join(_box(release, proof) for release, proof in pairs)
    rows = "".join(_row(release, proof, now_s) for release, proof in reversed(pairs))
    return (
        f'<section id="history"><h2>Through the releases</h2><ol class="strip">{strip}</ol>'
        '<table><thead><tr><th scope="col">Release</th><th scope="col">Verdict</th><th scope="col">When</th>'
        f'<th scope="col">Says</th></tr></thead><tbody>{rows}</tbody></table></section>'
    )


def word_of(proof: ProofSpec | None) -> Word | None:
    """The verdict of a proof; None for a trial that there was not, or a word that nobody knows."""
    return next((word for word in Word if proof is not None and word.value == proof.verdict), None)


def _box(release: Release, proof: ProofSpec | None) -> str:
    word = word_of(proof)
    css = f"is-{word.value.lower().replace(' ', '-')}" if word else "is-untried"
    symbol = SYMBOLS[word] if word else "·"
    return (
        f'<li class="verdict {css}"><span class="symbol" aria-hidden="true">{symbol}</span> r{release.spec.number}'
        f'<span class="hidden">: {word.value if word else UNTRIED}</span></li>'
    )


def _row(release: Release, proof: ProofSpec | None, now_s: float) -> str:
    cells = (
        f"<td>{text(proof.verdict)}</td><td>{ago(proof.started_at, now_s)}</td><td>{with_terms(proof.says)}</td>"
        if proof
        else f"<td>{UNTRIED}</td><td></td><td></td>"
    )
    return f'<tr><th scope="row">{text(release.name)} <small>{text(release.spec.environment)}</small></th>{cells}</tr>'
