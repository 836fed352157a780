"""A twin of a release: the same image and settings in a namespace of its own, with an empty database.

What can be done with it: have so many copies, start one more with other settings, call, look inside, read the log.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import orjson

from wherry.api.apps.deployment import DEPLOYMENTS
from wherry.api.core.pod import PODS, Pod
from wherry.api.method.release import Release
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound, StatusError
from wherry.client.client import Client
from wherry.kit.clock import SystemClock
from wherry.kit.http.types import read_body
from wherry.kit.process import Completed, run
from wherry.method.delivery.documents import reference
from wherry.method.delivery.run_plan import RunPlan
from wherry.method.delivery.served_kinds import ServedKinds
from wherry.method.delivery.waiting import Say
from wherry.method.facts.manifests import items, pod_spec, section
from wherry.method.inside import source
from wherry.method.journey.play import Answer, Call, CannotCall, Play, play
from wherry.method.journey.proxy import pod_calls, service_calls
from wherry.method.journey.script import Journey
from wherry.method.project import Project
from wherry.method.twins.recording import Recording

START_S = 60.0
EXEC_S = 20.0
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")
CANNOT_EXECUTE = (126, 127)
TASK_LABELS = {"wherry.dev/task": "prove"}


class CannotTry(Exception):
    """The experiment itself did not come about; the message says why. It speaks neither for nor against."""


@dataclass
class Twin:
    """A running copy of a release, and what can be done with it.

    `journal` is what was done, step by step; `recording` what came of it, request by request. `is_alone`: nothing else
    is tried meanwhile, so that what takes long here takes long by itself.
    """

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
    clock: SystemClock = field(default_factory=SystemClock)
    journal: list[tuple[float, str]] = field(default_factory=list)
    recording: Recording = field(default_factory=Recording)
    is_alone: bool = True

    def note(self, words: str) -> None:
        """Put a step into the journal: what was done, in the past tense."""
        self.journal.append((self.clock.now_s(), words))

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
        """Have so many copies; returns them by name when all are ready."""
        await self.client.patch(DEPLOYMENTS, self.workload_name, {"spec": {"replicas": replicas}}, self.namespace)

        def is_there(pods: dict[str, Pod]) -> bool:
            return len(pods) == replicas and all(is_ready(pod) for pod in pods.values())

        found = await self.until(is_there, selector=self.selector)
        return sorted(found.values(), key=lambda pod: pod.metadata.name)

    async def until(
        self, is_so: Callable[[dict[str, Pod]], bool], *, selector: str = "", name: str = "", timeout_s: float = START_S
    ) -> dict[str, Pod]:
        """Watch pods until they are so. Raises CannotTry when the time is over."""
        only = f"metadata.name={name}" if name else ""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    listed = await self.client.list(PODS, self.namespace, label_selector=selector, field_selector=only)
                    known = {pod.metadata.name: pod for pod in listed.items if not pod.metadata.deletion_timestamp}
                    if is_so(known) or await self._follow(known, listed.resource_version, selector, only, is_so):
                        return known
        except TimeoutError as error:
            raise CannotTry(f"the pods were not as expected within {timeout_s:.0f} s") from error

    async def _follow(
        self, known: dict[str, Pod], revision: str, selector: str, only: str, is_so: Callable[[dict[str, Pod]], bool]
    ) -> bool:
        """Keep `known` up to date until it is so; False when the watch ends before."""
        events = self.client.watch(
            PODS, self.namespace, label_selector=selector, field_selector=only, resource_version=revision
        )
        async with aclosing(events):
            async for event in events:
                if event.object is None:
                    continue
                if event.type == "DELETED" or event.object.metadata.deletion_timestamp:
                    known.pop(event.object.metadata.name, None)
                else:
                    known[event.object.metadata.name] = event.object
                if is_so(known):
                    return True
        return False

    async def until_gone(self, selector: str, *, timeout_s: float = START_S) -> None:
        """Wait until no pod is left, also none that is still stopping. Raises CannotTry when the time is over."""
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    listed = await self.client.list(PODS, self.namespace, label_selector=selector)
                    left = {pod.metadata.name for pod in listed.items}
                    if not left:
                        return
                    events = self.client.watch(
                        PODS, self.namespace, label_selector=selector, resource_version=listed.resource_version
                    )
                    async with aclosing(events):
                        async for event in events:
                            if event.object is not None and event.type == "DELETED":
                                left.discard(event.object.metadata.name)
                            if not left:
                                return
        except TimeoutError as error:
            raise CannotTry(f"pods were still there after {timeout_s:.0f} s") from error

    @property
    def calls(self) -> Call:
        """The way to call the Service: any of the copies answers."""
        known: list[Call] = []

        async def call(method: str, path: str, body: object) -> Answer:
            try:
                if not known:
                    known.append(await service_calls(self.client, self.namespace, self.service))
            except StatusError as error:
                raise CannotCall(f"the cluster could not ask {self.service}: {error.message}") from error
            return await known[0](method, path, body)

        return call

    def pod_calls(self, pod: str, port: int = 0) -> Call:
        """The way to call one copy, past the Service."""
        return pod_calls(self.client, self.namespace, pod, port or self.port)

    async def play(self, call: Call | None = None) -> Play:
        """Play the journey, against the Service when nothing else is named."""
        assert self.journey is not None, "who plays has looked whether there is one"
        at_s = self.clock.monotonic_s()
        played = await play(self.journey, call or self.calls, self.clock, secrets.token_hex(6))
        for result in played.results:
            at_s += result.took_ms / 1000
            self.recording.answered(at_s, is_good=not result.why_not)
        return played

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

    async def execute(self, pod: str, program: str, *arguments: str) -> Completed | None:
        """Run a program of `inside` in a copy; None where the image has no python3 or exec is not allowed."""
        argv = [*self.kubectl, "-n", self.namespace, "exec", pod, "-c", str(self.container.get("name")), "--"]
        try:
            done = await run([*argv, "python3", "-c", source(program), *arguments], timeout_s=EXEC_S)
        except (FileNotFoundError, TimeoutError):
            return None
        return None if done.exit_code in CANNOT_EXECUTE else done

    async def look(self, pod: str, program: str, *arguments: str) -> object:
        """What a program of `inside` prints, read as JSON; None where it cannot be run."""
        done = await self.execute(pod, program, *arguments)
        if done is None or done.exit_code:
            return None
        try:
            return orjson.loads(done.stdout.strip().splitlines()[-1])
        except (IndexError, orjson.JSONDecodeError):
            return None

    async def start_copy(
        self,
        name: str,
        env: list[Document],
        *,
        cpu: str = "",
        labels: dict[str, str] | None = None,
        pod: Document | None = None,
        is_probed: bool = True,
    ) -> None:
        """Start one more pod of the release, outside of its Service, with exactly these variables.

        Args:
            name: of the pod.
            env: its variables.
            cpu: a limit of its own, such as 200m.
            labels: more labels.
            pod: more of the pod's own spec.
            is_probed: whether it has the probes of the release; they ask on the port of the release.
        """
        left_out = {"envFrom"} if is_probed else {"envFrom", *PROBES}
        own = {key: value for key, value in self.container.items() if key not in left_out}
        own["env"] = env
        if cpu:
            resources = section(own, "resources")
            small: Document = {**section(resources, "requests"), "cpu": "10m"}
            own["resources"] = {"requests": small, "limits": {**section(resources, "limits"), "cpu": cpu}}
        await self.start_pod(name, own, labels, pod)

    async def start_pod(
        self, name: str, container: Document, labels: dict[str, str] | None = None, pod: Document | None = None
    ) -> None:
        """Start a pod as the release's are, with this container in place of the service's."""
        spec = {**pod_spec(self.workload), **(pod or {})}
        spec["containers"] = [
            container if entry.get("name") == container.get("name") else entry for entry in items(spec, "containers")
        ]
        spec["restartPolicy"] = "Never"
        marks = {"wherry.dev/service": self.service, **TASK_LABELS, **(labels or {})}
        document: Document = {"metadata": {"name": name, "labels": marks}, "spec": spec}
        await self.client.create(PODS, document, self.namespace)

    def has_ended(self, pod: Pod) -> bool:
        """Whether the service has ended for good in a copy, whatever else is in its pod."""
        return has_ended(pod, str(self.container.get("name")))

    async def until_ready(self, pod: str, *, timeout_s: float = START_S) -> Pod:
        """Wait until one pod takes requests. Raises CannotTry when it ends before, or the time is over."""
        pods = await self.until(lambda found: any(is_ready(one) or self.has_ended(one) for one in found.values()),
                                name=pod, timeout_s=timeout_s)  # fmt: skip
        found = pods[pod]
        if self.has_ended(found):
            words = (await self.log(pod)).strip().splitlines()[-1:]
            raise CannotTry(f"the copy {pod} ended" + (f': "{words[0][:160]}"' if words else ""))
        return found

    async def leaves_before_it_stops(self) -> bool:
        """Whether this cluster takes a pod out of its Services before it tells it to stop, as Wherry does."""
        found = await read_body(await self.client.request("GET", "/version"))
        return b"+wherry" in found

    async def remove(self, pod: str, *, grace_s: int = 0) -> None:
        """Delete a pod; not being there is fine."""
        try:
            await self.client.delete(PODS, pod, self.namespace, grace_period_s=grace_s)
        except NotFound:
            return

    def environment(self) -> list[Document]:
        """The service's variables, one by one, each with where its value comes from."""
        found: dict[str, Document] = {}
        for origin in items(self.container, "envFrom"):
            for kind, key_ref in (("ConfigMap", "configMapRef"), ("Secret", "secretRef")):
                name = section(origin, key_ref).get("name")
                for key in self._keys(kind, name):
                    variable = f"{origin.get('prefix') or ''}{key}"
                    ref = {f"{kind[0].lower()}{kind[1:]}KeyRef": {"name": name, "key": key}}
                    found[variable] = {"name": variable, "valueFrom": ref}
        found |= {str(entry.get("name")): entry for entry in items(self.container, "env")}
        return list(found.values())

    def _keys(self, kind: str, name: object) -> list[str]:
        for document in self.plan.settings:
            if document.get("kind") == kind and section(document, "metadata").get("name") == name:
                return [*section(document, "data"), *section(document, "stringData")]
        return []


def is_ready(pod: Pod) -> bool:
    """Whether a pod takes requests."""
    return any(entry.type == "Ready" and entry.status == "True" for entry in pod.status.conditions)


def has_ended(pod: Pod, container: str = "") -> bool:
    """Whether a pod's containers have all ended for good, or the one that is named: a sidecar may live on."""
    if pod.status.phase in ("Succeeded", "Failed"):
        return True
    ended = {one.name for one in pod.status.container_statuses if one.state and one.state.terminated}
    return pod.spec.restart_policy == "Never" and container in ended


def restarts(pod: Pod) -> int:
    """How often containers of a pod were started anew."""
    return sum(status.restart_count for status in pod.status.container_statuses)


def image_digests(pod: Pod) -> set[str]:
    """The images that run in a pod, by digest."""
    return {status.image_id.rpartition("@")[2] for status in pod.status.container_statuses}
