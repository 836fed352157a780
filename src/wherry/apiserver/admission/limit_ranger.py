"""Gives containers the requests and limits that their namespace sets, and refuses what is too small or too big.

Source: kubernetes plugin/pkg/admission/limitranger.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from wherry.api.core.limitrange import LIMIT_RANGES, LimitRange, LimitRangeItem
from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.api.core.pod import Pod
from wherry.api.documents import section, sections, text
from wherry.api.quota.pods import pod_limits, pod_requests
from wherry.apimachinery.amounts import NANO, Amount, Amounts, amount_from, amounts_from
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import forbidden
from wherry.apimachinery.quantity import QuantityText
from wherry.apiserver.admission.interface import AdmissionEnvironment, Attributes, Operation
from wherry.apiserver.admission.namespace_objects import NamespaceObjects
from wherry.apiserver.wire import mapping_in, metadata_of

ANNOTATION = "kubernetes.io/limit-ranger"
CONTAINER, POD, CLAIM = "Container", "Pod", "PersistentVolumeClaim"


class LimitRanger:
    """Fills in what containers ask for, and checks pods and claims against the namespace's limit ranges."""

    name = "LimitRanger"
    operations: frozenset[Operation] = frozenset({"CREATE", "UPDATE"})
    resources: frozenset[tuple[str, str]] = frozenset({("", "pods"), ("", "persistentvolumeclaims")})
    subresources = frozenset({"", "resize"})

    def __init__(self, environment: AdmissionEnvironment) -> None:
        """Looks limit ranges up in the store."""
        self._ranges = NamespaceObjects(environment, LIMIT_RANGES)

    async def admit(self, attributes: Attributes) -> None:
        """Fill in the defaults of a new pod's containers."""
        if attributes.operation != "CREATE" or attributes.resource.kind == CLAIM:
            return
        for limit_range in await self._ranges.all(attributes.namespace):
            fill_in(attributes.object, limit_range)

    async def validate(self, attributes: Attributes) -> None:
        """Raise Forbidden with all that is too small or too big."""
        is_claim = attributes.resource.kind == CLAIM
        if attributes.operation == "UPDATE" and not is_claim and attributes.subresource != "resize":
            return  # What a pod asks for can only be changed by resizing it.
        ranges = await self._ranges.all(attributes.namespace)
        if not ranges:
            return
        thing = attributes.resource.from_document(attributes.object)
        for limit_range in ranges:
            if isinstance(thing, PersistentVolumeClaim):
                wrong = list(check_claim(thing, limit_range))
            else:
                assert isinstance(thing, Pod)
                wrong = list(check_pod(thing, limit_range))
            told = list(dict.fromkeys(wrong))
            if told:
                detail = told[0] if len(told) == 1 else f"[{', '.join(told)}]"
                raise forbidden(attributes.resource.plural, "", attributes.name, detail)


def fill_in(pod: Document, limit_range: LimitRange) -> None:
    """Give every container, in place, what it does not say itself; an annotation tells what."""
    requests: dict[str, QuantityText] = {}
    limits: dict[str, QuantityText] = {}
    for item in limit_range.spec.limits:
        if item.type == CONTAINER:
            requests |= item.default_request
            limits |= item.default
    if not requests and not limits:
        return
    told: list[str] = []
    for field, called in (("containers", "container"), ("initContainers", "init container")):
        for container in sections(pod, "spec", field):
            for part, amounts, word in (("requests", requests, "request"), ("limits", limits, "limit")):
                names = _put_absent(container, part, amounts)
                if names:
                    told.append(f"{', '.join(names)} {word} for {called} {text(container, 'name')}")
    if told:
        metadata = metadata_of(pod)
        note = f"LimitRanger plugin set: {'; '.join(told)}"
        metadata["annotations"] = {**mapping_in(metadata, "annotations"), ANNOTATION: note}


def _put_absent(container: Document, part: str, amounts: Mapping[str, QuantityText]) -> list[str]:
    """Set what is missing; returns the names, sorted."""
    given = mapping_in(mapping_in(container, "resources"), part)
    missing = sorted(name for name in amounts if name not in given)
    if missing:
        section(container, "resources", part).update({name: amounts[name] for name in missing})
    return missing


def check_pod(pod: Pod, limit_range: LimitRange) -> Iterator[str]:
    """What is wrong with a pod."""
    for item in limit_range.spec.limits:
        if item.type == CONTAINER:
            for container in (*pod.spec.containers, *pod.spec.init_containers):
                resources = container.resources
                yield from _check(
                    item,
                    amounts_from(resources.requests) if resources else {},
                    amounts_from(resources.limits) if resources else {},
                )
        elif item.type == POD:
            yield from _check(item, pod_requests(pod.spec), pod_limits(pod.spec))


def check_claim(claim: PersistentVolumeClaim, limit_range: LimitRange) -> Iterator[str]:
    """What is wrong with a claim: only what it requests counts."""
    requests = amounts_from(claim.spec.resources.requests) if claim.spec.resources else {}
    for item in limit_range.spec.limits:
        if item.type != CLAIM:
            continue
        for name, least in _sorted(item.min):
            yield from _check_min(item.type, name, least, requests, {})
        for name, most in _sorted(item.max):
            place = f"maximum {name} usage per {item.type} is {most}"
            if name not in requests:
                yield f"{place}.  No request is specified"
            elif requests[name].nano > most.nano:
                yield f"{place}, but request is {requests[name]}"


def _check(item: LimitRangeItem, requests: Amounts, limits: Amounts) -> Iterator[str]:
    for name, least in _sorted(item.min):
        yield from _check_min(item.type, name, least, requests, limits)
    for name, most in _sorted(item.max):
        yield from _check_max(item.type, name, most, requests, limits)
    for name, ratio in _sorted(item.max_limit_request_ratio):
        yield from _check_ratio(item.type, name, ratio, requests, limits)


def _check_min(kind: str, name: str, least: Amount, requests: Amounts, limits: Amounts) -> Iterator[str]:
    place = f"minimum {name} usage per {kind} is {least}"
    if name not in requests:
        yield f"{place}.  No request is specified"
    elif requests[name].nano < least.nano:
        yield f"{place}, but request is {requests[name]}"
    elif name in limits and limits[name].nano < least.nano:
        yield f"{place}, but limit is {limits[name]}"


def _check_max(kind: str, name: str, most: Amount, requests: Amounts, limits: Amounts) -> Iterator[str]:
    place = f"maximum {name} usage per {kind} is {most}"
    if name not in limits:
        yield f"{place}.  No limit is specified"
    elif limits[name].nano > most.nano:
        yield f"{place}, but limit is {limits[name]}"
    elif name in requests and requests[name].nano > most.nano:
        yield f"{place}, but request is {requests[name]}"


def _check_ratio(kind: str, name: str, ratio: Amount, requests: Amounts, limits: Amounts) -> Iterator[str]:
    place = f"{name} max limit to request ratio per {kind} is {ratio}"
    request, limit = requests.get(name), limits.get(name)
    if request is None or not request.nano:
        yield f"{place}, but no request is specified or request is 0"
    elif limit is None or not limit.nano:
        yield f"{place}, but no limit is specified or limit is 0"
    elif limit.nano * NANO > ratio.nano * request.nano:
        yield f"{place}, but provided ratio is {limit.nano / request.nano:f}"


def _sorted(amounts: Mapping[str, QuantityText]) -> Iterable[tuple[str, Amount]]:
    return [(name, amount_from(amounts[name])) for name in sorted(amounts)]
