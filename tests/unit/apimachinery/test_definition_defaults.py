"""What the API's description says about fields that nobody fills in."""

from __future__ import annotations

import pytest

from wherry.apimachinery.definition_defaults import FieldDefault, defaults_of, definition_of
from wherry.apimachinery.definitions import definitions

CORE = "io.k8s.api.core.v1"


@pytest.mark.parametrize(
    ("definition", "field", "default"),
    [
        (f"{CORE}.ContainerPort", "protocol", FieldDefault("TCP")),
        (f"{CORE}.ContainerPort", "containerPort", FieldDefault(0)),
        (f"{CORE}.ContainerPort", "name", FieldDefault()),
        (f"{CORE}.Pod", "spec", FieldDefault({})),
        (f"{CORE}.PodSpec", "securityContext", FieldDefault()),
        (f"{CORE}.PodSpec", "containers", FieldDefault(item={})),
        (f"{CORE}.PodSpec", "nodeSelector", FieldDefault(item="")),
        (f"{CORE}.ServicePort", "targetPort", FieldDefault()),
        (f"{CORE}.ResourceRequirements", "limits", FieldDefault()),
        (f"{CORE}.Volume", "name", FieldDefault("")),
        (f"{CORE}.AzureDiskVolumeSource", "kind", FieldDefault("Shared")),
        (f"{CORE}.RBDVolumeSource", "pool", FieldDefault("rbd")),
        ("io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta", "creationTimestamp", FieldDefault()),
    ],
)
def test_a_default_follows_from_the_type_in_go(definition: str, field: str, default: FieldDefault) -> None:
    assert defaults_of(definition).get(field, FieldDefault()) == default


def test_every_field_with_a_default_is_described() -> None:
    for name, definition in definitions().items():
        properties = definition.get("properties", {})
        assert isinstance(properties, dict)
        assert set(defaults_of(name)) - {"apiVersion", "kind"} <= set(properties), name


def test_messages_are_described_under_their_groups_names() -> None:
    assert definition_of("v1.Pod") == f"{CORE}.Pod"
    assert definition_of("meta/v1.ObjectMeta") in definitions()
    assert definition_of("resource.Quantity") in definitions()
