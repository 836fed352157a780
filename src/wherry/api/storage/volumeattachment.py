"""The wish that a volume be attached to a node, and whether it is."""

from __future__ import annotations

from msgspec import field

from wherry.api.field_formats import fitting, unchanged
from wherry.api.storage.parameters import validate_driver_name
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, required, too_long
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.names import dns1123_subdomain
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

SOURCE = "spec.source"
ONE_SOURCE = "must specify exactly one of inlineVolumeSpec and persistentVolumeName"
METADATA_BYTES_MAX = 256 * 1024
MESSAGE_LENGTH_MAX = 1024
ERROR_CODE_MAX = 2**31 - 1


class VolumeAttachmentSource(Struct):
    inline_volume_spec: Document | None = None
    persistent_volume_name: str | None = None


class VolumeAttachmentSpec(Struct):
    attacher: str = ""
    node_name: str = ""
    source: VolumeAttachmentSource = field(default_factory=VolumeAttachmentSource)


class VolumeError(Struct):
    error_code: int | None = None
    message: str = ""


class VolumeAttachmentStatus(Struct):
    attach_error: VolumeError | None = None
    attached: bool = False
    attachment_metadata: dict[str, str] = field(default_factory=dict)
    detach_error: VolumeError | None = None


class VolumeAttachment(Struct):
    """The wish that a volume be attached to a node, and whether it is."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: VolumeAttachmentSpec = field(default_factory=VolumeAttachmentSpec)
    status: VolumeAttachmentStatus = field(default_factory=VolumeAttachmentStatus)


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"attached": False}


def _validate(new: VolumeAttachment, old: VolumeAttachment | None) -> list[FieldError]:
    spec = new.spec
    errors = validate_driver_name("spec.attacher", spec.attacher)
    errors += _validate_source(spec.source)
    errors += fitting("spec.nodeName", spec.node_name, dns1123_subdomain)
    errors += _validate_status(new.status)
    return errors + unchanged("spec", spec, old.spec) if old is not None else errors


def _validate_source(source: VolumeAttachmentSource) -> list[FieldError]:
    name, inline = source.persistent_volume_name, source.inline_volume_spec
    if name is None and inline is None:
        return [required(SOURCE, ONE_SOURCE)]
    if name is not None and inline is not None:
        return [forbidden(SOURCE, ONE_SOURCE)]
    place = f"{SOURCE}.persistentVolumeName"
    if name == "":
        return [required(place, "must specify non empty persistentVolumeName")]
    return fitting(place, name, dns1123_subdomain) if name is not None else []


def _validate_status(status: VolumeAttachmentStatus) -> list[FieldError]:
    errors = []
    size_bytes = sum(len(name) + len(value) for name, value in status.attachment_metadata.items())
    if size_bytes > METADATA_BYTES_MAX:
        errors.append(too_long("status.attachmentMetadata", METADATA_BYTES_MAX))
    for path, error in (("status.attachError", status.attach_error), ("status.detachError", status.detach_error)):
        if error is None:
            continue
        if len(error.message) > MESSAGE_LENGTH_MAX:
            errors.append(too_long(child(path, "message"), MESSAGE_LENGTH_MAX))
        if error.error_code is not None and error.error_code < 0:
            detail = f"must be between 0 and {ERROR_CODE_MAX}, inclusive"
            errors.append(invalid(child(path, "errorCode"), error.error_code, detail))
    return errors


def _row(attachment: VolumeAttachment, now_s: float) -> tuple[object, ...]:
    meta, spec = attachment.metadata, attachment.spec
    return (
        meta.name,
        spec.attacher,
        spec.source.persistent_volume_name or "",
        spec.node_name,
        attachment.status.attached,
        age_since(meta.creation_timestamp, now_s),
    )


VOLUME_ATTACHMENTS = resource_type(
    VolumeAttachment,
    kind="VolumeAttachment",
    plural="volumeattachments",
    group="storage.k8s.io",
    namespaced=False,
    subresources=(STATUS,),
    prepare=_prepare,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column("Attacher", description="The driver that attaches it."),
        Column("PV", description="The volume."),
        Column("Node", description="Where it shall be attached."),
        Column("Attached", "boolean", "Whether it is."),
        AGE_COLUMN,
    ),
    row=_row,
    tracks_generation=False,
    delete_returns_object=True,
    acted_on_by="nobody",
)
