"""How a twin comes and goes.

    async with twin_of(client, release, ...) as twin:
        played = await twin.play()

The namespace is deleted when the block ends, however it ends. Nothing else in the cluster is touched, and for the
services that this one calls stand-ins answer.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS
from wherry.api.method.release import Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Forbidden, NotFound, StatusError
from wherry.client.client import Client
from wherry.kit.clock import SystemClock
from wherry.method.contracts.reading import BrokenDocument
from wherry.method.contracts.sources import needed
from wherry.method.contracts.stand_in_pods import take_stand_in
from wherry.method.delivery.documents import reference
from wherry.method.delivery.kept_manifests import read_documents
from wherry.method.delivery.migration import TASK, migration_job
from wherry.method.delivery.run_plan import plan_run
from wherry.method.delivery.served_kinds import ServedKinds
from wherry.method.delivery.stamping import SERVICE
from wherry.method.delivery.waiting import Awaited, NeverStarts, Say, Waiting
from wherry.method.facts.manifests import items, pod_spec, section
from wherry.method.journey.script import Journey
from wherry.method.project import Project
from wherry.method.twins.leftovers import MAKER, maker, sweep
from wherry.method.twins.partners import redirected, stand_ins
from wherry.method.twins.twin import START_S, TASK_LABELS, CannotTry, Twin

PREFIX = "done-"
MIGRATE_S = 60.0
STAND_IN_S = 20.0
FIELD_MANAGER = "wherry-prove"


class NoRoomForTwin(CannotTry):
    """A twin needs a namespace of its own, and this person may not make one; the message is the cluster's."""


@asynccontextmanager
async def twin_of(
    client: Client,
    release: Release,
    project: Project,
    journey: Journey | None,
    kubectl: tuple[str, ...],
    say: Say,
    leave: Say = lambda _: None,
) -> AsyncIterator[Twin]:
    """Start a twin; it is gone when the block ends. `leave` hears its namespace when it could not be taken away."""
    namespace = f"{PREFIX}{secrets.token_hex(3)}"
    labels = {"wherry.dev/service": release.spec.service, **TASK_LABELS}
    for name in await sweep(client, SystemClock().now_s()):
        say(f"the twin {name} was left behind by somebody who was stopped: it is taken away")
    metadata: Document = {"name": namespace, "labels": labels, "annotations": {MAKER: maker()}}
    try:
        await client.create(NAMESPACES, {"metadata": metadata})
    except Forbidden as error:
        raise NoRoomForTwin(error.message) from error
    except OSError:
        # The cluster was lost before its answer came: it may have made the namespace.
        leave(namespace)
        raise
    try:
        twin = Twin(client, ServedKinds(client), release, project, journey, namespace, kubectl, say)
        twin.plan = plan_run(await read_documents(client, release), release.spec.image)
        await _start(twin)
        yield twin
    finally:
        # Also after Ctrl-C: the deletion is sent before anybody can cancel again.
        await asyncio.shield(_delete(client, namespace, say, leave))


async def _delete(client: Client, namespace: str, say: Say, leave: Say) -> None:
    try:
        await client.delete(NAMESPACES, namespace)
    except NotFound:
        return
    except (OSError, StatusError) as error:
        say(f"the twin {namespace} could not be taken away ({error}): the next wherry prove does it")
        leave(namespace)


async def _start(twin: Twin) -> None:
    await _stand_in_for_partners(twin)
    await apply(twin, twin.plan.settings)
    await until_applied(twin, await apply(twin, twin.plan.backing))
    job = migration_job(twin.release, twin.plan.service)
    if job is not None and (why := await run_job(twin, job)):
        raise CannotTry(f"the migration fails in an empty database: {why}")
    await until_applied(twin, await apply(twin, twin.plan.service))


async def _stand_in_for_partners(twin: Twin) -> None:
    """Let stand-ins answer for the services that this one calls; one that does not start is done without."""
    try:
        needs = needed(twin.project)
    except BrokenDocument as error:
        twin.say(f"what it needs of others cannot be read ({error.message}): they are called as they are")
        return
    found = await stand_ins(twin.client, needs, twin.plan, twin.release.spec.image)
    if found:
        # Their pods run as the service's do.
        await apply(twin, tuple(one for one in twin.plan.settings if one.get("kind") in ("ServiceAccount", "Secret")))
    for one in found:
        if one.trouble:
            twin.say(f"{one.service} is called as it is: {one.trouble}")
            continue
        awaited = await apply(twin, one.objects)
        quiet = Waiting(twin.client, twin.namespace, one.service, "", lambda _: None)
        outcome = await quiet.until_ready(awaited, STAND_IN_S)
        if outcome.why:
            _ = await take_stand_in(twin.client, twin.namespace, one.service)
            twin.say(f"{one.service} is called as it is: nothing can stand in for it here ({outcome.why})")
            continue
        twin.plan = redirected(twin.plan, one, twin.namespace)
        twin.say(f"a stand-in answers for {one.service}, from its contract")


async def restore(twin: Twin) -> None:
    """Bring the twin back to how it started, after an experiment that broke off."""
    await twin.client.delete_collection(PODS, twin.namespace, label_selector=f"{SERVICE}={twin.service},{TASK}=prove")
    _ = await apply(twin, (*twin.plan.backing, *twin.plan.service))
    _ = await twin.scale(1)


def waiting(twin: Twin) -> Waiting:
    """Waits for the twin's own objects."""
    return Waiting(twin.client, twin.namespace, twin.service, twin.release.name, twin.say)


async def apply(twin: Twin, documents: tuple[Document, ...]) -> list[Awaited]:
    """Apply manifests in the twin's namespace; gives those whose pods can be waited for."""
    awaited = []
    for document in documents:
        ref = reference(document)
        kind = await twin.kinds.find(ref.api_version, ref.kind)
        if not kind.namespaced:
            continue
        made = await twin.client.apply(
            kind, ref.name, document, twin.namespace, field_manager=FIELD_MANAGER, force=True
        )
        if ref.kind in ("Deployment", "StatefulSet"):
            awaited.append(Awaited(kind, ref.name, made.metadata.generation))
    return awaited


async def until_applied(twin: Twin, awaited: list[Awaited]) -> None:
    """Wait until the pods of what was applied are ready. Raises CannotTry."""
    outcome = await waiting(twin).until_ready(awaited, START_S)
    if outcome.why:
        raise CannotTry(f"the twin did not become ready: {outcome.why}")


async def run_job(twin: Twin, job: Document, *, suffix: str = "", env: list[Document] | None = None) -> str:
    """Run a release's task to its end; gives its last words when it failed, else "".

    Args:
        twin: where.
        job: as the release has it.
        suffix: is appended to its name.
        env: variables in place of its own.
    """
    metadata = {key: value for key, value in section(job, "metadata").items() if key != "ownerReferences"}
    name = f"{metadata['name']}{suffix}"
    made: Document = {**job, "metadata": {**metadata, "name": name}}
    jobs = await twin.kinds.find("batch/v1", "Job")
    await twin.client.create(jobs, made if env is None else _with_variables(made, env), twin.namespace)
    wait = waiting(twin)
    try:
        if await wait.until_finished(jobs, name, MIGRATE_S):
            return ""
    except NeverStarts as error:
        return str(error)
    return await wait.job_words(name) or "it says nothing"


def _with_variables(job: Document, env: list[Document]) -> Document:
    spec = pod_spec(job)
    changed = [
        {**{key: value for key, value in entry.items() if key != "envFrom"}, "env": env}
        for entry in items(spec, "containers")
    ]
    outer = section(job, "spec")
    template = section(outer, "template")
    return {**job, "spec": {**outer, "template": {**template, "spec": {**spec, "containers": changed}}}}
