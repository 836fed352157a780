"""Runs a release: exactly its manifests, in order, until its pods are ready; and writes down what has become of it.

The order: settings, what the service leans on, the migration, the service itself, and last what is not needed any
more. A stage that fails leaves the pods of the release before as they are, where their rollout allows it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from itertools import groupby

from wherry.api.core.namespace import NAMESPACES
from wherry.api.method.release import (
    FAILED,
    INTERRUPTED,
    RELEASES,
    REPLACED,
    RUNNING,
    STARTING,
    ObjectRef,
    Release,
)
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict, Forbidden, NotFound, StatusError
from wherry.apimachinery.resource_type import ResourceType
from wherry.apimachinery.timestamps import format_micro_time, format_time
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.method.delivery.documents import reference
from wherry.method.delivery.imageless_pods import renew_imageless_pods
from wherry.method.delivery.kept_manifests import read_documents
from wherry.method.delivery.ledger import ensure_namespace, list_in
from wherry.method.delivery.migration import migration_job, migration_name
from wherry.method.delivery.obtainable import has_registry
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.delivery.rollout import LASTING_KINDS
from wherry.method.delivery.run_plan import RunPlan, current_release, plan_prune, plan_run
from wherry.method.delivery.served_kinds import Anything, ServedKinds
from wherry.method.delivery.stamping import SERVICE
from wherry.method.delivery.waiting import Awaited, NeverStarts, Outcome, Say, Waiting

FIELD_MANAGER = "wherry-run"
MIGRATION_TIMEOUT_S = 600.0
JOB_GONE_S = 1
TRIED = frozenset((STARTING, FAILED, INTERRUPTED))


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs one release on one cluster."""

    client: Client
    kinds: ServedKinds
    release: Release
    by: str
    clock: Clock
    say: Say
    timeout_s: float = 120.0

    @property
    def namespace(self) -> str:
        """Where it runs: the namespace of its environment."""
        return self.release.metadata.namespace

    async def run(self, *, migrate: bool = True) -> Release:
        """Run it; gives the release with its new status. Raises CannotDeliver with the reason when it does not.

        `migrate` is False for a rollback: the database stays as it is, and an older program must bear it.
        """
        spec = self.release.spec
        plan = plan_run(await read_documents(self.client, self.release), spec.image)
        releases = await list_in(self.client, self.namespace, spec.service)
        current = current_release(releases)
        await ensure_namespace(self.client, self.namespace, spec.service, spec.environment)
        if self.release.status.state in TRIED:
            _ = await renew_imageless_pods(self.client, self.namespace, spec.service)
        await self._note_start(current)
        try:
            await self._run(plan, releases, migrate=migrate)
        except CannotDeliver as error:
            await self._note(state=FAILED, message=error.message)
            raise
        except StatusError as error:
            await self._note(state=FAILED, message=f"the cluster refuses: {error.message}")
            raise
        except asyncio.CancelledError:
            await self._note(state=INTERRUPTED, message="whoever ran it did not wait for its end")
            raise
        return await self._note_success(releases)

    async def _run(self, plan: RunPlan, releases: Sequence[Release], *, migrate: bool) -> None:
        _ = await self._apply(plan.settings)
        backing = await self._apply(plan.backing)
        await self._wait(backing)
        if migrate:
            await self._migrate(plan)
        await self._wait(await self._apply(plan.service))
        await self._prune(plan_prune(self.release, (one for one in releases if one.name != self.release.name)))

    async def _apply(self, documents: Iterable[Document]) -> list[Awaited]:
        """Apply these server-side, kind by kind; gives those whose pods are to be waited for."""
        awaited: list[Awaited] = []
        for _, group in groupby(documents, key=lambda document: reference(document).kind):
            made = await asyncio.gather(*(self._apply_one(document) for document in group))
            awaited += [one for one in made if one.resource.kind in LASTING_KINDS]
        return awaited

    async def _apply_one(self, document: Document) -> Awaited:
        ref = reference(document)
        kind = await self.kinds.find(ref.api_version, ref.kind)
        namespace = self.namespace if kind.namespaced else ""
        try:
            made = await self.client.apply(kind, ref.name, document, namespace, field_manager=FIELD_MANAGER, force=True)
        except Forbidden as error:
            if (ref.api_version, ref.kind, ref.name) != (NAMESPACES.api_version, NAMESPACES.kind, self.namespace):
                raise _about(ref, error) from error
            # Who has everything in a namespace may still not change the namespace itself.
            self.say(f"the namespace {ref.name} stays as it is: you may not change it")
            return Awaited(kind, ref.name, 0)
        except StatusError as error:
            raise _about(ref, error) from error
        return Awaited(kind, ref.name, made.metadata.generation)

    async def _wait(self, awaited: Sequence[Awaited]) -> None:
        waiting = self._waiting()
        outcome = await waiting.until_ready(awaited, self.timeout_s)
        if outcome.lost is not None:
            raise outcome.lost
        if outcome.why:
            raise await self._explain(waiting, outcome)

    async def _explain(self, waiting: Waiting, outcome: Outcome) -> CannotDeliver:
        trouble, env = outcome.trouble, self.release.spec.environment
        words = ""
        if trouble is not None and trouble.has_log:
            words = await waiting.last_words(trouble.pod, trouble.container)
            words = words or await waiting.last_words(trouble.pod, trouble.container, previous=True)
        late = f" within {self.timeout_s:.0f} s" if outcome.timed_out else ""
        said = f'. Its last words: "{words}"' if words else ""
        look = f"wherry why pod/{trouble.pod} -n {self.namespace}, or go back: " if trouble is not None else "go back: "
        is_elsewhere = any(has_registry(image.image) for image in self.release.spec.images)
        push = trouble is not None and trouble.lacks_image and not trouble.passes and is_elsewhere
        bring = f"bring its images to their registry: wherry push {self.release.name}; " if push else ""
        return CannotDeliver(
            f"{self.release.name} has not become ready{late}: {outcome.why}{said}",
            f"{bring}{look}wherry rollback --in {env}",
            5 if outcome.timed_out else 1,
        )

    def _waiting(self) -> Waiting:
        return Waiting(self.client, self.namespace, self.release.spec.service, self.release.name, self.say)

    async def _migrate(self, plan: RunPlan) -> None:
        job = migration_job(self.release, plan.service)
        if job is None:
            return
        jobs = await self.kinds.find("batch/v1", "Job")
        name = migration_name(self.release)
        self.say(f"migration: {' '.join(self.release.spec.migrate)}")
        await self._delete(jobs, name)
        _ = await self.client.create(jobs, job, self.namespace)
        waiting = self._waiting()
        try:
            succeeded = await waiting.until_finished(jobs, name, MIGRATION_TIMEOUT_S)
        except TimeoutError as error:
            raise CannotDeliver(
                f"the migration of {self.release.name} has not ended within {MIGRATION_TIMEOUT_S:.0f} s",
                f"wherry logs job/{name} -n {self.namespace}",
                5,
            ) from error
        except NeverStarts as error:
            raise CannotDeliver(
                f"the migration of {self.release.name} cannot start, so the service stays as it was: {error}",
                f"wherry why job/{name} -n {self.namespace}",
            ) from error
        if not succeeded:
            words = await waiting.job_words(name)
            raise CannotDeliver(
                f"the migration of {self.release.name} has failed, so the service stays as it was"
                + (f'. Its last words: "{words}"' if words else ""),
                f"wherry logs job/{name} -n {self.namespace}, correct it, and make a new release",
            )

    async def _delete(self, jobs: ResourceType[Anything], name: str) -> None:
        """Delete an earlier Job of this release and wait until its name is free."""
        try:
            await self.client.delete(jobs, name, self.namespace, propagation="Background")
        except NotFound:
            return
        only = f"metadata.name={name}"
        while (await self.client.list(jobs, self.namespace, field_selector=only)).items:
            events = self.client.watch(jobs, self.namespace, field_selector=only, timeout_s=JOB_GONE_S)
            async with aclosing(events):
                async for event in events:
                    if event.type == "DELETED":
                        return

    async def _prune(self, gone: Iterable[ObjectRef]) -> None:
        """Delete what is not needed any more and what is still this service's."""
        for ref in gone:
            try:
                kind = await self.kinds.find(ref.api_version, ref.kind)
            except CannotDeliver:
                continue
            namespace = self.namespace if kind.namespaced else ""
            try:
                found = await self.client.get(kind, ref.name, namespace)
                if found.metadata.labels.get(SERVICE) == self.release.spec.service:
                    await self.client.delete(
                        kind, ref.name, namespace, uid=found.metadata.uid, propagation="Background"
                    )
                    self.say(f"{ref.kind} {ref.name} is not needed any more: deleted")
            except (NotFound, Conflict):
                continue

    async def _note_start(self, current: Release | None) -> None:
        previous = self.release.status.previous
        if current is not None and current.name != self.release.name:
            previous = current.name
        await self._note(
            state=STARTING,
            message="",
            startedAt=format_micro_time(self.clock.now_s()),
            stoppedAt=None,
            previous=previous,
            by=self.by,
        )

    async def _note_success(self, releases: Iterable[Release]) -> Release:
        now = format_time(self.clock.now_s())
        made = await self._note(state=RUNNING, message="", runningSince=now)
        for one in releases:
            if one.name != self.release.name and one.status.state not in ("", REPLACED):
                await replace(self, release=one)._note(
                    state=REPLACED, message=f"{self.release.name} took its place", stoppedAt=now
                )
        return made

    async def _note(self, **status: str | None) -> Release:
        return await self.client.patch(
            RELEASES, self.release.name, {"status": dict(status)}, self.namespace, subresource="status"
        )


def _about(ref: ObjectRef, error: StatusError) -> StatusError:
    error.message = f"{ref.kind} {ref.name}: {error.message}"
    return error
