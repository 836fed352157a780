"""orders: a microservice in the full sense: one REST API and its own database.

POST /x writes a row, GET /x/{id} reads it back, GET /x lists. The answer also says where it was made
(pod and node), so that one can watch Kubernetes move the work around. Everything that differs between
environments comes from the environment (factor III); logs are lines of JSON on stdout (factor XI); on
SIGTERM it finishes what it has begun (factor IX).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

VERSION = "1"

DATABASE_RETRY_S = 0.1
BODY_LIMIT_BYTES = 64 * 1024
WHERE = {"pod": os.environ.get("POD_NAME", ""), "node": os.environ.get("NODE_NAME", ""), "version": VERSION}


def log(event: str, **fields: object) -> None:
    """One event, one line."""
    print(json.dumps({"at": round(time.time(), 3), "event": event, **WHERE, **fields}), flush=True)


async def connect() -> asyncpg.Pool:
    """Open the database; while it is not there yet, try again."""
    while True:
        try:
            pool = await asyncpg.create_pool(
                host=os.environ["DATABASE_HOST"],
                port=int(os.environ.get("DATABASE_PORT", "5432")),
                user=os.environ["DATABASE_USER"],
                password=os.environ["DATABASE_PASSWORD"],
                database=os.environ.get("DATABASE_NAME", "orders"),
                min_size=1,
                max_size=8,
                timeout=5,
                command_timeout=10,
            )
            # Several pods start at once and CREATE TABLE IF NOT EXISTS is not safe against itself.
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("SELECT pg_advisory_xact_lock(4711)")
                await connection.execute(
                    "CREATE TABLE IF NOT EXISTS x (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,"
                    " item text NOT NULL, made_by text NOT NULL, made_at timestamptz NOT NULL DEFAULT now())"
                )
        except (TimeoutError, OSError, asyncpg.PostgresError) as error:
            log("database is not there yet", error=str(error) or type(error).__name__)
            await asyncio.sleep(DATABASE_RETRY_S)
        else:
            log("database is open")
            return pool


def row(record: asyncpg.Record) -> dict[str, Any]:
    """A row as the API shows it."""
    return {
        "id": record["id"],
        "item": record["item"],
        "made_by": record["made_by"],
        "made_at": record["made_at"].isoformat(),
    }


def problem(status: int, title: str, detail: str) -> JSONResponse:
    """An error as RFC 9457 wants it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    return JSONResponse(body, status, media_type="application/problem+json")


async def create(request: Request) -> JSONResponse:
    """POST /x {"item": "..."}."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_LIMIT_BYTES:
            return problem(413, "Content Too Large", f"the body may have {BODY_LIMIT_BYTES} bytes at most")
    try:
        item = json.loads(body)["item"]
    except (ValueError, KeyError, TypeError):
        item = None
    if not isinstance(item, str) or not item.strip():
        return problem(422, "Unprocessable Content", 'send JSON like {"item": "tea"}')
    record = await request.app.state.pool.fetchrow(
        "INSERT INTO x (item, made_by) VALUES ($1, $2) RETURNING *", item, WHERE["pod"]
    )
    log("row written", id=record["id"])
    return JSONResponse({**row(record), "answered_by": WHERE}, 201, headers={"location": f"/x/{record['id']}"})


async def read(request: Request) -> JSONResponse:
    """GET /x/{id}."""
    record = await request.app.state.pool.fetchrow("SELECT * FROM x WHERE id = $1", request.path_params["id"])
    if record is None:
        return problem(404, "Not Found", f"there is no row {request.path_params['id']}")
    return JSONResponse({**row(record), "answered_by": WHERE})


async def index(request: Request) -> JSONResponse:
    """GET /x: the newest 100."""
    records = await request.app.state.pool.fetch("SELECT * FROM x ORDER BY id DESC LIMIT 100")
    return JSONResponse({"items": [row(record) for record in records], "answered_by": WHERE})


async def healthy(request: Request) -> JSONResponse:
    """GET /healthz: the process works."""
    return JSONResponse({"status": "ok"})


async def ready(request: Request) -> JSONResponse:
    """GET /readyz: it can do its job, database included."""
    pool = getattr(request.app.state, "pool", None)
    if pool is None:
        return problem(503, "Service Unavailable", "the database is not open yet")
    try:
        await pool.fetchval("SELECT 1", timeout=2)
    except (TimeoutError, OSError, asyncpg.PostgresError) as error:
        return problem(503, "Service Unavailable", f"the database does not answer: {error}")
    return JSONResponse({"status": "ok"})


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Open the database behind the first requests, close it after the last."""

    async def open_database() -> None:
        app.state.pool = await connect()

    opening = asyncio.create_task(open_database())
    yield
    opening.cancel()
    pool = getattr(app.state, "pool", None)
    if pool is not None:
        await pool.close()
    log("stopped")


app = Starlette(
    routes=[
        Route("/x", index, methods=["GET"]),
        Route("/x", create, methods=["POST"]),
        Route("/x/{id:int}", read, methods=["GET"]),
        Route("/healthz", healthy),
        Route("/readyz", ready),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8080"))
    log("starting", port=port, python=sys.version.split()[0])
    uvicorn.run(app, host="0.0.0.0", port=port, log_config=None, timeout_graceful_shutdown=10)
