"""The planner: from a model and what the cluster shows to the steps that lie between. Pure.

The order is one in which the work can be done: who provides comes before who needs, a service before its contracts, and
a monolith is retired when all its pieces run. A step is done when the cluster shows it, never because somebody says so.
"""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.model.contract_steps import plan_needs, plan_promises
from wherry.method.model.landscape import Landscape
from wherry.method.model.model import Model, Service, provider_of
from wherry.method.model.service_steps import origin_of, plan_service
from wherry.method.model.step import Gap, Step

NAMED_MAX = 6


def plan_steps(model: Model, seen: Landscape) -> Gap:
    """The gap between what is and what shall be."""
    steps: list[Step] = []
    order = _providers_first(model.next)
    for name in order:
        service = model.next[name]
        steps += plan_service(service, model, seen)
        steps += plan_promises(service, model, seen)
    for name in order:
        steps += plan_needs(model.next[name], model, seen)
    for name in model.leaving:
        steps.append(_retire(name, model, seen, steps))
    here = [name for name in model.names if seen.service(name).runs]
    return Gap(tuple(steps), tuple(_notes(model, seen)), len(here), len(model.next))


def _providers_first(services: dict[str, Service]) -> list[str]:
    """The services so that each comes after those that it needs; in a circle the file's order counts."""
    ordered: dict[str, None] = {}
    for start in services:
        # Depth first without recursion: a chain of services may be long.
        stack = [(start, False)]
        entered: set[str] = set()
        while stack:
            name, is_left = stack.pop()
            if is_left:
                ordered.setdefault(name)
            elif name not in ordered and name not in entered:
                entered.add(name)
                stack.append((name, True))
                needed = [provider_of(need) for need in services[name].needs]
                stack += [(one, False) for one in reversed(needed) if one in services]
    return list(ordered)


def _retire(name: str, model: Model, seen: Landscape, steps: list[Step]) -> Step:
    was = model.now.get(name)
    found = seen.service(name)
    pieces = [one.name for one in model.next.values() if origin_of(one, model) == name]
    callers = [caller for caller in seen.callers_of(name) if caller in model.next]
    is_blind = was is not None and was.outside
    if is_blind:
        shown = f"{name} runs where nobody can look: when it is gone, take it out of now in {model.source}."
    elif not found.runs:
        shown = f"Nothing in the cluster is {name} any more."
    else:
        shown = f"{name} runs in {found.where}."
        shown += f" {_and(callers)} still {'call' if len(callers) > 1 else 'calls'} it." if callers else ""
    takes_over = f"{_and(pieces)} {'do' if len(pieces) > 1 else 'does'} what it did" if pieces else "nobody needs it"
    data = [one.words for one in seen.databases_of(name) if not set(one.services) & set(model.next)]
    return Step(
        "retire",
        name,
        f"Retire {name}",
        f"{model.source} has no {name} in its next state: {takes_over}.",
        not is_blind and not found.runs,
        shown,
        (
            *(f"{piece} runs without it" for piece in pieces),
            f"nobody's configuration names {name}",
            f"no workload of {name} is left in the cluster",
            *((f"the data of {_and(data)} is moved or kept as the law asks",) if data else ()),
        ),
        f"wherry next {name}; then kubectl delete what it shows" if found.runs else "",
        tuple(step.title for step in steps if step.about in pieces and step.kind in ("split", "add") and not step.done),
    )


def _notes(model: Model, seen: Landscape) -> Iterator[str]:
    """What is no step, and worth knowing."""
    for consumer, provider in sorted(seen.calls):
        service = model.next.get(consumer)
        if service is None or provider not in model.next or provider in map(provider_of, service.needs):
            continue
        missing = f"no contract yet, and {model.source} asks for none"
        yield f"{consumer} calls {provider}: {missing}. Add what {consumer} needs."
    for database in seen.databases:
        users = [name for name in database.services if name in model.next]
        if len(users) > 1 and any(model.next[name].database is None for name in users):
            yield f"{_and(users)} share {database.words}, and {model.source} does not say whose it shall be."
    unknown = [name for name, one in seen.services.items() if one.runs and name not in model.names]
    if unknown:
        more = f" and {len(unknown) - NAMED_MAX} more" if len(unknown) > NAMED_MAX else ""
        yield f"Also in the cluster, and not in {model.source}: {', '.join(unknown[:NAMED_MAX])}{more}."
    absent = [one.name for one in model.now.values() if not one.outside and not seen.service(one.name).runs]
    moved = [name for name in absent if name in model.next]
    if moved:
        yield f"{model.source} counts {_and(moved)} among what is there now; the cluster does not show it."
    if seen.hidden:
        yield f"You may not look at {', '.join(seen.hidden)}: what they would show counts as not there."


def _and(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
