"""Counts claims and the storage that they ask for, in all and by storage class.

Source: kubernetes pkg/quota/v1/evaluator/core/persistent_volume_claims.go.
"""

from __future__ import annotations

import msgspec

from wherry.api.core.persistent_volume_claim import PersistentVolumeClaim
from wherry.api.core.resourcequota import ScopedResourceSelectorRequirement
from wherry.api.quota.counts import count_name
from wherry.api.quota.interface import Evaluator, matches_names
from wherry.apimachinery.amounts import NANO, ONE, Amount, Amounts, amount_from

COUNT = count_name("", "persistentvolumeclaims")
CLAIMS, STORAGE = "persistentvolumeclaims", "requests.storage"
CLASS_SUFFIX = ".storageclass.storage.k8s.io/"
OLD_CLASS_ANNOTATION = "volume.beta.kubernetes.io/storage-class"


def _usage(thing: msgspec.Struct, now_s: float) -> Amounts:
    assert isinstance(thing, PersistentVolumeClaim)
    costs = {COUNT: ONE, CLAIMS: ONE}
    storage = _storage(thing)
    if storage is not None:
        costs[STORAGE] = storage
    storage_class = thing.metadata.annotations.get(OLD_CLASS_ANNOTATION, thing.spec.storage_class_name)
    if storage_class:
        of_class = f"{storage_class}{CLASS_SUFFIX}"
        costs |= {of_class + name: costs[name] for name in (CLAIMS, STORAGE) if name in costs}
    return costs


def _storage(claim: PersistentVolumeClaim) -> Amount | None:
    """What is asked for, in whole bytes, or what has been allocated already if that is more."""
    requests = claim.spec.resources.requests if claim.spec.resources else {}
    if "storage" not in requests:
        return None
    amounts = [amount_from(requests["storage"])]
    if "storage" in claim.status.allocated_resources:
        amounts.append(amount_from(claim.status.allocated_resources["storage"]))
    most = max(amounts, key=lambda amount: amount.nano)
    return most._replace(nano=-(-most.nano // NANO) * NANO)


def _covers(name: str) -> bool:
    return name in (COUNT, CLAIMS, STORAGE) or name.endswith((CLASS_SUFFIX + CLAIMS, CLASS_SUFFIX + STORAGE))


def _is_in_scope(thing: msgspec.Struct, requirement: ScopedResourceSelectorRequirement) -> bool:
    if requirement.scope_name != "VolumeAttributesClass":
        return False
    return matches_names(requirement, _attributes_classes(thing))


def _attributes_classes(thing: msgspec.Struct) -> set[str]:
    """The classes that the claim has, wants, or is on its way to."""
    assert isinstance(thing, PersistentVolumeClaim)
    change = thing.status.modify_volume_status
    names = (
        thing.spec.volume_attributes_class_name,
        thing.status.current_volume_attributes_class_name,
        change.target_volume_attributes_class_name if change else "",
    )
    return {name for name in names if name}


def _cost_changed(old: msgspec.Struct, new: msgspec.Struct) -> bool:
    return _usage(old, 0.0) != _usage(new, 0.0) or _attributes_classes(old) != _attributes_classes(new)


CLAIMS_QUOTA = Evaluator(
    usage=_usage,
    covers=_covers,
    is_in_scope=_is_in_scope,
    charged_updates=frozenset({"", "status"}),
    cost_changed=_cost_changed,
)
