"""A second database by configuration alone: what is copied, and which settings lead there."""

from __future__ import annotations

import base64

import pytest

from wherry.apimachinery.document import Document
from wherry.method.experiments.second_database import plan_second, value_of

DATABASE: Document = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "orders-db", "uid": "1"},
    "spec": {
        "serviceName": "orders-db",
        "selector": {"matchLabels": {"app": "orders-db"}},
        "template": {"metadata": {"labels": {"app": "orders-db", "team": "shop"}}, "spec": {"containers": []}},
    },
}
SERVICE: Document = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "orders-db"},
    "spec": {"clusterIP": "10.0.0.1", "selector": {"app": "orders-db"}, "ports": [{"port": 5432, "nodePort": 30000}]},
}
CONFIG: Document = {"kind": "ConfigMap", "metadata": {"name": "c"}, "data": {"HOST": "orders-db", "NAME": "orders"}}
DSN = "postgres://orders-db:secret@orders-db:5432/orders-db"
SECRET: Document = {
    "kind": "Secret", "metadata": {"name": "s"}, "data": {"DSN": base64.b64encode(DSN.encode()).decode()},
}  # fmt: skip


def ref(kind: str, name: str, key: str) -> Document:
    return {"name": key, "valueFrom": {f"{kind}KeyRef": {"name": name, "key": key}}}


def test_only_settings_that_name_the_database_lead_to_the_second_one() -> None:
    environment: list[Document] = [
        ref("configMap", "c", "HOST"),
        ref("configMap", "c", "NAME"),
        {"name": "LABEL", "value": "orders-db"},
    ]
    plan = plan_second([DATABASE], [SERVICE, CONFIG], environment)
    assert plan is not None
    assert plan.changed == ("HOST",)
    assert plan.environment[1:] == tuple(environment[1:])
    secret, service, workload = plan.documents
    assert secret["stringData"] == {"HOST": "orders-db-second"}
    assert service["metadata"] == {"name": "orders-db-second"}
    assert service["spec"] == {"selector": {"app": "orders-db-second"}, "ports": [{"port": 5432}]}
    spec = workload["spec"]
    assert isinstance(spec, dict)
    assert spec["serviceName"] == "orders-db-second"
    assert spec["template"]["metadata"]["labels"] == {"app": "orders-db-second", "team": "shop"}


def test_an_address_inside_of_a_secret_is_changed_where_it_is_a_whole_name() -> None:
    plan = plan_second([DATABASE], [SERVICE, SECRET], [ref("secret", "s", "DSN")])
    assert plan is not None
    moved = plan.documents[0]["stringData"]
    assert isinstance(moved, dict)
    assert "@orders-db-second:5432/" in str(moved["DSN"])


@pytest.mark.parametrize(
    ("settings", "environment"),
    [([CONFIG], [ref("configMap", "c", "HOST")]), ([SERVICE, CONFIG], [ref("configMap", "c", "NAME")])],
)
def test_where_no_setting_names_the_database_there_is_no_plan(
    settings: list[Document], environment: list[Document]
) -> None:
    assert plan_second([DATABASE], settings, environment) is None


def test_the_value_of_a_variable_is_found_wherever_the_release_keeps_it() -> None:
    assert value_of({"name": "A", "value": 1}, []) == "1"
    assert value_of(ref("configMap", "c", "HOST"), [CONFIG]) == "orders-db"
    assert value_of(ref("secret", "s", "DSN"), [SECRET]) == DSN
    assert value_of(ref("secret", "other", "DSN"), [SECRET]) == ""


def test_what_nobody_can_call_is_not_copied_with_the_database() -> None:
    nightly: Document = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "reports"},
        "spec": {"schedule": "0 3 * * *", "jobTemplate": {"spec": {"template": {"spec": {"containers": []}}}}},
    }
    environment = [ref("configMap", "c", "HOST")]
    plan = plan_second([nightly, DATABASE], [SERVICE, CONFIG], environment)
    assert plan == plan_second([DATABASE], [SERVICE, CONFIG], environment)
