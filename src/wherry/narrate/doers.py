"""Who did it, in words: a person by name and with what, a part of the masters by what it is called. Pure.

Author(user="anna", command="kubectl scale")                     "anna", " with kubectl"
Author(user="anna", acted="kubernetes-admin")                    "kubernetes-admin as anna"
Author(user="system:...", component="deployment-controller")     "The deployment controller"
Author(user="system:serviceaccount:ci:deployer")                 "Service account ci/deployer"
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from wherry.apimachinery.deed import Author, Deed
from wherry.narrate.sentences import NARRATORS

SYSTEM, NODE, ACCOUNT = "system:", "system:node:", "system:serviceaccount:"
MASTERS_NAMESPACE = "kube-system"
MASTERS_USERS = {
    "system:kube-scheduler": "The scheduler",
    "system:kube-controller-manager": "The masters",
    "system:apiserver": "The masters",
    "system:simulated-nodes": "The simulated nodes",
}
TOOLS = {"wherry-dashboard": "the page", "Helm": "helm"}
DELETIONS = frozenset({"delete", "deletecollection"})
GARBAGE_COLLECTOR, NAMESPACE_CONTROLLER = "garbage-collector-controller", "namespace-controller"


def is_master(author: Author) -> bool:
    """Whether it is a part of the cluster that does what others have asked for, and no beginning of anything."""
    account = author.user.removeprefix(ACCOUNT)
    if account != author.user:
        return account.startswith(f"{MASTERS_NAMESPACE}:")
    return author.user.startswith(SYSTEM)


def who_is(author: Author) -> str:
    """Who it is; the masters' parts with a capital, as at the beginning of a sentence."""
    user = author.user
    if author.component and is_master(author):
        return NARRATORS.get(author.component) or f"The {author.component.replace('-', ' ')}"
    if user.startswith(NODE):
        return f"Node {user.removeprefix(NODE)}"
    if user.startswith(ACCOUNT):
        return f"Service account {user.removeprefix(ACCOUNT).replace(':', '/')}"
    name = MASTERS_USERS.get(user) or user
    return f"{author.acted} as {name}" if author.acted and author.acted != user else name


def within(who: str) -> str:
    """The same in the middle of a sentence."""
    known = who.startswith(("The ", "Node ", "Service account ", "A simulated "))
    return who[:1].lower() + who[1:] if known else who


def tool_of(author: Author) -> str:
    """What a person did it with, as the end of a clause: " with kubectl"; "" for the masters, who need no tool."""
    word = author.command.partition(" ")[0] or author.program
    return f" with {TOOLS.get(word, word)}" if word and not is_master(author) else ""


def writers(deeds: Iterable[Deed]) -> list[Deed]:
    """Those who changed an object's wish, people before masters: the last deed of each, in order."""
    wrote = [deed for deed in deeds if deed.author.verb not in DELETIONS and deed.author.subresource in ("", "scale")]
    people = [deed for deed in wrote if not is_master(deed.author)] or wrote
    last = {who_is(deed.author): deed for deed in people}
    return sorted(last.values(), key=lambda deed: deed.revision)


def names_of(deeds: Sequence[Deed]) -> str:
    """All of them as one subject: "anna and ben"."""
    names = [who_is(deeds[0].author), *(within(who_is(deed.author)) for deed in deeds[1:])] if deeds else []
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def tools_of(deeds: Sequence[Deed]) -> str:
    """What they did it with, where it was the same for all."""
    tools = {tool_of(deed.author) for deed in deeds}
    return tools.pop() if len(tools) == 1 else ""


def users_of(deeds: Iterable[Deed]) -> tuple[str, ...]:
    """The users of the cluster who did it."""
    return tuple(dict.fromkeys(deed.author.user for deed in deeds))


def is_deletion(deed: Deed) -> bool:
    """Whether it asked for the object's end."""
    return deed.author.verb in DELETIONS or deed.author.subresource == "eviction"


def deletion_of(deeds: Sequence[Deed], ended: int) -> tuple[Deed | None, Deed | None]:
    """Who asked for the end that came with revision `ended`, and who brought it about; None where nobody knows."""
    past = [deed for deed in deeds if deed.revision <= ended]
    born = max(
        (number for number, deed in enumerate(past) if deed.author.verb == "create" and not is_deletion(deed)),
        default=0,
    )
    started = next((deed for deed in past[born:] if is_deletion(deed)), None)
    return started, next((deed for deed in past if deed.revision == ended), None)
