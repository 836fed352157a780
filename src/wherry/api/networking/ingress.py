"""How HTTP requests from outside find their Service; an ingress controller of the user's choice makes it so."""

from __future__ import annotations

from msgspec import field

from wherry.api.networking.ingress_spec import IngressLoadBalancerStatus, IngressRule, IngressSpec, IngressStatus
from wherry.api.networking.ingress_validation import validate_addresses, validate_ingress_spec
from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError, invalid
from wherry.apimachinery.meta import ObjectMeta
from wherry.apimachinery.resource_type import AGE_COLUMN, NAME_COLUMN, STATUS, Column, resource_type
from wherry.apimachinery.struct import Struct
from wherry.apimachinery.timestamps import age_since

CLASS_ANNOTATION = "kubernetes.io/ingress.class"
HOSTS_SHOWN_MAX = 3


class Ingress(Struct):
    """How HTTP requests from outside find their Service."""

    metadata: ObjectMeta = field(default_factory=ObjectMeta)
    spec: IngressSpec = field(default_factory=IngressSpec)
    status: IngressStatus = field(default_factory=IngressStatus)


def _prepare(new: Document, old: Document | None) -> None:
    if old is None:
        new["status"] = {"loadBalancer": {}}


def _validate(new: Ingress, old: Ingress | None) -> list[FieldError]:
    errors = validate_ingress_spec(new.spec)
    errors += validate_addresses(new.status.load_balancer.ingress, "status.loadBalancer.ingress")
    annotation = new.metadata.annotations.get(CLASS_ANNOTATION)
    class_name = new.spec.ingress_class_name
    if old is None and annotation is not None and class_name is not None and annotation != class_name:
        detail = "must match `ingressClassName` when both are specified"
        errors.append(invalid(f"annotations.{CLASS_ANNOTATION}", annotation, detail))
    return errors


def hosts_cell(rules: tuple[IngressRule, ...]) -> str:
    """The first hosts, and how many rules there are besides."""
    shown = ",".join(rule.host for rule in rules[:HOSTS_SHOWN_MAX] if rule.host)
    if not shown:
        return "*"
    rest = len(rules) - HOSTS_SHOWN_MAX
    return f"{shown} + {rest} more..." if rest > 0 else shown


def _address_cell(status: IngressLoadBalancerStatus) -> str:
    return ",".join(sorted({one.ip or one.hostname for one in status.ingress} - {""}))


def _row(ingress: Ingress, now_s: float) -> tuple[object, ...]:
    return (
        ingress.metadata.name,
        "<none>" if ingress.spec.ingress_class_name is None else ingress.spec.ingress_class_name,
        hosts_cell(ingress.spec.rules),
        _address_cell(ingress.status.load_balancer),
        "80, 443" if ingress.spec.tls else "80",
        age_since(ingress.metadata.creation_timestamp, now_s),
    )


INGRESSES = resource_type(
    Ingress,
    kind="Ingress",
    plural="ingresses",
    group="networking.k8s.io",
    short_names=("ing",),
    subresources=(STATUS,),
    prepare=_prepare,
    validate=_validate,
    columns=(
        NAME_COLUMN,
        Column(
            "Class",
            description="The name of the IngressClass resource that should be used for additional configuration",
        ),
        Column("Hosts", description="Hosts that incoming requests are matched against before the ingress rule"),
        Column("Address", description="Address is a list containing ingress points for the load-balancer"),
        Column("Ports", description="Ports of TLS configurations that open"),
        AGE_COLUMN,
    ),
    row=_row,
    acted_on_by="clients",
)
