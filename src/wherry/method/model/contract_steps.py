"""The steps that put a contract between two services: published, agreed, verified. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.model.landscape import Landscape, Standing
from wherry.method.model.model import Model, Service, provider_of
from wherry.method.model.step import Step

AGREED = frozenset(("Agreed", "Verified"))


def plan_promises(service: Service, model: Model, seen: Landscape) -> Iterator[Step]:
    """A step for each contract that the service shall provide and did not, or does not."""
    was = model.now.get(service.name)
    before = {promise.name for promise in was.provides} if was is not None else set()
    published = seen.service(service.name).promises
    for promise in service.provides:
        done = promise.name in published
        if done and promise.name in before:
            continue
        others = [name for name in published if name != promise.name]
        shown = f"{promise.name} is in the catalogue." if done else f"{promise.name} is not in the catalogue."
        if others and not done:
            shown = f"The catalogue has {', '.join(others)} of {service.name}."
        yield Step(
            "publish",
            promise.name,
            f"Publish what {service.name} promises ({promise.name})",
            "Others can build on a promise that they can read, before the service is finished.",
            done,
            shown,
            (f"`wherry contract list` knows {promise.name}", f"the running {service.name} serves the same document"),
            f"wherry contract expose, in the repository of {service.name}",
        )


def plan_needs(service: Service, model: Model, seen: Landscape) -> Iterator[Step]:
    """Two steps for each contract that the service shall have with another: both agree, and it is tried."""
    was = model.now.get(service.name)
    before = was.needs if was is not None else ()
    for contract in service.needs:
        provider = provider_of(contract)
        found = seen.contracts.get((service.name, provider))
        if found is not None and found.promise not in ("", contract):
            found = Standing("Proposed", f"It is about {found.promise} still.", found.promise)
        steps = (_agree(service.name, contract, found, seen), _verify(service.name, contract, found))
        if contract not in before or not all(step.done for step in steps):
            yield from steps


def _agree(consumer: str, contract: str, found: Standing | None, seen: Landscape) -> Step:
    provider = provider_of(contract)
    is_called = (consumer, provider) in seen.calls
    why = f"{consumer} needs {provider}: what one may rely on, the other must know."
    if found is not None:
        shown = f"The contract is {found.word}. {found.why}".strip()
    elif is_called:
        shown = f"{consumer} calls {provider} already, without a contract."
    else:
        shown = "Nobody has proposed it."
    how = f"wherry contract propose, in the repository of {consumer}; then wherry contract agree in both"
    if found is not None:
        how = "wherry contract agree, by somebody of each team"
    return Step(
        "agree",
        contract,
        f"Agree on {contract} between {consumer} and {provider}",
        why,
        found is not None and found.word in AGREED,
        shown,
        (f"a person of each team has signed {consumer}-{provider}: `kubectl get agreements -A` says Agreed",),
        how,
    )


def _verify(consumer: str, contract: str, found: Standing | None) -> Step:
    provider = provider_of(contract)
    done = found is not None and found.word == "Verified"
    return Step(
        "verify",
        contract,
        f"Try {contract} for {consumer}",
        "A contract holds when what runs does what was agreed, not when it is written down.",
        done,
        "The last trial has passed on what runs now." if done else "No trial has passed on what runs now.",
        (f"every request of {consumer} gets what it needs of the running {provider}: `wherry contract verify`",),
        f"wherry contract verify, in the repository of {consumer}",
    )
