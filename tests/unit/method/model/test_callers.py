from __future__ import annotations

import pytest

from wherry.apimachinery.document import Document
from wherry.method.model.callers import Host, hosts_in, hosts_of


@pytest.mark.parametrize(
    ("name", "value", "hosts"),
    [
        ("DATABASE_HOST", "orders-db", ["orders-db"]),
        ("DATABASE_HOST", "orders-db:5432", ["orders-db"]),
        ("PARTNER_URL", "http://orders.orders-dev:8080/x?a=http", ["orders.orders-dev"]),
        ("DATABASE_URL", "postgresql+asyncpg://ana:s3cret@db.prod.svc:5432/x", ["db.prod.svc"]),
        ("DSN", "host=db port=5432 dbname=x user=orders", ["db"]),
        ("BROKERS_ADDR", "a:1,b:2", ["a", "b"]),
        ("APP_NAME", "orders", []),
        ("GREETING", "hello from dev", []),
        ("PARTNER_URL", "", []),
        ("JAVA_OPTS", "-Durl=http://billing:80 -Dx=1", ["billing"]),
    ],
)
def test_a_setting_names_the_hosts_of_its_addresses_and_nothing_else(name: str, value: str, hosts: list[str]) -> None:
    assert [host.name for host in hosts_in(name, value)] == hosts


def test_an_address_says_of_which_kind_it_is() -> None:
    assert list(hosts_in("X", "mysql://root@db/x")) == [Host("db", "mysql")]


def test_a_pod_names_hosts_in_its_variables_its_arguments_and_its_files() -> None:
    template: Document = {
        "spec": {
            "containers": [
                {
                    "name": "web",
                    "args": ["--upstream=http://args:80"],
                    "envFrom": [
                        {"configMapRef": {"name": "web"}},
                        {"prefix": "DB_HOST_", "configMapRef": {"name": "db"}},
                    ],
                    "env": [
                        {"name": "A_HOST", "value": "plain"},
                        {"name": "B_HOST", "valueFrom": {"configMapKeyRef": {"name": "more", "key": "b"}}},
                        {"name": "C_HOST", "valueFrom": {"secretKeyRef": {"name": "s", "key": "c"}}},
                    ],
                }
            ],
            "volumes": [{"name": "v", "configMap": {"name": "files"}}, {"name": "w", "projected": {"sources": 3}}],
        }
    }
    config = {
        "web": {"ORDERS_URL": "http://from-env:1"},
        "more": {"b": "by-key"},
        "db": {"1": "by-prefix"},
        "files": {"app.ini": "[db]\nhost = in-a-file\nname = shop\nurl: https://in-yaml/x\n"},
        "other": {"X_URL": "http://not-mine"},
    }
    found = {host.name for host in hosts_of(template, config)}
    assert found == {"args", "from-env", "plain", "by-key", "by-prefix", "in-a-file", "in-yaml"}
