"""Provider states: "an order 42 exists", brought about by the service's own admin command, in a Job that runs once.

The Job has the image and the configuration of the running service, and a command of wherry.toml:

    [admin]
    states = ["python3", "-m", "orders.admin", "states"]

which is called with the state's name and, where it has any, its parameters as JSON. No endpoint for tests is needed in
production.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import aclosing

from wherry.api.batch.job import JOBS
from wherry.api.core.pod import PODS
from wherry.api.core.service import SERVICES
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import NotFound
from wherry.client.client import Client
from wherry.method.contracts.need import State
from wherry.method.contracts.replay import Prepare
from wherry.method.delivery.documents import entries, section, text
from wherry.method.delivery.ledger import list_releases
from wherry.method.delivery.stamping import RELEASE, SERVICE

DEADLINE_S = 60
# What belongs to a service that stays, and not to a command that ends.
SERVICE_ONLY = frozenset(
    {"ports", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "command", "args", "name"}
)
POD_KEPT = ("serviceAccountName", "securityContext", "imagePullSecrets")


async def running_pod(client: Client, namespace: str, service: str) -> Document | None:
    """A pod of a service, whole; None when there is none."""
    selector = (await client.get(SERVICES, service, namespace)).spec.selector
    labels = ",".join(f"{name}={value}" for name, value in sorted(selector.items()))
    pods = (await client.list(PODS, namespace, label_selector=labels)).items if labels else []
    return await client.get_document(PODS, pods[0].metadata.name, namespace) if pods else None


async def released_images(client: Client, pod: Document, service: str) -> frozenset[str]:
    """The images of the release that a pod says to run, by digest; none where it is of no release that we may see."""
    name = text(section(section(pod, "metadata"), "labels"), RELEASE)
    known = await list_releases(client, service) if name else []
    return frozenset(one.spec.image for one in known if one.name == name)


def own_container(containers: Sequence[Document], service: str, images: Collection[str]) -> Document:
    """The service's own container among those beside it: of the release's image, else of its name, else the first."""
    of_release = (one for one in containers if text(one, "image") in images)
    of_name = (one for one in containers if text(one, "name") == service)
    return next(of_release, None) or next(of_name, None) or containers[0]


def state_job(
    pod: Document, command: tuple[str, ...], state: State, service: str, images: Collection[str] = ()
) -> Document:
    """The Job that brings a state about, from a pod of the service. It is known as the service's own.

    `images` are those of the release that the pod runs: other containers are beside it.
    """
    spec = section(pod, "spec")
    container = own_container(entries(spec, "containers"), service, images)
    kept = {key: value for key, value in container.items() if key not in SERVICE_ONLY}
    mounts = [
        one for one in entries(kept, "volumeMounts") if not text(one, "mountPath").startswith("/var/run/secrets/")
    ]
    mounted = {one["name"] for one in mounts}
    arguments = [*command, state.name, *([json.dumps(state.params, sort_keys=True)] if state.params else [])]
    template: Document = {
        **{key: spec[key] for key in POD_KEPT if key in spec},
        "restartPolicy": "Never",
        "volumes": [one for one in entries(spec, "volumes") if one["name"] in mounted],
        "containers": [{**kept, "volumeMounts": mounts, "name": "states", "command": arguments}],
    }
    return {
        "metadata": {"generateName": "contract-state-"},
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": DEADLINE_S,
            "ttlSecondsAfterFinished": DEADLINE_S,
            "template": {"metadata": {"labels": {SERVICE: service, "wherry.dev/task": "state"}}, "spec": template},
        },
    }


async def bring_about(client: Client, namespace: str, job: Document) -> str:
    """Run the Job and take it away again; "" or why the state is not there."""
    made = await client.create(JOBS, job, namespace)
    name = made.metadata.name
    try:
        async with asyncio.timeout(DEADLINE_S):
            watch = client.watch(JOBS, namespace, field_selector=f"metadata.name={name}")
            async with aclosing(watch) as events:
                async for _ in events:
                    outcome = _outcome(await client.get_document(JOBS, name, namespace))
                    if outcome is not None:
                        return outcome
    except TimeoutError:
        return f"the admin command took longer than {DEADLINE_S} s"
    finally:
        # Also after Ctrl-C: the deletion is sent before anybody can cancel again.
        await asyncio.shield(_remove(client, namespace, name))
    return "the Job is gone"


async def _remove(client: Client, namespace: str, name: str) -> None:
    try:
        await client.delete(JOBS, name, namespace, propagation="Background")
    except NotFound:
        return


def _outcome(job: Document) -> str | None:
    """Nothing to complain about when it has succeeded, why when it has failed, None while it runs."""
    status = job.get("status")
    conditions = status.get("conditions", []) if isinstance(status, Mapping) else []
    for one in conditions:
        if one.get("status") == "True" and one.get("type") in ("Complete", "Failed"):
            return "" if one["type"] == "Complete" else str(one.get("message") or "the admin command failed")
    return None


def preparation(client: Client, namespace: str, service: str, command: tuple[str, ...]) -> Prepare:
    """How states are brought about at a service: by a Job in its namespace."""

    async def prepare(state: State) -> str:
        pod = await running_pod(client, namespace, service)
        if pod is None:
            return f"no pod of {service} runs in {namespace}"
        images = await released_images(client, pod, service)
        return await bring_about(client, namespace, state_job(pod, command, state, service, images))

    return prepare
