"""What people did, as lines of the story: anna scaled deployment web with kubectl. Pure.

The masters' own deeds are told by their Events, which know the why; so only people's, and other programs', are here.
What somebody did to many things of a kind at once is one line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wherry.apimachinery.deed import Deed
from wherry.narrate.changes import NOT_TOLD
from wherry.narrate.doers import DELETIONS, is_master, tool_of, who_is
from wherry.narrate.grouping import app_of_pod
from wherry.narrate.history import Key, name_words
from wherry.narrate.past_templates import DEEDS
from wherry.narrate.sentences import kind_words, plural
from wherry.narrate.story import Line
from wherry.narrate.templates import count

AT_ONCE_S = 5.0
COMMANDS = {
    "kubectl rollout restart": "restarted",
    "kubectl rollout undo": "undone",
    "kubectl cordon": "closed",
    "kubectl uncordon": "opened",
}
VERBS = {"create": "created", "delete": "deleted", "deletecollection": "deleted"}


def deed_lines(deeds: Iterable[Deed]) -> list[Line]:
    """The lines of what people did, oldest first."""
    return [_line(group) for group in _at_once(one for one in deeds if is_told(one))]


def is_told(deed: Deed) -> bool:
    """Whether it is a deed of somebody whom people want to hear of, to a thing that they know."""
    return bool(deed.kind) and deed.kind not in NOT_TOLD and not is_master(deed.author) and _word(deed) != ""


def _word(deed: Deed) -> str:
    """What was done, as the key of its sentence; "" for what says nothing to anybody (a status, a token)."""
    author = deed.author
    if author.command in COMMANDS and author.verb not in DELETIONS:
        return COMMANDS[author.command]
    if author.subresource in ("", "scale", "eviction", "resize"):
        known = {"scale": "scaled", "eviction": "evicted"}
        return known.get(author.subresource) or VERBS.get(author.verb, "changed")
    return ""


def _at_once(deeds: Iterable[Deed]) -> Iterator[list[Deed]]:
    group: list[Deed] = []
    for deed in deeds:
        if group and not (_sort(deed) == _sort(group[0]) and deed.time_s - group[0].time_s <= AT_ONCE_S):
            yield group
            group = []
        group.append(deed)
    if group:
        yield group


def _sort(deed: Deed) -> tuple[str, ...]:
    return who_is(deed.author), tool_of(deed.author), _word(deed), deed.kind, deed.namespace


def _line(group: list[Deed]) -> Line:
    first, names = group[0], {deed.name for deed in group}
    what = name_words(Key(first.kind, first.namespace, first.name))
    if len(names) > 1:
        words = kind_words(first.kind)
        what = count(len(names), words, plural(words)) + (f" in {first.namespace}" if first.namespace else "")
    word, who = _word(first), who_is(first.author)
    said = {"who": who, "what": what, "tool": tool_of(first.author)}
    return Line(
        time_s=first.time_s,
        end_s=group[-1].time_s,
        namespace=first.namespace,
        actor=who,
        subject=f"{kind_words(first.kind)} {first.name}",
        kind=first.kind,
        name=first.name,
        app=app_of_pod(first.name) if first.kind == "Pod" else first.name,
        reason=word.capitalize(),
        text=DEEDS[word].text.format_map(said),
        why="",
        next="",
        count=len(group),
        is_warning=False,
    )
