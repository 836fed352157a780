from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import msgspec
import pytest

from wherry.agent.downward import NodeFacts, UnknownField, field_value, resource_value
from wherry.agent.environment import ConfigError, build_environment, service_variables
from wherry.agent.expansion import expand
from wherry.api.core.configmap import ConfigMap
from wherry.api.core.container import EphemeralContainer
from wherry.api.core.pod import Pod
from wherry.api.core.secret import Secret
from wherry.api.core.service import Service
from wherry.api.core.volume import ResourceFieldSelector
from wherry.apimachinery.document import Document

NODE = NodeFacts("node-1", "192.0.2.1", {"cpu": "2", "memory": "4Gi"})


class Objects:
    def config_map(self, name: str) -> ConfigMap | None:
        return ConfigMap(data={"a": "1", "b-c": "2"}) if name == "cm" else None

    def secret(self, name: str) -> Secret | None:
        return Secret(data={"p": base64.b64encode(b"x").decode()}) if name == "s" else None


def pod_with(env: Sequence[Mapping[str, object]], env_from: list[Document] | None = None) -> Pod:
    container = {
        "name": "c",
        "env": env,
        "envFrom": env_from or [],
        "resources": {"requests": {"cpu": "250m"}, "limits": {"memory": "64Mi"}},
    }
    meta = {
        "name": "web",
        "namespace": "shop",
        "uid": "u1",
        "labels": {"app": "web"},
        "annotations": {"a.b/c": "it's"},
    }
    return msgspec.convert({"metadata": meta, "spec": {"containers": [container], "serviceAccountName": "sa"}}, Pod)


def environment(env: Sequence[Mapping[str, object]], env_from: list[Document] | None = None) -> dict[str, str]:
    pod = pod_with(env, env_from)
    return build_environment(
        pod.spec.containers[0], pod, Objects(), node=NODE, pod_ip="10.244.0.5", services={"WEB_SERVICE_HOST": "h"}
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$(A)", "1"),
        ("x$(A)y$(A)", "x1y1"),
        ("$$(A)", "$(A)"),
        ("$$$(A)", "$1"),
        ("$(NOPE)", "$(NOPE)"),
        ("$A", "$A"),
        ("$(A", "$(A"),
        ("$$", "$"),
        ("price $5", "price $5"),
        ("$()", "$()"),
    ],
)
def test_names_in_parentheses_are_replaced(text: str, expected: str) -> None:
    assert expand(text, {"A": "1"}) == expected


def test_variables_are_made_of_those_before_them_and_of_services() -> None:
    env = [
        {"name": "A", "value": "1"},
        {"name": "B", "value": "$(A)-$(WEB_SERVICE_HOST)-$(C)"},
        {"name": "C", "value": "3"},
    ]
    assert environment(env)["B"] == "1-h-$(C)"


def test_own_variables_win_over_those_from_objects() -> None:
    result = environment([{"name": "X_a", "value": "own"}], [{"prefix": "X_", "configMapRef": {"name": "cm"}}])
    assert (result["X_a"], result["X_b-c"]) == ("own", "2")


def ref(kind: str, **details: object) -> list[Document]:
    return [{"name": "V", "valueFrom": {kind: details}}]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("metadata.name", "web"),
        ("metadata.namespace", "shop"),
        ("metadata.uid", "u1"),
        ("metadata.labels['app']", "web"),
        ("metadata.annotations['a.b/c']", "it's"),
        ("metadata.labels['none']", ""),
        ("spec.nodeName", "node-1"),
        ("spec.serviceAccountName", "sa"),
        ("status.hostIP", "192.0.2.1"),
        ("status.podIP", "10.244.0.5"),
        ("status.podIPs", "10.244.0.5"),
    ],
)
def test_a_pod_may_know_about_itself(path: str, expected: str) -> None:
    assert environment(ref("fieldRef", fieldPath=path))["V"] == expected


def test_a_field_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UnknownField, match=r"unsupported fieldPath: spec\.secrets"):
        field_value("spec.secrets", pod_with([]), NODE)
    with pytest.raises(ConfigError, match="unsupported fieldPath"):
        environment(ref("fieldRef", fieldPath="spec.secrets"))


@pytest.mark.parametrize(
    ("resource", "divisor", "expected"),
    [
        ("requests.cpu", "1m", "250"),
        ("requests.cpu", None, "1"),
        ("limits.cpu", None, "2"),
        ("limits.memory", "1Mi", "64"),
        ("limits.memory", None, str(64 * 2**20)),
        ("requests.memory", "0", str(64 * 2**20)),
    ],
)
def test_limits_are_told_in_units_of_the_divisor_rounded_up(resource: str, divisor: str | None, expected: str) -> None:
    selector = ResourceFieldSelector(resource=resource, divisor=divisor)
    assert resource_value(selector, pod_with([]), NODE, "c") == expected


def test_a_container_that_was_added_finds_its_own_limits() -> None:
    pod = pod_with([])
    look = EphemeralContainer(name="look", image="i")
    spec = msgspec.structs.replace(pod.spec, ephemeral_containers=(look,))
    selector = ResourceFieldSelector(resource="limits.cpu")
    found = resource_value(selector, msgspec.structs.replace(pod, spec=spec), NODE, "look")
    assert found == str(NODE.allocatable["cpu"])


def test_values_come_from_config_maps_and_secrets() -> None:
    assert environment(ref("configMapKeyRef", name="cm", key="a"))["V"] == "1"
    assert environment(ref("secretKeyRef", name="s", key="p"))["V"] == "x"
    assert "V" not in environment(ref("configMapKeyRef", name="cm", key="z", optional=True))
    assert "V" not in environment(ref("secretKeyRef", name="none", key="z", optional=True))


@pytest.mark.parametrize(
    ("env", "env_from", "message"),
    [
        (ref("configMapKeyRef", name="none", key="a"), [], 'configmap "none" not found'),
        (ref("secretKeyRef", name="none", key="a"), [], 'secret "none" not found'),
        (ref("configMapKeyRef", name="cm", key="z"), [], "couldn't find key z in ConfigMap shop/cm"),
        (ref("secretKeyRef", name="s", key="z"), [], "couldn't find key z in Secret shop/s"),
        ([], [{"configMapRef": {"name": "none"}}], 'configmap "none" not found'),
        ([], [{"secretRef": {"name": "none"}}], 'secret "none" not found'),
    ],
)
def test_what_is_missing_is_named_as_kubernetes_names_it(
    env: Sequence[Mapping[str, object]], env_from: list[Document], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        environment(env, env_from)
    assert str(caught.value) == message


def service(namespace: str, name: str, ip: str = "10.96.0.9") -> Service:
    ports = [{"name": "http-web", "port": 80}, {"name": "dns", "port": 53, "protocol": "UDP"}]
    return msgspec.convert(
        {"metadata": {"name": name, "namespace": namespace}, "spec": {"clusterIP": ip, "ports": ports}}, Service
    )


def test_services_are_found_by_variables() -> None:
    assert service_variables([service("shop", "my-db")], "shop", links=True) == {
        "MY_DB_SERVICE_HOST": "10.96.0.9",
        "MY_DB_SERVICE_PORT": "80",
        "MY_DB_SERVICE_PORT_HTTP_WEB": "80",
        "MY_DB_SERVICE_PORT_DNS": "53",
        "MY_DB_PORT": "tcp://10.96.0.9:80",
        "MY_DB_PORT_80_TCP": "tcp://10.96.0.9:80",
        "MY_DB_PORT_80_TCP_PROTO": "tcp",
        "MY_DB_PORT_80_TCP_PORT": "80",
        "MY_DB_PORT_80_TCP_ADDR": "10.96.0.9",
        "MY_DB_PORT_53_UDP": "udp://10.96.0.9:53",
        "MY_DB_PORT_53_UDP_PROTO": "udp",
        "MY_DB_PORT_53_UDP_PORT": "53",
        "MY_DB_PORT_53_UDP_ADDR": "10.96.0.9",
    }


def test_services_of_other_namespaces_and_headless_ones_are_not_told() -> None:
    services = [service("other", "a"), service("shop", "b", "None"), service("default", "kubernetes", "10.96.0.1")]
    assert set(service_variables(services, "shop", links=True)) == set(
        service_variables([services[2]], "shop", links=True)
    )
    assert service_variables([service("shop", "c")], "shop", links=False) == {}
