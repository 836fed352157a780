"""Releases: from a commit to an image to numbered releases to where each runs; and what differs between two of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from wherry.api.method.release import RELEASES, RUNNING, ConfigEntry, Release
from wherry.dashboard.boards import current
from wherry.dashboard.channel import Rendered
from wherry.dashboard.fragments import ROOT, Fragment
from wherry.dashboard.live import Live
from wherry.dashboard.markup import choice, element_id, hidden_fields, text, url, with_terms
from wherry.dashboard.sight import namespace_form, said_of
from wherry.dashboard.times import ago
from wherry.dashboard.views.view import Asked, Page, View
from wherry.method.delivery.ledger import difference, short
from wherry.method.delivery.stable_names import stable_name
from wherry.narrate.templates import count

INTERVAL_S = 1.0
RELEASES_SHOWN = 12
COMMIT_CHARS = 8
HIDDEN = "You may not see releases here."
WORDS = {"same": "same", "other": "≠ differs", "secret": "not compared"}
SYMBOLS = {"Running": "●", "Starting": "◐", "Failed": "✕", "Interrupted": "✕", "Replaced": "✓"}


class ReleasesPage:
    """The releases as somebody has asked for them."""

    def __init__(self, live: Live, asked: Asked) -> None:
        """`asked` may have ns, and left and right: two releases to compare."""
        self._live = live
        self._namespace = asked.get("ns")
        self._left, self._right = asked.get("left"), asked.get("right")

    async def render(self) -> Rendered:
        """Its pieces now."""
        found = [one for one in await self._live.all(RELEASES) if self._namespace in ("", one.metadata.namespace)]
        everything = sorted(found, key=lambda one: (one.spec.service, -one.spec.number))
        said = said_of(self._namespace, _sentence(everything)) if everything or not self._is_hidden() else HIDDEN
        pieces = [Fragment("verdict", ROOT, f'<p id="verdict" class="headline">{with_terms(said)}</p>')]
        if not everything:
            pieces.append(Fragment("step", ROOT, self._first_step()))
        for service in dict.fromkeys(one.spec.service for one in everything):
            mine = [one for one in everything if one.spec.service == service]
            pieces.append(Fragment(element_id("pipeline", service), ROOT, _pipeline(service, mine, self._live.now_s())))
            pieces.append(Fragment(element_id("parity", service), ROOT, _parity(service, current(mine))))
        if len(everything) > 1:
            pieces.append(Fragment("compare", ROOT, self._compare(everything)))
        return Rendered(pieces, said)

    def _first_step(self) -> str:
        if self._is_hidden():
            return '<p id="step" class="next">Ask who administers the cluster.</p>'
        said = with_terms("A release is one image with one set of settings. In a service's repository:")
        return f'<p id="step" class="next">{said} Next: <code>wherry build</code>, then <code>wherry release</code></p>'

    def _is_hidden(self) -> bool:
        return self._live.following.reach(RELEASES) == "forbidden"

    def _compare(self, everything: Sequence[Release]) -> str:
        names = [(_key(one), f"{one.name} ({one.spec.environment})") for one in everything]
        chosen = {_key(one): one for one in everything}
        left, right = chosen.get(self._left), chosen.get(self._right)
        form = (
            '<form class="filters" method="get" action="/ui/releases#compare">'
            f"{choice('left', 'From', names, self._left)}{choice('right', 'To', names, self._right or names[0][0])}"
            f'{hidden_fields(ns=self._namespace)}<button type="submit">Compare</button></form>'
        )
        result = ""
        if left is not None and right is not None:
            lines = difference(left.spec, right.spec)
            items = "".join(f"<li>{text(line)}</li>" for line in lines)
            said = f"From {left.name} to {right.name}: {len(lines) or 'no'} difference{'' if len(lines) == 1 else 's'}."
            result = f'<p class="headline">{text(said)}</p><ul class="evidence">{items}</ul>'
        title = "<h2>What differs between two releases</h2>"
        return f'<section id="compare" class="only-here">{title}{form}{result}</section>'


def _key(release: Release) -> str:
    return f"{release.metadata.namespace}/{release.name}"


def _sentence(everything: Sequence[Release]) -> str:
    if not everything:
        return "There is no release yet."
    running = sum(one.status.state == RUNNING for one in everything)
    services = len({one.spec.service for one in everything})
    runs = "runs" if running == 1 else "run"
    made = f"{count(len(everything), 'release', 'releases')} of {count(services, 'service', 'services')}"
    return f"{made}, {running} of them {runs}."


def _pipeline(service: str, mine: Sequence[Release], now_s: float) -> str:
    """Build, release, run: one line for each image, newest first."""
    rows = "".join(_build(digest, mine, now_s) for digest in dict.fromkeys(one.spec.digest for one in mine))
    return (
        f'<section id="{text(element_id("pipeline", service))}" class="pipeline"><h2>{text(service)}</h2>'
        '<table><caption>From a commit to where it runs</caption><thead><tr><th scope="col">Commit</th>'
        f'<th scope="col">Image</th><th scope="col">Releases, and where each runs</th></tr></thead><tbody>{rows}'
        "</tbody></table></section>"
    )


def _build(digest: str, mine: Sequence[Release], now_s: float) -> str:
    made = [one for one in mine if one.spec.digest == digest]
    spec = made[0].spec
    more = " and more" if spec.uncommitted else ""
    commit = f"<code>{text(spec.revision[:COMMIT_CHARS] or 'no commit')}</code>{more}<small>{text(spec.source)}</small>"
    shown = "".join(_release(one, now_s) for one in made[:RELEASES_SHOWN])
    rest = len(made) - RELEASES_SHOWN
    more_ = f"<li>and {rest} older</li>" if rest > 0 else ""
    return (
        f'<tr><th scope="row">{commit}</th><td><span class="arrow" aria-hidden="true">→</span> '
        f'<code>{text(short(digest))}</code></td><td><ul class="stages">{shown}{more_}</ul></td></tr>'
    )


def _release(one: Release, now_s: float) -> str:
    state = one.status.state or "never run"
    since = f"({ago(one.status.running_since, now_s)})" if one.status.running_since else ""
    board = text(url("done", "logs", one.metadata.namespace, one.name))
    asked = f'<a class="only-here" href="{board}">Is it done?</a>'
    return (
        f'<li class="stage {text(state.lower().replace(" ", "-"))}"><span aria-hidden="true">→ </span>'
        f'<strong>{text(one.name)}</strong> <span class="mark">{text(one.spec.environment)}</span> '
        f'<span aria-hidden="true">{SYMBOLS.get(state, "◌")}</span> {text(state)} {since} {asked}'
        f"{f'<small>{text(one.status.message)}</small>' if one.status.message else ''}</li>"
    )


def _parity(service: str, places: Sequence[Release]) -> str:
    """Environment beside environment: what is the same and what is not."""
    own = element_id("parity", service)
    if len(places) < 2:
        said = "It runs in one environment only, so there is nothing to compare yet."
        return f'<section id="{text(own)}"><p>{with_terms(said)} Next: <code>wherry promote</code></p></section>'
    heads = "".join(
        f'<th scope="col">{text(one.spec.environment)}<small>{text(one.name)}</small></th>' for one in places
    )
    rows = "".join(
        f'<tr class="{word}"><th scope="row"><span class="name">{text(name)}</span></th>'
        f"<td>{WORDS[word]}</td>{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"
        for name, word, cells in _compared(places)
    )
    return (
        f'<section id="{text(own)}" class="parity"><h3>{text(service)}: environment beside environment</h3><table>'
        f'<thead><tr><th scope="col">What</th><th scope="col">Parity</th>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></section>"
    )


def _compared(places: Sequence[Release]) -> Iterator[tuple[str, str, list[str]]]:
    """Each thing that environments may have in common, whether they have, and what each has. Values are HTML."""
    yield _line("Image", [short(one.spec.digest) for one in places])
    yield _line("Commit", [one.spec.revision[:COMMIT_CHARS] for one in places])
    others = sorted({pinned.name for one in places for pinned in one.spec.images if pinned.digest != one.spec.digest})
    for name in others:
        yield _line(name, [_pinned(one, name) for one in places])
    for source, key in sorted({_place(entry) for one in places for entry in one.spec.config}):
        found = [_setting(one.spec.config, source, key) for one in places]
        # Each environment hashes its secrets in its own way: nobody can tell which are equal.
        is_secret = all(entry is not None and entry.hash for entry in found)
        values = {entry.value if entry else None for entry in found}
        yield f"{key} ({source})", "secret" if is_secret else _word(values), [_value(entry) for entry in found]


def _line(name: str, values: Sequence[str]) -> tuple[str, str, list[str]]:
    return name, _word(set(values)), [f"<code>{text(value or 'none')}</code>" for value in values]


def _word(values: Set[str | None]) -> str:
    return "same" if len(values) == 1 else "other"


def _pinned(release: Release, name: str) -> str:
    return next((short(one.digest) for one in release.spec.images if one.name == name), "")


def _setting(config: Iterable[ConfigEntry], source: str, key: str) -> ConfigEntry | None:
    return next((entry for entry in config if _place(entry) == (source, key)), None)


def _place(entry: ConfigEntry) -> tuple[str, str]:
    return stable_name(entry.source), entry.key


def _value(entry: ConfigEntry | None) -> str:
    if entry is None:
        return "not set"
    return f"<em>{with_terms('secret')}</em>" if entry.hash else text(entry.value)


def _make(live: Live, asked: Asked) -> Page:
    return Page(
        "Releases",
        ReleasesPage(live, asked).render,
        above=namespace_form("releases", live, asked.get("ns")),
        interval_s=INTERVAL_S,
    )


RELEASES_VIEW = View(
    "releases",
    "Releases",
    _make,
    explains="A build makes an image of a commit. A release is that image with the settings of one environment, and "
    "never changes. Then it runs. Environments shall differ in their settings alone.",
    tells_of=RELEASES,
)
