"""The list of a walking skeleton: twelve items, each ticked by what has been seen, never by hand.

Pure: facts in, ticks out. What nobody could look at (no cluster, a part that is not there) is simply open.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from wherry.method.backlog import Item as BacklogItem

SHORT_CHARS = 12


@dataclass(frozen=True, slots=True)
class Running:
    """An environment in which a release runs, and how many of its pods are ready."""

    release: str
    digest: str
    ready: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What was seen. Empty means not seen, or not looked at."""

    service: str
    team: str = ""
    namespace: str = "NAMESPACE"
    environments: tuple[str, ...] = ()
    head: str = ""
    commits: int = 0
    stored_environments: tuple[str, ...] = ()
    stored_passwords: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    releases: tuple[str, ...] = ()
    running: Mapping[str, Running] = field(default_factory=dict)
    row: str = ""
    log_lines: int = 0
    healed: str = ""
    exposed: str = ""
    agreed_by: tuple[str, ...] = ()
    demo: str = ""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to have: what is then so, the same as an order, what it teaches, and how to get there."""

    name: str
    title: str
    order: str
    idea: str
    how: str
    evidence: Callable[[Facts], str]


@dataclass(frozen=True, slots=True)
class Tick:
    """An item with its evidence; "" means that it is open. `order` and `how` are the item's, for this service."""

    item: Item
    evidence: str
    how: str
    order: str

    @property
    def is_done(self) -> bool:
        """Whether there is evidence."""
        return bool(self.evidence)


def tick_off(facts: Facts) -> list[Tick]:
    """All items in order, each with its evidence."""
    first, *_, last = (*facts.environments, *facts.environments) or ("the first environment", "ENVIRONMENT")
    words = {"service": facts.service, "namespace": facts.namespace, "first": first, "last": last}
    return [Tick(item, item.evidence(facts), item.how.format(**words), item.order.format(**words)) for item in ITEMS]


def _versioned(facts: Facts) -> str:
    return f"{_count(facts.commits, 'commit')}, the last one {facts.head[:SHORT_CHARS]}" if facts.commits else ""


def _configured(facts: Facts) -> str:
    wanted = set(facts.environments)
    if len(wanted) < 2 or not wanted <= set(facts.stored_environments) or facts.stored_passwords:
        return ""
    return f"{', '.join(facts.environments)}; no password among them"


def _built(facts: Facts) -> str:
    if facts.images:
        return f"the image {facts.images[-1]}"
    return f"the image of {facts.releases[-1]}" if facts.releases else ""


def _released(facts: Facts) -> str:
    return f"{_count(len(facts.releases), 'release')}, the newest one {facts.releases[-1]}" if facts.releases else ""


def _runs(facts: Facts) -> str:
    first = facts.running.get(facts.environments[0]) if facts.environments else None
    if first is None or not first.ready:
        return ""
    return f"{first.release} in {facts.environments[0]}, {_count(first.ready, 'pod')} ready"


def _logs(facts: Facts) -> str:
    return f"{_count(facts.log_lines, 'line')} on the standard output, read from outside" if facts.log_lines else ""


def _agreed(facts: Facts) -> str:
    others = [team for team in facts.agreed_by if team != facts.team]
    return f"signed by {', '.join(others)}" if others else ""


def _promoted(facts: Facts) -> str:
    later = facts.environments[1:]
    first = facts.running.get(facts.environments[0]) if facts.environments else None
    if first is None or not later or any(name not in facts.running for name in later):
        return ""
    digests = {first.digest, *(facts.running[name].digest for name in later)}
    return (
        f"{first.digest.removeprefix('sha256:')[:SHORT_CHARS]} in {_and(facts.environments)}"
        if len(digests) == 1
        else ""
    )


ITEMS: tuple[Item, ...] = (
    Item(
        "versioned",
        "The code is in version control",
        "Put the code into version control",
        "One codebase, many deploys (factor I)",
        "git init && git add --all && git commit",
        _versioned,
    ),
    Item(
        "configured",
        "Each environment's configuration is stored",
        "Store the configuration of each environment",
        "Configuration is apart from the code (factor III)",
        "an overlay for each environment in deploy/overlays, committed, without passwords",
        _configured,
    ),
    Item(
        "built",
        "It is built",
        "Build it",
        "Build: a commit becomes an image (factor V)",
        "wherry build",
        _built,
    ),
    Item(
        "released",
        "It is released",
        "Release it",
        "Release: an image with a configuration, never changed again (factor V)",
        "wherry release",
        _released,
    ),
    Item(
        "runs",
        "It runs in the first environment",
        "Run it in {first}",
        "Run: pods on a node (factor V)",
        "wherry run",
        _runs,
    ),
    Item(
        "x",
        "Action x has written a row to its own database",
        "Let action x write a row to a database of its own",
        "A microservice has its own database (factor IV)",
        "wherry demo do-x",
        lambda facts: facts.row,
    ),
    Item(
        "logs",
        "Its logs are a stream",
        "Write the logs as a stream",
        "Logs are streams of events (factor XI)",
        "print events, one a line",
        _logs,
    ),
    Item(
        "healed",
        "A pod was killed, and it healed",
        "Kill a pod and see it heal",
        "The masters keep the pods healthy; processes are disposable (factors VI and IX)",
        "wherry kubectl -n {namespace} delete pod -l app={service}",
        lambda facts: facts.healed,
    ),
    Item(
        "exposed",
        "The contract is exposed",
        "Expose the contract",
        "Contracts between services are explicit, and anybody can see them",
        "serve the contract's document where wherry.toml says",
        lambda facts: facts.exposed,
    ),
    Item(
        "agreed",
        "A second party has agreed",
        "Agree on a contract with a second party",
        "A contract is a conversation between teams",
        "wherry contract agree, by somebody of another team",
        _agreed,
    ),
    Item(
        "promoted",
        "The same image runs in every environment",
        "Run the same image in every environment",
        "Environments are as similar as possible (factor X)",
        "wherry promote, from environment to environment",
        _promoted,
    ),
    Item(
        "demo",
        "A demo was held",
        "Hold a demo in {last}",
        "Show what works, end to end, in the environment that counts",
        "wherry demo do-x --in {last}",
        lambda facts: facts.demo,
    ),
)


def backlog(ticks: Sequence[Tick]) -> list[BacklogItem]:
    """What is left, as backlog items: each is done when the timebox ticks it."""
    return [
        BacklogItem(
            tick.order,
            tick.item.idea,
            (f'`wherry timebox` ticks "{tick.item.title}", and names the evidence',),
            how=tick.how,
            source="wherry timebox",
        )
        for tick in ticks
        if not tick.is_done
    ]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _and(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
