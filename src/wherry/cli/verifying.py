"""One run of trials: on what runs, or on a twin of it, where everything may change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from wherry.api.method.release import RUNNING
from wherry.cli.output import Trouble, note
from wherry.cli.programs import kubectl_path
from wherry.cli.termination import end_on_sigterm
from wherry.method.contracts.acting import Actor, entries, verify
from wherry.method.contracts.catalogue import Entry, as_text, document_of
from wherry.method.contracts.deep import Deep, check_deeply
from wherry.method.contracts.provider_states import preparation
from wherry.method.contracts.replay import Outcome
from wherry.method.contracts.running_service import RunningService
from wherry.method.delivery.ledger import list_in
from wherry.method.project import Project
from wherry.method.twins.start import twin_of
from wherry.method.twins.twin import CannotTry

NEW = "new"


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of one contract: Passed, Failed or Incomplete, and each of its requests."""

    contract: str
    result: str
    outcomes: tuple[Outcome, ...]
    deep: Deep | None = None


@dataclass(frozen=True, slots=True)
class Verifying:
    """What is to be tried: one contract of a service or all ("").

    `twin` is a namespace with a twin in it, "new" for one that is made for this and goes again, "" for what runs.
    `base` stands before every path. `is_deep` asks everything that the promise allows, too.
    `kubectl_options` point kubectl at the cluster.
    """

    project: Project
    contract: str
    twin: str
    base: str = ""
    is_deep: bool = False
    kubectl_options: tuple[str, ...] = ()

    async def go(self, actor: Actor) -> list[Tried]:
        """Try them. Raises Trouble, NotPossible and NoCatalogue."""
        spaces = (actor.namespace,)
        found = await entries(actor, service=self.project.name, only=self.contract, spaces=spaces, skipped=note)
        return await self.these(actor, [entry for entry, _ in found])

    async def these(self, actor: Actor, found: Sequence[Entry]) -> list[Tried]:
        """Try these contracts. Raises as `go` does."""
        if not found:
            return []
        async with self._twin(actor, found) as namespace:
            return [await self._try(actor, entry, namespace) for entry in found]

    async def _try(self, actor: Actor, entry: Entry, twin: str) -> Tried:
        provider = entry.facts.provider.service
        command = self.project.file.admin.get("states") if provider == self.project.name else None
        prepare = preparation(actor.client, twin, provider, command) if twin and command else None
        result, outcomes = await verify(actor, entry, twin=twin, base=self.base, prepare=prepare)
        deep = await self._deep(actor, entry, twin) if self.is_deep and entry.api is not None else None
        return Tried(entry.agreement.metadata.name, result, tuple(outcomes), deep)

    async def _deep(self, actor: Actor, entry: Entry, twin: str) -> Deep:
        assert entry.api is not None
        home, spec = entry.api.metadata.namespace, entry.api.spec
        text = as_text(await document_of(actor.client, home, spec), spec.service)
        running = RunningService(actor.client, twin or home, spec.service, spec.port)
        return await check_deeply(dict(text.data), running, base=self.base, is_twin=bool(twin))

    @asynccontextmanager
    async def _twin(self, actor: Actor, found: Sequence[Entry]) -> AsyncIterator[str]:
        """The namespace to try it in, "" for where each provider runs."""
        if self.twin != NEW:
            yield self.twin
            return
        end_on_sigterm()
        project = self.project
        others = sorted({one.facts.provider.service for one in found} - {project.name})
        if others:
            raise Trouble(
                f"only {others[0]} can make a twin of itself: its release is in its own repository",
                remedy=f"try it on what runs, or in the folder of {others[0]}: wherry contract verify --twin",
                exit_code=2,
            )
        releases = await list_in(actor.client, actor.namespace, project.name)
        if not releases:
            raise Trouble(
                f"{project.name} has no release in {actor.namespace}, so no twin of it can be made",
                remedy="wherry release",
            )
        running = next((one for one in releases if one.status.state == RUNNING), releases[-1])
        note(f" A twin of {running.name} starts, with an empty database.")
        kubectl = (str(kubectl_path()), *self.kubectl_options)
        try:
            async with twin_of(actor.client, running, project, None, kubectl, _say) as twin:
                yield twin.namespace
        except CannotTry as error:
            raise Trouble(
                f"nothing could be tried: {error}", remedy="wherry run shows why it does not start"
            ) from error


def _say(words: str) -> None:
    note(f"   {words}")
