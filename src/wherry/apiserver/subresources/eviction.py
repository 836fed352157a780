"""A polite deletion of a pod: the one that disruption budgets can refuse.

Source: kubernetes pkg/registry/core/pod/storage/eviction.go.
"""

from __future__ import annotations

import msgspec

from wherry.api.core.pod import PODS, Pod
from wherry.api.policy.poddisruptionbudget import POD_DISRUPTION_BUDGETS, PodDisruptionBudget
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import BadRequest, Forbidden, InternalError, NotFound, TooManyRequests
from wherry.apimachinery.labels import selector_from
from wherry.apimachinery.timestamps import format_time
from wherry.apiserver.answers import document_answer
from wherry.apiserver.environment import Environment
from wherry.apiserver.negotiation import decode_options
from wherry.apiserver.options import DeleteOptions, WriteOptions, delete_options
from wherry.apiserver.request import ApiRequest
from wherry.apiserver.wire import document_from_item, list_in, mapping_in, prefix_of, text_in
from wherry.kit.http.types import Response

REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
TWO_BUDGETS = "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support."
TOO_MANY_UNCONFIRMED = "DisruptedPods map too big - too many evictions not confirmed by PDB controller"
CAUSE = "DisruptionBudget"
# A budget that has changed is counted anew in a moment.
RECOUNT_S = 10
UNCONFIRMED_MAX = 2000
EVICTED: Document = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "EvictionByEvictionAPI",
    "message": "Eviction API: evicting",
}


async def handle_eviction(environment: Environment, request: ApiRequest) -> Response:
    """Answer 201 with a Status; the pod ends with its grace period. 429 when its budget does not allow it."""
    body = decode_options(request.http, "Eviction")
    name = text_in(mapping_in(body, "metadata"), "name")
    if name and name != request.name:
        raise BadRequest(f"name in URL does not match name in Eviction object: {request.name} != {name}")
    options = delete_options(request, mapping_in(body, "deleteOptions"))
    await environment.admission.admit_order(request, "CREATE", body, options)
    item = await environment.objects.get(PODS, request.namespace, request.name)
    pod = PODS.from_document(document_from_item(PODS, item))
    if not _needs_no_budget(pod):
        await _take_from_budget(environment, request, pod, options)
        await _mark(environment, request, options)
    await environment.objects.delete(request, options)
    return document_answer(
        {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}, 201
    )


def _needs_no_budget(pod: Pod) -> bool:
    """Whether nothing is lost with it: it has not begun, has ended, or is on its way out."""
    return pod.status.phase in ("Pending", "Succeeded", "Failed") or pod.metadata.is_being_deleted


async def _take_from_budget(environment: Environment, request: ApiRequest, pod: Pod, options: DeleteOptions) -> None:
    """Make sure that the pod's budget, if it has one, allows one more to go, and note that it does."""
    page = await environment.store.list(prefix_of(POD_DISRUPTION_BUDGETS, request.namespace))
    budgets = [
        POD_DISRUPTION_BUDGETS.from_document(document_from_item(POD_DISRUPTION_BUDGETS, item)) for item in page.items
    ]
    chosen = [each for each in budgets if selector_from(each.spec.selector).matches(pod.metadata.labels)]
    if len(chosen) > 1:
        raise InternalError(TWO_BUDGETS)
    if not chosen or _may_go_unhealthy(chosen[0], pod):
        return
    about = ApiRequest(
        http=request.http,
        verb="update",
        resource=POD_DISRUPTION_BUDGETS,
        namespace=request.namespace,
        name=chosen[0].metadata.name,
        subresource="status",
        user=request.user,
    )
    now = format_time(environment.clock.now_s())

    def take(document: Document) -> Document:
        return _with_one_less(document, pod.metadata.name, now)

    try:
        await environment.objects.update(
            about, take, WriteOptions(dry_run=options.dry_run), is_status=True, skip_checks=True
        )
    except NotFound:
        # The budget has gone meanwhile, and with it its wish.
        return


def _may_go_unhealthy(budget: PodDisruptionBudget, pod: Pod) -> bool:
    """Whether a pod that serves nobody may go without being counted."""
    if any(one.type == "Ready" and one.status == "True" for one in pod.status.conditions):
        return False
    status = budget.status
    is_kept = status.current_healthy >= status.desired_healthy > 0
    return budget.spec.unhealthy_pod_eviction_policy == "AlwaysAllow" or is_kept


def _with_one_less(document: Document, pod_name: str, now: str) -> Document:
    """The budget after one more eviction.

    Raises:
        TooManyRequests: there is none left, or it is not known yet.
    """
    budget = POD_DISRUPTION_BUDGETS.from_document(document)
    status, name = budget.status, budget.metadata.name
    if (status.observed_generation or 0) < budget.metadata.generation:
        raise _refusal(f"The disruption budget {name} is still being processed by the server.", RECOUNT_S)
    if status.disruptions_allowed < 0:
        raise Forbidden(f'poddisruptionbudget.policy "{name}" is forbidden: pdb disruptions allowed is negative')
    if len(status.disrupted_pods) > UNCONFIRMED_MAX:
        raise Forbidden(f'poddisruptionbudget.policy "{name}" is forbidden: {TOO_MANY_UNCONFIRMED}')
    if status.disruptions_allowed == 0:
        raise _refusal(
            f"The disruption budget {name} needs {status.desired_healthy} healthy pods "
            f"and has {status.current_healthy} currently"
        )
    left = status.disruptions_allowed - 1
    changed: Document = {**mapping_in(document, "status"), "disruptionsAllowed": left}
    changed["disruptedPods"] = {**status.disrupted_pods, pod_name: now}
    if not left:
        changed["conditions"] = [
            {**msgspec.to_builtins(one), "status": "False", "reason": "InsufficientPods", "lastTransitionTime": now}
            if one.type == "DisruptionAllowed"
            else msgspec.to_builtins(one)
            for one in status.conditions
        ]
    return {**document, "status": changed}


def _refusal(message: str, retry_after_s: int = 0) -> TooManyRequests:
    return TooManyRequests(REFUSED, causes=[{"reason": CAUSE, "message": message}], retry_after_s=retry_after_s)


async def _mark(environment: Environment, request: ApiRequest, options: DeleteOptions) -> None:
    """Note in the pod's conditions why it goes."""
    now = format_time(environment.clock.now_s())

    def mark(pod: Document) -> Document:
        status = {**mapping_in(pod, "status")}
        others = [
            one
            for one in list_in(status, "conditions")
            if not (isinstance(one, dict) and one.get("type") == EVICTED["type"])
        ]
        status["conditions"] = [*others, {**EVICTED, "lastTransitionTime": now}]
        return {**pod, "status": status}

    write = WriteOptions(dry_run=options.dry_run)
    await environment.objects.update(request, mark, write, is_status=True, skip_checks=True)
