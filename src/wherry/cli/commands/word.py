"""`wherry word TERM`: what does this word mean?"""

from __future__ import annotations

import click

from wherry.cli.look import Look, look_options
from wherry.cli.output import Trouble, note, say, table
from wherry.cli.troubles import known


@click.command()
@click.argument("term", required=False, nargs=-1)
@look_options
def command(look: Look, term: tuple[str, ...]) -> None:
    """What does this word mean, in plain words, and how many of it are in your cluster right now?

    Without a TERM: all words there are. Examples: wherry word pod   wherry word replica set
    """
    from wherry.narrate.glossary import find_word, near_words, words

    asked = " ".join(term)
    if not asked:
        if look.answered([*words().values()], words()):
            return
        say(f"There are {len(words())} words; each is one sentence.")
        table(("WORD", "WHAT IT MEANS"), [(word.term, word.says) for word in words().values()])
        look.end("kubectl explain pod", "wherry word pod")
        return
    word = find_word(asked)
    if word is None:
        near = near_words(asked)
        raise known("W0202", word=asked, do=f"wherry word {near[0]}" if near else "wherry word")
    number = _count(look, word.counts) if word.counts else None
    if look.answered({"word": word, "inTheCluster": number}, [word.term]):
        return
    say(f"{word.term[:1].upper()}{word.term[1:]}: {word.says}")
    say(f"  Not to be confused with: {word.is_not}.")
    if number is not None:
        say(f"  In your cluster right now: {number} of them.")
    if word.kubectl:
        say(f"  For kubectl it is: {word.kubectl}")
    look.end(f"kubectl explain {word.kubectl or 'pod'}", "wherry picture" if word.counts else "wherry word")


def _count(look: Look, kind: str) -> int | None:
    """How many objects of a kind there are; None when no cluster can be asked."""
    from wherry.api.registry import RESOURCE_TYPES
    from wherry.client.client import Client

    resource = next(one for one in RESOURCE_TYPES if one.kind == kind)

    async def ask(client: Client) -> int:
        return len((await client.list(resource, look.namespace if resource.namespaced else "")).items)

    try:
        return look.ask(ask)
    except Trouble as error:
        # The meaning is the answer; the number is an extra.
        note(f"   (not counted: {error.message})")
        return None
