"""A twin of a release: the same image and settings in a namespace of its own, with an empty database.

    async with twin_of(client, kinds, release, ...) as twin:
        answer = await twin.ask_service("GET", "/x", None)

The namespace is deleted when the block ends, however it ends. Nothing else in the cluster is touched.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field

import orjson

from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.core.namespace import NAMESPACES
from wherry.api.core.pod import PODS, Pod
from wherry.api.method.release import Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.client.client import Client
from wherry.kit.http.types import read_body
from wherry.kit.process import Completed, run
from wherry.method.delivery.documents import reference
from wherry.method.delivery.kept_manifests import read_documents
from wherry.method.delivery.migration import migration_job, migration_name
from wherry.method.delivery.run_plan import RunPlan, plan_run
from wherry.method.delivery.served_kinds import ServedKinds
from wherry.method.delivery.waiting import Awaited, Say, Waiting
from wherry.method.experiments.journey import Answer, Journey
from wherry.method.facts.manifests import items, pod_spec, section
from wherry.method.project import Project

PREFIX = "done-"
START_S = 60.0
MIGRATE_S = 60.0
EXEC_S = 15.0
FIELD_MANAGER = "wherry-prove"


class CannotTry(Exception):
    """The experiment itself did not come about; the message says why. It speaks neither for nor against."""


@dataclass
class Twin:
    """A running copy of a release, and what can be done with it."""

    client: Client
    kinds: ServedKinds
    release: Release
    project: Project
    journey: Journey | None
    namespace: str
    kubectl: tuple[str, ...]
    say: Say
    start_s_max: float = 5.0
    share_min: float = 0.15
    plan: RunPlan = field(default_factory=lambda: RunPlan((), (), ()))

    @property
    def service(self) -> str:
        """The service's name, which is that of its workload and its Service too."""
        return self.release.spec.service

    @property
    def workload(self) -> Document:
        """The service's own Deployment as it was released."""
        for document in self.plan.service:
            if document.get("kind") == "Deployment":
                return document
        raise CannotTry("the release has no Deployment of its own image")

    @property
    def workload_name(self) -> str:
        """The Deployment's name."""
        return reference(self.workload).name

    @property
    def container(self) -> Document:
        """The service's container."""
        for entry in items(pod_spec(self.workload), "containers"):
            if entry.get("image") == self.release.spec.image:
                return entry
        raise CannotTry("no container of the release runs its image")

    @property
    def selector(self) -> str:
        """Chooses the pods of the workload."""
        labels = section(self.workload, "spec", "selector", "matchLabels")
        return ",".join(f"{key}={value}" for key, value in labels.items())

    async def pods(self) -> list[Pod]:
        """The workload's pods that are not on their way out."""
        found = await self.client.list(PODS, self.namespace, label_selector=self.selector)
        return [pod for pod in found.items if not pod.metadata.deletion_timestamp]

    async def scale(self, replicas: int) -> list[Pod]:
        """Have so many copies; returns them when all are ready."""
        await self.client.patch(DEPLOYMENTS, self.workload_name, {"spec": {"replicas": replicas}}, self.namespace)

        def is_there(pods: dict[str, Pod]) -> bool:
            return len(pods) == replicas and all(is_ready(pod) for pod in pods.values())

        found = await self.until(is_there, selector=self.selector)
        return sorted(found.values(), key=lambda pod: pod.metadata.name)

    async def until(
        self, is_so: Callable[[dict[str, Pod]], bool], *, selector: str = "", name: str = "", timeout_s: float = START_S
    ) -> dict[str, Pod]:
        """Watch pods until they are so. Raises CannotTry when the time is over."""
        known: dict[str, Pod] = {}
        only = f"metadata.name={name}" if name else ""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    events = self.client.watch(PODS, self.namespace, label_selector=selector, field_selector=only)
                    async with aclosing(events):
                        async for event in events:
                            if event.object is None:
                                continue
                            if event.type == "DELETED" or event.object.metadata.deletion_timestamp:
                                known.pop(event.object.metadata.name, None)
                            else:
                                known[event.object.metadata.name] = event.object
                            if is_so(known):
                                return known
                    known.clear()
        except TimeoutError as error:
            raise CannotTry(f"the pods were not as expected within {timeout_s:.0f} s") from error

    async def ask(self, base: str, method: str, path: str, body: object) -> Answer:
        """Call something through the API server's proxy; what cannot be reached has status 0."""
        place, _, query = path.partition("?")
        content = orjson.dumps(body) if body is not None else b""
        try:
            headers = {"content-type": "application/json"} if content else {}
            response = await self.client.send(method, f"{base}{place}", query, headers=headers, body=content)
            data = await read_body(response)
        except (OSError, StatusError) as error:
            return Answer(0, str(error))
        try:
            parsed: object = orjson.loads(data)
        except ValueError:
            parsed = data.decode("utf-8", "replace")
        if response.status >= 500 and _is_the_proxys(parsed):
            return Answer(0, str(parsed.get("message", "") if isinstance(parsed, dict) else parsed)[:200])
        return Answer(response.status, parsed)

    async def ask_service(self, method: str, path: str, body: object) -> Answer:
        """Call the Service: any of the copies answers."""
        base = f"/api/v1/namespaces/{self.namespace}/services/{self.service}:http/proxy"
        return await self.ask(base, method, path, body)

    @property
    def port(self) -> int:
        """The port of the service's container."""
        for entry in items(self.container, "ports"):
            if isinstance(number := entry.get("containerPort"), int):
                return number
        return self.project.file.service.port

    async def log(self, pod: str, *, container: str = "") -> str:
        """All that a copy has said."""
        query = f"container={container or self.container.get('name')}"
        try:
            path = f"/api/v1/namespaces/{self.namespace}/pods/{pod}/log"
            return (await read_body(await self.client.request("GET", path, query))).decode("utf-8", "replace")
        except StatusError:
            return ""

    async def execute(self, pod: str, program: str) -> Completed | None:
        """Run a Python program in a copy; None where the image has no python3 or exec is not allowed."""
        argv = [*self.kubectl, "-n", self.namespace, "exec", pod, "-c", str(self.container.get("name")), "--"]
        try:
            done = await run([*argv, "python3", "-c", program], timeout_s=EXEC_S)
        except (FileNotFoundError, TimeoutError):
            return None
        return None if done.exit_code in (126, 127) else done

    async def start_copy(self, name: str, env: list[Document]) -> None:
        """Start one more pod of the release, outside of its Service, with exactly these variables."""
        spec = dict(pod_spec(self.workload))
        own = {key: value for key, value in self.container.items() if key != "envFrom"}
        spec["containers"] = [
            {**own, "env": env} if entry.get("name") == own.get("name") else entry
            for entry in items(spec, "containers")
        ]
        spec["restartPolicy"] = "Never"
        labels = {"wherry.dev/service": self.service, "wherry.dev/task": "prove"}
        document: Document = {"metadata": {"name": name, "labels": labels}, "spec": spec}
        await self.client.create(PODS, document, self.namespace)

    async def remove(self, pod: str, *, grace_s: int = 0) -> None:
        """Delete a pod; not being there is fine."""
        try:
            await self.client.delete(PODS, pod, self.namespace, grace_period_s=grace_s)
        except NotFound:
            return

    def environment(self) -> list[Document]:
        """The service's variables, one by one, each with where its value comes from."""
        found: dict[str, Document] = {}
        for source in items(self.container, "envFrom"):
            for kind, key_ref in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                name = section(source, key_ref).get("name")
                for key in self._keys(kind, name):
                    ref = {f"{kind[0].lower()}{kind[1:]}KeyRef": {"name": name, "key": key}}
                    found[key] = {"name": key, "valueFrom": ref}
        found |= {str(entry.get("name")): entry for entry in items(self.container, "env")}
        return list(found.values())

    def _keys(self, kind: str, name: object) -> list[str]:
        for document in self.plan.settings:
            if document.get("kind") == kind and section(document, "metadata").get("name") == name:
                return [*section(document, "data"), *section(document, "stringData")]
        return []


def _is_the_proxys(body: object) -> bool:
    """Whether an answer is the API server's own: it has not reached the pod."""
    if isinstance(body, dict):
        return body.get("kind") == "Status"
    return isinstance(body, str) and ("error trying to reach service" in body or "no endpoints available" in body)


def is_ready(pod: Pod) -> bool:
    """Whether a pod takes requests."""
    return any(entry.type == "Ready" and entry.status == "True" for entry in pod.status.conditions)


@asynccontextmanager
async def twin_of(
    client: Client, release: Release, project: Project, journey: Journey | None, kubectl: tuple[str, ...], say: Say
) -> AsyncIterator[Twin]:
    """Start a twin; it is gone when the block ends."""
    namespace = f"{PREFIX}{secrets.token_hex(3)}"
    labels = {"wherry.dev/service": release.spec.service, "wherry.dev/task": "prove"}
    await client.create(NAMESPACES, {"metadata": {"name": namespace, "labels": labels}})
    try:
        twin = Twin(client, ServedKinds(client), release, project, journey, namespace, kubectl, say)
        twin.plan = plan_run(await read_documents(client, release), release.spec.image)
        await _start(twin)
        yield twin
    finally:
        # Also after Ctrl-C: the deletion is sent before anybody can cancel again.
        await asyncio.shield(_delete(client, namespace))


async def _delete(client: Client, namespace: str) -> None:
    try:
        await client.delete(NAMESPACES, namespace)
    except NotFound:
        return


async def _start(twin: Twin) -> None:
    waiting = Waiting(twin.client, twin.namespace, twin.service, twin.release.name, twin.say)
    await _apply(twin, twin.plan.settings)
    await _ready(waiting, await _apply(twin, twin.plan.backing))
    job = migration_job(twin.release, twin.plan.service)
    if job is not None:
        metadata = {key: value for key, value in section(job, "metadata").items() if key != "ownerReferences"}
        jobs = await twin.kinds.find("batch/v1", "Job")
        await twin.client.create(jobs, {**job, "metadata": metadata}, twin.namespace)
        name = migration_name(twin.release)
        if not await waiting.until_finished(jobs, name, MIGRATE_S):
            raise CannotTry(f"the migration fails in an empty database: {await waiting.job_words(name)}")
    await _ready(waiting, await _apply(twin, twin.plan.service))


async def _apply(twin: Twin, documents: tuple[Document, ...]) -> list[Awaited]:
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


async def _ready(waiting: Waiting, awaited: list[Awaited]) -> None:
    outcome = await waiting.until_ready(awaited, START_S)
    if outcome.why:
        raise CannotTry(f"the twin did not become ready: {outcome.why}")
