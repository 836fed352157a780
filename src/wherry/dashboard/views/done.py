"""The Done board: each release against each criterion of its team's Definition of Done, as one table."""

from __future__ import annotations

from collections.abc import Iterable

from wherry.api.method.board import BOARDS
from wherry.api.method.release import RELEASES
from wherry.dashboard.boards import ReleaseBoard, read_boards
from wherry.dashboard.channel import Rendered
from wherry.dashboard.done.burn_up import progress_of
from wherry.dashboard.done.ceremony_columns import COLUMNS, chosen
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, element_id, link, text, url, with_terms
from wherry.dashboard.sight import namespace_field, said_of
from wherry.dashboard.times import ago
from wherry.dashboard.views.view import Asked, Page, View
from wherry.method.done.board import way_out
from wherry.method.done.criteria import CRITERIA
from wherry.method.evidence.criterion import Factor
from wherry.method.evidence.verdict import SYMBOLS, Verdict, Word

INTERVAL_S = 1.0
HIDDEN = "You may not see releases here."
MEANINGS = {
    Word.PROVED: "tried on this very release, and it is so",
    Word.SUPPORTED: "all that can be read speaks for it; nothing was run",
    Word.REFUTED: "there is a counter-example",
    Word.NOT_SHOWN: "it may be or may not be; the reason is said",
    Word.NOT_APPLICABLE: "the criterion has nothing to say here",
    Word.WAIVED: "the team does without it for a while",
    Word.STALE: "it was shown for another release",
    Word.ERROR: "the experiment itself failed",
}
FORMATS = (("html", "page"), ("md", "Markdown"), ("csv", "CSV"), ("xml", "JUnit"))


class DonePage:
    """The board as somebody has asked for it."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have ns, env and show: what is missing, or what a ceremony looks at."""
        self._live = live
        self._namespace = asked.get("ns")
        self._environment, self._show = asked.get("env"), asked.get("show")

    async def render(self) -> Rendered:
        """Its pieces now."""
        everything = await read_boards(self._live, namespace=self._namespace)
        boards = [one for one in everything if self._environment in ("", one.release.spec.environment)]
        is_hidden = not everything and self._live.following.reach(RELEASES) == "forbidden"
        said = HIDDEN if is_hidden else self._sentence(boards)
        pieces = [
            Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>'),
            Fragment("step", ROOT, self._step(boards)),
        ]
        if everything or self._namespace or self._environment:
            pieces.append(Fragment("where", ROOT, self._filters(everything)))
        if boards:
            shown = self._columns(boards)
            pieces.append(Fragment("scroll", ROOT, SCROLL, "</div>"))
            pieces.append(Fragment("board", "scroll", _head(shown), "</table>"))
            pieces.append(Fragment("rows", "board", '<tbody id="rows">', "</tbody>"))
            pieces += [_row(one, shown, self._live.now_s()) for one in boards]
            pieces.append(Fragment("legend", ROOT, _legend()))
            if not shown:
                pieces.append(Fragment("none", ROOT, '<p id="none">No criterion of these releases is like that.</p>'))
            pieces.append(Fragment("files", ROOT, _files(boards)))
        pieces += await self._progress()
        return Rendered(pieces, said)

    def _columns(self, boards: Iterable[ReleaseBoard]) -> list[Factor]:
        """The criteria that count for somebody; of those, where asked, the ones that a ceremony looks at."""
        wanted = chosen(boards, self._show, self._live.now_s())
        return [one for one in CRITERIA if one.id in wanted]

    async def _progress(self) -> list[Fragment]:
        """How it went on, of each service whose board somebody keeps."""
        kept = [
            (one.metadata.namespace, one.spec)
            for one in await self._live.all(BOARDS)
            if self._environment in ("", one.spec.environment)
            and self._namespace in ("", one.metadata.namespace)
            and one.spec.changes
        ]
        if not kept:
            return []
        now_s = self._live.now_s()
        return [
            Fragment("progress", ROOT, '<section id="progress"><h2>How it went on</h2>', "</section>"),
            *(
                Fragment(element_id("progress", space, spec.service), "progress", progress_of(spec, space, now_s))
                for space, spec in sorted(kept, key=lambda one: (one[1].service, one[0]))
            ),
        ]

    def _sentence(self, boards: list[ReleaseBoard]) -> str:
        if boards:
            return said_of(self._namespace, _sentence(boards))
        where = f" in {self._namespace}" if self._namespace else ""
        where += f" for {self._environment}" if self._environment else ""
        return f"There is no release to judge{where} yet."

    def _step(self, boards: Iterable[ReleaseBoard]) -> str:
        """What to do next."""
        first = next((one for one in boards if one.board.missing), None)
        if first is not None:
            worst = min(first.board.missing, key=lambda entry: (entry.word is not Word.REFUTED, entry.criterion))
            said, step = f"{first.name}: {worst.says}", worst.repeat or way_out(worst)
        elif boards:
            return '<p id="step" class="good">✓ All of it is done.</p>'
        elif self._live.following.reach(RELEASES) == "forbidden":
            said, step = "What you may see:", "kubectl auth can-i list releases.wherry.dev"
        else:
            said, step = "A board is about a release. In a service's repository:", "wherry release"
        return f'<p id="step" class="next">{with_terms(said)} Next: <code>{text(step)}</code></p>'

    def _filters(self, boards: Iterable[ReleaseBoard]) -> str:
        environments = sorted({one.release.spec.environment for one in boards} | {self._environment} - {""})
        choices = namespace_field(self._live, self._namespace)
        choices += choice("env", "Environment", [("", "all"), *((one, one) for one in environments)], self._environment)
        wanted = [("", "all criteria"), *((name, said) for name, (said, _) in COLUMNS.items())]
        choices += choice("show", "Show", wanted, self._show)
        return (
            f'<form id="where" class="filters" method="get" action="/ui/done">{choices}'
            '<button type="submit">Show</button></form>'
        )


SCROLL = '<div id="scroll" class="scroll" tabindex="0" role="group" aria-label="The board">'


def _sentence(boards: list[ReleaseBoard]) -> str:
    done = sum(one.board.is_done for one in boards)
    refuted = sum(entry.word is Word.REFUTED for one in boards for entry in one.board.verdicts)
    trouble = f" {refuted} verdict{'s speak' if refuted > 1 else ' speaks'} against." if refuted else ""
    noun, verb = "release" if len(boards) == 1 else "releases", "is" if done == 1 else "are"
    return f"{done} of {len(boards)} {noun} {verb} done.{trouble}"


def _head(shown: Iterable[Factor]) -> str:
    heads = "".join(
        f'<th scope="col"><span class="code" aria-hidden="true">{text(one.criterion.code)}</span>'
        f'<span class="title">{text(one.criterion.title)}</span></th>'
        for one in shown
    )
    return (
        '<table id="board" class="board"><caption>Each release, and each criterion that counts for it</caption>'
        f'<thead><tr><th scope="col">Release</th><th scope="col">In all</th>{heads}</tr></thead>'
    )


def _row(one: ReleaseBoard, shown: Iterable[Factor], now_s: float) -> Fragment:
    spec = one.release.spec
    own = element_id("board", one.release.metadata.namespace, one.name)
    verdicts = {entry.criterion: entry for entry in one.board.verdicts}
    cells = "".join(_cell(one, verdicts.get(factor.id), factor, now_s) for factor in shown)
    mark = "✓ " if one.board.is_done else ""
    name = link(url("services", one.release.metadata.namespace, spec.service), spec.service)
    return Fragment(
        own,
        "rows",
        f'<tr id="{text(own)}"><th scope="row">{name}'
        f"<small>{text(one.name)} in {text(spec.environment)}</small></th>"
        f'<td class="total"><strong>{mark}{text(one.board.sentence)}</strong></td>{cells}</tr>',
    )


def _cell(one: ReleaseBoard, verdict: Verdict | None, factor: Factor, now_s: float) -> str:
    if verdict is None:
        return f'<td data-title="{text(factor.criterion.title)}">not asked</td>'
    href = text(url("done", verdict.criterion, one.release.metadata.namespace, one.name))
    old = ""
    proof = one.proof(verdict.criterion)
    if verdict.word is Word.STALE and proof is not None:
        old = f"<small>{text(proof.release)}</small>"
    age = ago(one.seen_at(verdict), now_s)
    return (
        f'<td data-title="{text(factor.criterion.title)}"><a class="verdict {css(verdict.word)}" href="{href}">'
        f'<span class="symbol" aria-hidden="true">{SYMBOLS[verdict.word]}</span> {verdict.word.value}'
        f'<span class="hidden">: {text(factor.criterion.title)}</span></a><small>{age}</small>{old}</td>'
    )


def css(word: Word) -> str:
    """The class of a verdict's word."""
    return f"is-{word.value.lower().replace(' ', '-')}"


def _legend() -> str:
    items = "".join(
        f'<li><span class="verdict {css(word)}"><span class="symbol" aria-hidden="true">{SYMBOLS[word]}</span> '
        f"{word.value}</span> <span>{text(said)}</span></li>"
        for word, said in MEANINGS.items()
    )
    known = [one.criterion for one in CRITERIA]
    codes = "".join(
        f"<li><strong>{text(one.code)}</strong> {with_terms(f'{one.title}: {one.plain}')}</li>" for one in known
    )
    return (
        '<div id="legend"><details class="explain"><summary>What the words mean</summary>'
        f'<ul class="legend">{items}</ul></details>'
        f'<details class="explain"><summary>What the criteria mean</summary>'
        f'<ul class="codes">{codes}</ul></details></div>'
    )


def _files(boards: Iterable[ReleaseBoard]) -> str:
    lines = "".join(
        f"<li>{text(one.name)} in {text(one.release.spec.environment)}: "
        + ", ".join(
            link(url("files", "done", one.release.metadata.namespace, f"{one.name}.{ending}"), said)
            for ending, said in FORMATS
        )
        + "</li>"
        for one in boards
    )
    return f'<section id="files" class="only-here"><h2>Take it with you</h2><ul class="files">{lines}</ul></section>'


def _make(live: Live, asked: Asked) -> Page:
    return Page("Done board", DonePage(live, asked).render, interval_s=INTERVAL_S)


DONE = View(
    "done",
    "Done",
    _make,
    explains="A team agrees on what must be true before it calls a release finished. Each cell says how sure that is, "
    "and how long ago it was seen. Open one to see the evidence, how to mend it, and how to try it again.",
    tells_of=RELEASES,
)
