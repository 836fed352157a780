"""What may stand in a container's environment, and which facts about its pod it may be told.

Source: kubernetes pkg/apis/core/validation, ValidateEnv.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from wherry.api.core.container import EnvFromSource, EnvVar, EnvVarSource, FileKeySelector
from wherry.api.core.relative_paths import validate_file_path
from wherry.api.core.volume import ObjectFieldSelector, ResourceFieldSelector
from wherry.api.object_meta import one_of
from wherry.apimachinery.field_errors import FieldError, child, index, invalid, not_found, required
from wherry.apimachinery.names import config_map_key, dns1123_subdomain, env_var_name, qualified_name
from wherry.apimachinery.quantity import QuantityError, canonical_quantity

FIELD_PATHS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
# Every field that a pod may be asked for; which of them, depends on where it is asked.
LABELED_PATHS = (*FIELD_PATHS, "metadata.annotations", "metadata.labels", "spec.restartPolicy", "spec.schedulerName",
                 "spec.hostNetwork", "status.phase", "status.nominatedNodeName")  # fmt: skip
RESOURCE_FIELDS = (
    "limits.cpu",
    "limits.ephemeral-storage",
    "limits.memory",
    "requests.cpu",
    "requests.ephemeral-storage",
    "requests.memory",
)
HUGE_PAGE_FIELDS = ("limits.hugepages-", "requests.hugepages-")
SIZE_DIVISORS = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
DIVISORS = {"cpu": ("1m", "1"), "memory": SIZE_DIVISORS, "ephemeral-storage": SIZE_DIVISORS}
RESOURCE_WORDS = {"ephemeral-storage": "local ephemeral storage"}
ONE_SOURCE = "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
MORE_THAN_ONE = "may not have more than one field specified at a time"


def validate_env(variables: Iterable[EnvVar], path: str, volumes: Collection[str]) -> list[FieldError]:
    """The variables, one by one; `volumes` are the empty directories that files with variables may be in."""
    errors = []
    for position, variable in enumerate(variables):
        place = index(path, position)
        if not variable.name:
            errors.append(required(child(place, "name")))
        elif wrong := env_var_name(variable.name):
            errors.append(invalid(child(place, "name"), variable.name, wrong))
        if variable.value_from is not None:
            errors += _validate_source(variable, variable.value_from, child(place, "valueFrom"), volumes)
    return errors


def _validate_source(variable: EnvVar, source: EnvVarSource, path: str, volumes: Collection[str]) -> list[FieldError]:
    errors = []
    given = (
        source.field_ref,
        source.resource_field_ref,
        source.config_map_key_ref,
        source.secret_key_ref,
        source.file_key_ref,
    )
    count = sum(part is not None for part in given)
    if source.field_ref is not None:
        errors += validate_field_ref(source.field_ref, child(path, "fieldRef"), FIELD_PATHS)
    if source.resource_field_ref is not None:
        errors += validate_resource_ref(source.resource_field_ref, child(path, "resourceFieldRef"))
    for name, ref in (("configMapKeyRef", source.config_map_key_ref), ("secretKeyRef", source.secret_key_ref)):
        if ref is not None:
            errors += _validate_key_ref(ref.name, ref.key, child(path, name))
    if source.file_key_ref is not None:
        errors += _validate_file_ref(source.file_key_ref, child(path, "fileKeyRef"), volumes)
    if not count:
        errors.append(invalid(path, "", ONE_SOURCE))
    elif variable.value:
        errors.append(invalid(path, "", "may not be specified when `value` is not empty"))
    elif count > 1:
        errors.append(invalid(path, "", MORE_THAN_ONE))
    return errors


def validate_field_ref(ref: ObjectFieldSelector, path: str, paths: Collection[str]) -> list[FieldError]:
    """A field of the pod that may be shown to its containers: one of `paths`, or one label or annotation."""
    place, wanted = child(path, "fieldPath"), ref.field_path
    if not wanted:
        return [required(place)]
    if ref.api_version != "v1":
        return [invalid(place, wanted, f"error converting fieldPath: unsupported pod version: {ref.api_version}")]
    for prefix in ("metadata.labels", "metadata.annotations"):
        if wanted.startswith(f"{prefix}['") and wanted.endswith("']"):
            name = wanted[len(prefix) + 2 : -2]
            wrong = qualified_name(name if prefix == "metadata.labels" else name.lower())
            return [invalid(path, name, wrong)] if wrong else []
    if wanted in paths:
        return []
    if wanted not in LABELED_PATHS:
        detail = f"error converting fieldPath: field label not supported: {wanted}"
        return [invalid(place, wanted, detail)]
    return one_of(place, wanted, sorted(paths))


def validate_resource_ref(ref: ResourceFieldSelector, path: str, *, is_file: bool = False) -> list[FieldError]:
    """An amount of a container that may be shown; in a volume's file the container must be named."""
    errors = []
    if is_file and not ref.container_name:
        errors.append(required(child(path, "containerName")))
    elif not ref.resource:
        errors.append(required(child(path, "resource")))
    elif not ref.resource.startswith(HUGE_PAGE_FIELDS):
        errors += one_of(child(path, "resource"), ref.resource, RESOURCE_FIELDS)
    return errors + _validate_divisor(ref, child(path, "divisor"))


def _validate_divisor(ref: ResourceFieldSelector, path: str) -> list[FieldError]:
    """What the amount is divided by: one of a few units."""
    if ref.divisor is None:
        return []
    try:
        divisor = canonical_quantity(ref.divisor)
    except QuantityError as err:
        return [invalid(path, ref.divisor, str(err))]
    name = ref.resource.partition(".")[2]
    allowed = SIZE_DIVISORS if name.startswith("hugepages-") else DIVISORS.get(name)
    if divisor == "0" or allowed is None or divisor in allowed:
        return []
    word = "hugepages" if name.startswith("hugepages-") else RESOURCE_WORDS.get(name, name)
    listed = "1m and 1" if name == "cpu" else ", ".join(SIZE_DIVISORS)
    return [invalid(path, ref.resource, f"only divisor's values {listed} are supported with the {word} resource")]


def _validate_key_ref(name: str, entry: str, path: str) -> list[FieldError]:
    errors = []
    if name and (wrong := dns1123_subdomain(name)):
        errors.append(invalid(child(path, "name"), name, wrong))
    if not entry:
        errors.append(required(child(path, "key")))
    elif wrong := config_map_key(entry):
        errors.append(invalid(child(path, "key"), entry, wrong))
    return errors


def _validate_file_ref(ref: FileKeySelector, path: str, volumes: Collection[str]) -> list[FieldError]:
    errors = []
    if not ref.volume_name:
        errors.append(required(child(path, "volumeName")))
    elif ref.volume_name not in volumes:
        errors.append(not_found(child(path, "volumeName"), ref.volume_name))
    errors += validate_file_path(ref.path, child(path, "path"))
    if not ref.key:
        errors.append(required(child(path, "key")))
    elif wrong := env_var_name(ref.key):
        errors.append(invalid(child(path, "key"), ref.key, wrong))
    return errors


def validate_env_from(sources: Iterable[EnvFromSource], path: str) -> list[FieldError]:
    """Whole ConfigMaps and Secrets as variables."""
    errors = []
    for position, source in enumerate(sources):
        place = index(path, position)
        if source.prefix and (wrong := env_var_name(source.prefix)):
            errors.append(invalid(child(place, "prefix"), source.prefix, wrong))
        given = 0
        for name, ref in (("configMapRef", source.config_map_ref), ("secretRef", source.secret_ref)):
            if ref is None:
                continue
            given += 1
            if not ref.name:
                errors.append(required(child(child(place, name), "name")))
            elif wrong := dns1123_subdomain(ref.name):
                errors.append(invalid(child(child(place, name), "name"), ref.name, wrong))
        if given == 0:
            # Upstream names the list, not the item.
            errors.append(invalid(path, "", "must specify one of: `configMapRef` or `secretRef`"))
        elif given > 1:
            errors.append(invalid(path, "", MORE_THAN_ONE))
    return errors
