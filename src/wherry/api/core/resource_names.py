"""What may be the name of a resource (cpu, hugepages-2Mi, example.com/gpu), and which amounts it may have.

Source: kubernetes pkg/apis/core/helper and pkg/apis/core/validation.
"""

from __future__ import annotations

from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.names import qualified_name
from wherry.apimachinery.quantity import QuantityError, QuantityText, parse_quantity

HUGE_PAGES_PREFIX = "hugepages-"
REQUESTS_PREFIX = "requests."
COMPUTE = ("cpu", "memory", "ephemeral-storage")
# Things that are counted: half a pod cannot be asked for.
COUNTED = (
    "pods",
    "resourcequotas",
    "services",
    "replicationcontrollers",
    "secrets",
    "configmaps",
    "persistentvolumeclaims",
    "services.nodeports",
    "services.loadbalancers",
)
QUOTA = frozenset((*COMPUTE, "requests.storage", *COUNTED)).union(
    f"{prefix}.{name}" for prefix in ("requests", "limits") for name in COMPUTE
)
STANDARD = QUOTA | {"storage"}

NOT_STANDARD = "must be a standard resource type or fully qualified"
NOT_FOR_CONTAINERS = "must be a standard resource for containers"
NOT_FOR_QUOTA = "must be a standard resource for quota"
NOT_EXTENDED = "doesn't follow extended resource name standard"


def is_huge_pages(name: str) -> bool:
    """Whether these are pages of a certain size."""
    return name.startswith(HUGE_PAGES_PREFIX)


def is_native(name: str) -> bool:
    """Whether the name belongs to Kubernetes itself."""
    return "/" not in name or "kubernetes.io/" in name


def is_extended(name: str) -> bool:
    """Whether this is a resource that somebody else brings, such as example.com/gpu."""
    if is_native(name) or name.startswith(REQUESTS_PREFIX):
        return False
    return not qualified_name(REQUESTS_PREFIX + name)


def may_overcommit(name: str) -> bool:
    """Whether more of it may be promised than there is."""
    return is_native(name) and not is_huge_pages(name)


def is_for_quota(name: str) -> bool:
    """Whether it is one of the names that every quota knows."""
    return name in QUOTA or is_huge_pages(name.removeprefix(REQUESTS_PREFIX))


def validate_resource_name(name: str, path: str) -> list[FieldError]:
    """A name that Kubernetes knows, or one with a domain in front."""
    if wrong := qualified_name(name):
        return [invalid(path, name, wrong)]
    if "/" not in name and name not in STANDARD and not is_for_quota(name):
        return [invalid(path, name, NOT_STANDARD)]
    return []


def validate_container_resource_name(name: str, path: str) -> list[FieldError]:
    """Something that a container can have an amount of."""
    errors = validate_resource_name(name, path)
    if "/" not in name:
        if name not in COMPUTE and not is_huge_pages(name):
            errors.append(invalid(path, name, NOT_FOR_CONTAINERS))
    elif not is_native(name) and not is_extended(name):
        errors.append(invalid(path, name, NOT_EXTENDED))
    return errors


def validate_quota_resource_name(name: str, path: str) -> list[FieldError]:
    """Something that a quota can limit."""
    errors = validate_resource_name(name, path)
    if "/" not in name and not is_for_quota(name):
        errors.append(invalid(path, name, NOT_FOR_QUOTA))
    return errors


def validate_amount(name: str, amount: QuantityText, path: str) -> list[FieldError]:
    """Zero or more, and whole where parts make no sense; `name` "" is for amounts of anything."""
    try:
        exact = parse_quantity(amount)
    except QuantityError as err:
        return [invalid(path, amount, str(err))]
    errors = [invalid(path, str(amount), "must be greater than or equal to 0")] if exact < 0 else []
    if exact.denominator != 1 and (name in COUNTED or is_extended(name)):
        errors.append(invalid(path, str(amount), "must be an integer"))
    return errors
