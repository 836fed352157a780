"""What the cluster must know about a CSI driver: how it wants to be asked."""

from __future__ import annotations

from msgspec import field

from wherry.api.documents import put_absent, section
from wherry.api.field_formats import unchanged
from wherry.api.object_meta import one_of
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, duplicate, index, invalid, not_supported
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

FS_GROUP_POLICIES = ("File", "None", "ReadWriteOnceWithFSType")
LIFECYCLE_MODES = ("Persistent", "Ephemeral")
TOKEN_MIN_S = 600
TOKEN_MAX_S = 2**32
UPDATE_PERIOD_MIN_S = 10


class CsiTokenRequest(Struct):
    """A token that the driver wants to be given with each mount."""

    audience: str = ""
    expiration_seconds: int | None = None


class CsiDriverSpec(Struct):
    attach_required: bool = True
    fs_group_policy: str = ""
    node_allocatable_update_period_seconds: int | None = None
    pod_info_on_mount: bool = False
    requires_republish: bool = False
    storage_capacity: bool = False
    token_requests: tuple[CsiTokenRequest, ...] = ()
    volume_lifecycle_modes: tuple[str, ...] = ()


class CsiDriver(Struct):
    """What the cluster must know about a CSI driver: how it wants to be asked."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: CsiDriverSpec = field(default_factory=CsiDriverSpec)


def _default(new: Document) -> None:
    spec = section(new, "spec")
    put_absent(spec, attachRequired=True, fsGroupPolicy="ReadWriteOnceWithFSType")
    put_absent(spec, podInfoOnMount=False, requiresRepublish=False, seLinuxMount=False, storageCapacity=False)
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]


def _validate(new: CsiDriver, old: CsiDriver | None) -> list[FieldError]:
    spec = new.spec
    errors = one_of("spec.fsGroupPolicy", spec.fs_group_policy, FS_GROUP_POLICIES)
    errors += _validate_tokens(spec.token_requests, "spec.tokenRequests")
    errors += [
        not_supported("spec.volumeLifecycleModes", mode, LIFECYCLE_MODES)
        for mode in spec.volume_lifecycle_modes
        if mode not in LIFECYCLE_MODES
    ]
    period_s = spec.node_allocatable_update_period_seconds
    if period_s is not None and period_s < UPDATE_PERIOD_MIN_S:
        detail = f"must be greater than or equal to {UPDATE_PERIOD_MIN_S} seconds"
        errors.append(invalid("spec.nodeAllocatableUpdatePeriodSeconds", period_s, detail))
    if old is not None:
        # The path is misspelt in Kubernetes as well.
        errors += unchanged("spec.attachedRequired", spec.attach_required, old.spec.attach_required)
        modes = spec.volume_lifecycle_modes, old.spec.volume_lifecycle_modes
        errors += unchanged("spec.volumeLifecycleModes", *modes)
    return errors


def _validate_tokens(tokens: tuple[CsiTokenRequest, ...], path: str) -> list[FieldError]:
    errors = []
    audiences: set[str] = set()
    for position, token in enumerate(tokens):
        place = index(path, position)
        if token.audience in audiences:
            errors.append(duplicate(child(place, "audience"), token.audience))
            continue
        audiences.add(token.audience)
        life_s, place = token.expiration_seconds, child(place, "expirationSeconds")
        if life_s is not None and life_s < TOKEN_MIN_S:
            errors.append(invalid(place, life_s, "may not specify a duration less than 10 minutes"))
        if life_s is not None and life_s > TOKEN_MAX_S:
            errors.append(invalid(place, life_s, "may not specify a duration larger than 2^32 seconds"))
    return errors


def _row(driver: CsiDriver, now_s: float) -> tuple[object, ...]:
    meta, spec = driver.metadata, driver.spec
    return (
        meta.name,
        spec.attach_required,
        spec.pod_info_on_mount,
        spec.storage_capacity,
        ",".join(token.audience for token in spec.token_requests) if spec.token_requests else "<unset>",
        spec.requires_republish,
        ",".join(spec.volume_lifecycle_modes) or "<none>",
        age_since(meta.creation_timestamp, now_s),
    )


CSI_DRIVERS = resource_type(
    CsiDriver,
    kind="CSIDriver",
    plural="csidrivers",
    group="storage.k8s.io",
    namespaced=False,
    default=_default,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("AttachRequired", "boolean", "Whether volumes are attached to a node before they are mounted."),
        Column("PodInfoOnMount", "boolean", "Whether the driver is told for which pod it mounts."),
        Column("StorageCapacity", "boolean", "Whether the driver reports how much room it has."),
        Column("TokenRequests", "string", "The audiences of the tokens that the driver is given."),
        Column("RequiresRepublish", "boolean", "Whether mounts are repeated from time to time."),
        Column("Modes", "string", "Volumes that outlive a pod, or those that do not."),
        AGE_COLUMN,
    ),
    row=_row,
    delete_returns_object=True,
    acted_on_by="nobody",
)
