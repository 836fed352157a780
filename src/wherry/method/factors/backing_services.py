"""IV. Backing services: a database is attached from outside, and can be exchanged without touching the code."""

from __future__ import annotations

from collections.abc import Iterator

from wherry.method.evidence.criterion import Criterion, Factor
from wherry.method.evidence.observation import Observation, against, doubt, supports
from wherry.method.facts.code import Call, calls
from wherry.method.facts.facts import Facts

CRITERION = Criterion(
    "backing-services",
    "IV",
    "Backing services",
    "The database and every other service can be exchanged by a setting alone.",
    "Treat backing services as attached resources",
)
# What opens a connection: the function's name and where its host or address stands.
CONNECTS = {
    "asyncpg.connect": ("host", "dsn"), "asyncpg.create_pool": ("host", "dsn"), "psycopg.connect": ("host", "conninfo"),
    "psycopg2.connect": ("host", "dsn"), "psycopg_pool.ConnectionPool": ("conninfo", "conninfo"),
    "redis.Redis": ("host", "host"), "redis.StrictRedis": ("host", "host"), "redis.from_url": ("url", "url"),
    "redis.Redis.from_url": ("url", "url"), "redis.asyncio.Redis": ("host", "host"),
    "pymongo.MongoClient": ("host", "host"), "sqlalchemy.create_engine": ("url", "url"),
    "sqlalchemy.ext.asyncio.create_async_engine": ("url", "url"), "pymysql.connect": ("host", "host"),
    "aio_pika.connect": ("url", "url"), "pika.ConnectionParameters": ("host", "host"),
    "kafka.KafkaProducer": ("bootstrap_servers", "bootstrap_servers"), "smtplib.SMTP": ("host", "host"),
}  # fmt: skip
POSITIONAL = frozenset({"dsn", "conninfo", "url", "host"})
# Programs that keep data: they belong into pods of their own.
SERVERS = frozenset({
    "postgres", "postgresql", "pg_ctl", "redis-server", "redis", "mysqld", "mysql-server", "mariadb-server", "mariadbd",
    "mongod", "mongodb", "memcached", "rabbitmq-server", "elasticsearch", "etcd",
})  # fmt: skip


def check(facts: Facts) -> list[Observation]:
    """Does the code, or its image, decide which service it talks to?"""
    found = [entry for module in facts.modules for call in calls(module) for entry in _check_call(call)]
    found += _check_image(facts)
    if not found:
        attached = [call for module in facts.modules for call in calls(module) if call.name in CONNECTS]
        says = "Addresses of backing services come from settings."
        found.append(supports(says, attached[0].where) if attached else supports("No backing service is built in."))
    return found


def _check_call(call: Call) -> Iterator[Observation]:
    if call.name in CONNECTS:
        for keyword in dict.fromkeys(CONNECTS[call.name]):
            value = call.literal(0 if keyword in POSITIONAL else -1, keyword)
            if isinstance(value, str) and value and not value.startswith("/"):
                yield against(
                    f'The code itself says where its backing service is ("{_without_password(value)}"): exchanging'
                    " it needs another build.",
                    call.where,
                    fix="read the address from the environment, and give it in each overlay",
                )
                return
    elif call.name in ("sqlite3.connect", "aiosqlite.connect"):
        path = call.literal(0, "database")
        if (
            isinstance(path, str)
            and path not in ("", ":memory:")
            and "mode=ro" not in path
            and "immutable=1" not in path
        ):
            yield doubt(
                f'A database file ("{path}") lies inside of the service: it cannot be attached to another copy.',
                call.where,
                fix="move the data into a database of its own, attached by a setting",
            )


def _without_password(value: str) -> str:
    scheme, separator, rest = value.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}" if separator else value


def _check_image(facts: Facts) -> Iterator[Observation]:
    if facts.image is None:
        return
    brought = {*facts.image.programs, *facts.image.packages, *facts.image.entrypoint[:1]}
    for name in sorted(brought):
        if name.rpartition("/")[2].split("=")[0].rstrip("-0123456789.") in SERVERS:
            yield against(
                f"The service's image contains a server of its own ({name}): it cannot be exchanged by a setting.",
                facts.image.path,
                fix="run it in a pod of its own, and give its address by a setting",
            )


BACKING_SERVICES = Factor(CRITERION, check)
