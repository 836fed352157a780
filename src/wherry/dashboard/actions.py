"""What a person may do from a page: each is one call to the Kubernetes API, in the person's name."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from wherry.api.core.node import NODES
from wherry.api.core.pod import PODS
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest
from wherry.apimachinery.resource_type import AnyResourceType
from wherry.apimachinery.timestamps import format_time
from wherry.client.client import Client
from wherry.dashboard.detail.editing import change, try_change
from wherry.dashboard.detail.history import can_pause, has_history, read_history
from wherry.dashboard.detail.kinds import section
from wherry.dashboard.done.waiving import unwaive, waive
from wherry.dashboard.markup import url
from wherry.dashboard.stand_ins import end_stand_in
from wherry.narrate.marks import mark, mark_key
from wherry.narrate.workloads import WORKLOAD_RESOURCES

REPLICAS_MAX = 100_000
RESTARTED = "kubectl.kubernetes.io/restartedAt"

Form = Mapping[str, str]
Action = Callable[[Client, Form, float], Awaitable[tuple[str, str]]]
"""Does it, and gives a sentence for the next page and the path of that page. Raises StatusError."""


async def _stop(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    namespace, name = _need(form, "namespace"), _need(form, "name")
    await client.delete(PODS, name, namespace)
    return f"The pod {name} is being stopped.", url("pods", namespace, name)


async def _scale(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    resource, namespace, name = _workload(form)
    replicas = form.get("replicas", "")
    if not (replicas.isascii() and replicas.isdigit() and int(replicas[:9]) <= REPLICAS_MAX and len(replicas) < 9):
        raise BadRequest(f"the number of copies must be a whole number from 0 to {REPLICAS_MAX}")
    number = int(replicas)
    await client.patch(resource, name, {"spec": {"replicas": number}}, namespace, subresource="scale")
    return f"{name} shall have {number} {'copy' if number == 1 else 'copies'} now.", _page(resource, namespace, name)


async def _restart(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    resource, namespace, name = _workload(form)
    template = {"metadata": {"annotations": {RESTARTED: format_time(now_s)}}}
    await client.patch(resource, name, {"spec": {"template": template}}, namespace, patch_type="strategic")
    return f"{name} starts anew, copy by copy.", _page(resource, namespace, name)


async def _cordon(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    name = _need(form, "name")
    await client.patch(NODES, name, {"spec": {"unschedulable": True}})
    return f"{name} takes no new pods.", url(node=name)


async def _uncordon(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    name = _need(form, "name")
    await client.patch(NODES, name, {"spec": {"unschedulable": None}})
    return f"{name} takes pods again.", url(node=name)


async def _rollback(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    resource, namespace, name = _workload(form)
    document = await client.get_document(resource, name, namespace)
    if not has_history(resource.kind):
        raise BadRequest(f"a {resource.kind} keeps no earlier versions")
    if section(document, "spec").get("paused"):
        raise BadRequest(f"{name} is paused: let its rollout go on first")
    versions = await read_history(client, resource, document)
    wanted = next((one for one in versions if str(one.number) == form.get("revision", "")), None)
    if wanted is None:
        known = ", ".join(str(one.number) for one in versions)
        raise BadRequest(f"there is no such version of {name} (there are: {known})")
    patch: list[Document] = [{"op": "replace", "path": "/spec/template", "value": wanted.template}]
    await client.patch(resource, name, patch, namespace, patch_type="json")
    return f"{name} goes back to version {wanted.number}.", url("rollout", resource.kind, namespace, name)


async def _pause(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    return await _set_paused(client, form, is_paused=True)


async def _resume(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    return await _set_paused(client, form, is_paused=False)


async def _set_paused(client: Client, form: Form, *, is_paused: bool) -> tuple[str, str]:
    resource, namespace, name = _workload(form)
    if not can_pause(resource.kind):
        raise BadRequest(f"a {resource.kind} cannot be paused")
    await client.patch(resource, name, {"spec": {"paused": is_paused or None}}, namespace)
    said = "is paused: changes wait" if is_paused else "goes on"
    return f"The rollout of {name} {said}.", url("rollout", resource.kind, namespace, name)


async def _mark(client: Client, form: Form, now_s: float) -> tuple[str, str]:
    name = mark_key(form.get("name", ""))
    if not name:
        raise BadRequest("a moment needs a name with a letter or a digit: review, demo, daily")
    await mark(client, name, now_s)
    return f'This moment is the last {name} now. The story knows it: "last {name}".', url("ceremonies")


ACTIONS: Mapping[str, Action] = {
    "stop": _stop,
    "scale": _scale,
    "restart": _restart,
    "cordon": _cordon,
    "uncordon": _uncordon,
    "rollback": _rollback,
    "pause": _pause,
    "resume": _resume,
    "change": change,
    "waive": waive,
    "unwaive": unwaive,
    "mark": _mark,
    "no-stand-in": end_stand_in,
}

Trial = Callable[[Client, Form], Awaitable[tuple[str, str]]]
"""Says what would be, as the title and the main part of a page, and changes nothing. Raises StatusError."""

TRIALS: Mapping[str, Trial] = {"change": try_change}


def _need(form: Form, name: str) -> str:
    value = form.get(name, "")
    if not value or "/" in value or value in (".", ".."):
        raise BadRequest(f'the form lacks a good value for "{name}"')
    return value


def _workload(form: Form) -> tuple[AnyResourceType, str, str]:
    kind = _need(form, "kind")
    resource = next((one for one in WORKLOAD_RESOURCES if one.kind == kind), None)
    if resource is None:
        raise BadRequest(f'the kind "{kind}" cannot be changed here')
    return resource, _need(form, "namespace"), _need(form, "name")


def _page(resource: AnyResourceType, namespace: str, name: str) -> str:
    return url("workloads", resource.kind, namespace, name)
