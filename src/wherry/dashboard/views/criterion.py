"""One cell of the Done board: what the criterion means, what was seen, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.method.release import RELEASES
from wherry.apimachinery.errors import NotFound
from wherry.dashboard.boards import ReleaseBoard, read_board
from wherry.dashboard.channel import Rendered
from wherry.dashboard.done.backlog_item import backlog_item
from wherry.dashboard.done.history_strip import history
from wherry.dashboard.done.trial import trial
from wherry.dashboard.done.waiving import waive_form
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import definitions, link, text, url, with_terms
from wherry.dashboard.views.done import MEANINGS, css
from wherry.dashboard.views.view import Asked, Page, View
from wherry.method.done.board import DONE
from wherry.method.done.criteria import BY_ID
from wherry.method.done.meanings import Meaning, meanings
from wherry.method.done.repeating import prove_command
from wherry.method.evidence.criterion import Criterion
from wherry.method.evidence.observation import Observation, Weight
from wherry.method.evidence.verdict import SYMBOLS, Verdict

INTERVAL_S = 1.0
MARKS = {
    Weight.SUPPORTS: "✓ speaks for it",
    Weight.NOTE: "· worth knowing",
    Weight.DOUBT: "? leaves a doubt",
    Weight.AGAINST: "✗ speaks against it",
    Weight.NOT_APPLICABLE: "- does not apply",
    Weight.FAILED: "! could not be tried",
}


class CriterionPage:
    """One criterion of one release."""

    def __init__(self, live: Live, criterion: Criterion, namespace: str, release: str) -> None:
        """The release need not be there (any more)."""
        self._live = live
        self._criterion = criterion
        self._namespace, self._release = namespace, release

    async def render(self) -> Rendered:
        """Its pieces now."""
        found = await read_board(self._live, self._namespace, self._release)
        verdicts = {entry.criterion: entry for entry in found.board.verdicts} if found is not None else {}
        verdict = verdicts.get(self._criterion.id)
        if found is None or verdict is None:
            said = f"{self._criterion.title} is not asked of {self._release}, or that release is not there (any more)."
            return Rendered([Fragment("answer", ROOT, f'<p id="answer" class="headline">{with_terms(said)}</p>')], said)
        said, again = f"{verdict.word.value}: {verdict.says}", prove_command(verdict.criterion, found.release)
        pieces = [
            Fragment("answer", ROOT, _answer(verdict)),
            Fragment("step", ROOT, _steps(verdict, again)),
            Fragment("meaning", ROOT, _meaning(self._criterion, found)),
            Fragment("seen", ROOT, _seen(verdict.observations)),
            Fragment("trial", ROOT, trial(found.proof(verdict.criterion), again, self._live.now_s())),
            Fragment("history", ROOT, await self._history(found)),
            Fragment("backlog", ROOT, backlog_item(found, self._criterion.id)),
            Fragment("waive", ROOT, waive_form(found, verdict, self._live.now_s())),
        ]
        return Rendered(pieces, said)

    async def _history(self, found: ReleaseBoard) -> str:
        service = found.release.spec.service
        releases = [one for one in await self._live.all(RELEASES) if one.spec.service == service]
        return history(releases, found.proofs_of(self._criterion.id), self._live.now_s())


def _answer(verdict: Verdict) -> str:
    return (
        f'<p id="answer" class="headline"><span class="verdict {css(verdict.word)}">'
        f'<span class="symbol" aria-hidden="true">{SYMBOLS[verdict.word]}</span> {verdict.word.value}</span> '
        f"{with_terms(verdict.says)} <small>({text(MEANINGS[verdict.word])})</small></p>"
    )


def _steps(verdict: Verdict, again: str) -> str:
    rows = [("How to mend it", with_terms(verdict.fix))] if verdict.fix and verdict.word not in DONE else []
    rows += [("See it yourself", f"<code>{text(verdict.repeat)}</code>")] if verdict.repeat else []
    rows.append(("Try it again", f"<code>{text(again)}</code>"))
    return f'<section id="step"><h2>What to do</h2>{definitions(rows)}</section>'


def _meaning(criterion: Criterion, found: ReleaseBoard) -> str:
    quote = (
        f'<blockquote cite="https://12factor.net">{with_terms(criterion.quote)}</blockquote>' if criterion.quote else ""
    )
    (mine,) = meanings(found.standard.agreement, [criterion], found.standard.people)
    return (
        f'<section id="meaning"><h2>What it means</h2><p>{with_terms(criterion.plain)}</p>{quote}'
        f"{_team(mine, has_standard=found.has_standard)}</section>"
    )


def _team(mine: Meaning, *, has_standard: bool) -> str:
    """The team's own words, who has agreed to them and who has not."""
    if not has_standard:
        step = "wherry done"
        return f"<p>The team's own standard is not known here. In its repository: <code>{step}</code></p>"
    if not mine.words:
        return f"<p>The team has no words of its own for it: <code>wherry meaning {text(mine.criterion)}</code></p>"
    agreed = ", ".join(f"{name} ({day.isoformat()})" for name, day in mine.agreed) or "nobody yet"
    rows = [("To this team", with_terms(mine.words)), ("Agreed by", text(agreed))]
    rows += [("Not yet", text(", ".join(mine.missing)))] if mine.missing else []
    rows += [("Agreed to other words", text(", ".join(mine.outdated)))] if mine.outdated else []
    return definitions(rows)


def _seen(observations: Iterable[Observation]) -> str:
    items = "".join(
        f"<li><strong>{MARKS[one.weight]}</strong> <small>({one.method.value})</small> {with_terms(one.says)}"
        f"{_where(one.where)}{_repeat(one.repeat)}</li>"
        for one in observations
    )
    shown = items or "<li>Nothing yet.</li>"
    return f'<section id="seen"><h2>What was seen</h2><ul class="evidence">{shown}</ul></section>'


def _where(where: str) -> str:
    return f" <code>{text(where)}</code>" if where else ""


def _repeat(repeat: str) -> str:
    return f"<br>See it: <code>{text(repeat)}</code>" if repeat else ""


def _make(live: Live, asked: Asked) -> Page:
    name, namespace, release = asked.segments
    found = BY_ID.get(name)
    if found is None:
        raise NotFound(f'there is no criterion "{name}"')
    page = CriterionPage(live, found.criterion, namespace, release)
    title = f"{found.criterion.code}. {found.criterion.title}: {release}"
    return Page(title, page.render, above=f"<p>{link(url('done'), 'The board')}</p>", interval_s=INTERVAL_S)


CRITERION = View(
    "done",
    "",
    _make,
    segments=3,
    explains="One criterion of the Definition of Done for one release. Refuted needs a counter-example that you can "
    "repeat; Proved needs a trial on this very release; everything else says that it is less.",
)
