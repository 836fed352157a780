"""A criterion of the Definition of Done: what has to be true, in plain words and in the manifesto's.

The quotes are from https://12factor.net, (c) Salesforce, licensed under CC BY 4.0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from wherry.method.evidence.observation import Observation
from wherry.method.facts.facts import Facts


@dataclass(frozen=True, slots=True)
class Criterion:
    """One thing that has to be true of an increment before it is done.

    `plain` is for everybody, `quote` is the manifesto's own sentence ("" where it has none). `id` is what done.toml
    calls it, `code` its short name on a board: I to XII for the factors, C1 to C4 for contracts, M1 and M2 for what
    makes a microservice.
    """

    id: str
    code: str
    title: str
    plain: str
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Factor:
    """A criterion (one of the twelve factors, or of the six of services) with the check that reads the repository.

    `static` is pure: facts in, observations out, in the order in which a person should read them.
    """

    criterion: Criterion
    static: Callable[[Facts], list[Observation]]

    @property
    def id(self) -> str:
        """What done.toml and the command line call it."""
        return self.criterion.id
