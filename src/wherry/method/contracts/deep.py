"""Everything that a promise allows, asked of what runs: drawn by schemathesis, the same each time, never a gate.

Only answers are judged: no error of the server's own, a status, a media type and a body as the promise says. What else
schemathesis knows (which methods a path allows, and the like) good services do otherwise.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import StatusError
from wherry.kit.threads import run_in_thread
from wherry.method.contracts.refusal import NotPossible
from wherry.method.contracts.replay import SAFE, Service
from wherry.method.contracts.running_service import Answered

if TYPE_CHECKING:
    import schemathesis

SEED = 42
EXAMPLES_MAX = 10
"""How many requests each operation gets."""
ANSWER_S = 10.0
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)

Ask = Callable[[str, str, str, dict[str, str], bytes], Answered]


@dataclass(slots=True)
class Deep:
    """What came of it: how many requests were sent, which operations were left out, and what was wrong, each once."""

    sent: int = 0
    left_out: list[str] = field(default_factory=list)
    found: dict[str, None] = field(default_factory=dict)


async def check_deeply(document: Document, service: Service, *, base: str = "", is_twin: bool = False) -> Deep:
    """Ask a service everything that its promise allows. Raises NotPossible without schemathesis.

    Args:
        document: the promise, as it is published.
        service: whoever answers.
        base: what stands before each path.
        is_twin: whether nobody is hurt when something changes; else only what changes nothing is asked.
    """
    loop = asyncio.get_running_loop()

    def ask(method: str, path: str, query: str, headers: dict[str, str], body: bytes) -> Answered:
        sent = service.ask(method, base + path, query, headers=headers, body=body)
        return asyncio.run_coroutine_threadsafe(sent, loop).result(ANSWER_S)

    _ = _loaded()
    return await run_in_thread(_check, document, ask, is_twin=is_twin)


def _loaded() -> Any:
    try:
        with warnings.catch_warnings():
            # What the libraries behind it say about each other.
            warnings.simplefilter("ignore")
            import schemathesis
    except ImportError as error:
        raise NotPossible("a program that --deep needs is not here", "pip install 'wherry[deep]'") from error
    return schemathesis


def _check(document: Document, ask: Ask, *, is_twin: bool) -> Deep:
    made = Deep()
    for result in _loaded().openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        if operation.method.upper() not in SAFE and not is_twin:
            made.left_out.append(f"{operation.method.upper()} {operation.path}")
            continue
        _ask_all(operation, ask, made)
    return made


def _ask_all(operation: schemathesis.APIOperation[Any, Any, Any, Any], ask: Ask, made: Deep) -> None:
    from hypothesis import HealthCheck, Phase, given, seed, settings
    from hypothesis.errors import Unsatisfiable

    @seed(SEED)
    @settings(
        max_examples=EXAMPLES_MAX,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    @given(case=operation.as_strategy())
    def send(case: schemathesis.Case[Any]) -> None:
        made.sent += 1
        _judge(case, ask, made)

    with contextlib.suppress(Unsatisfiable):
        send()


def _judge(case: schemathesis.Case[Any], ask: Ask, made: Deep) -> None:
    """Send one request, and note what is wrong with its answer."""
    import requests
    from schemathesis import Response, checks
    from schemathesis.core.failures import FailureGroup

    name, method, path = f"{case.method.upper()} {case.path}", case.method.upper(), case.path
    for key, value in (case.path_parameters or {}).items():
        path = path.replace(f"{{{key}}}", quote(str(value), safe="", errors="replace"))
    headers = {key.lower(): str(value) for key, value in (case.headers or {}).items()}
    body = b""
    if case.media_type is not None and method not in SAFE:
        headers["content-type"] = case.media_type
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body, default=str).encode()
    try:
        answered = ask(method, path, urlencode(case.query or {}, doseq=True, errors="replace"), headers, body)
    except (ConnectionError, TimeoutError, StatusError) as error:
        made.found.setdefault(f"{name} was not answered: {error}")
        return
    prepared = requests.Request(method, f"http://service{path}").prepare()
    given = {key: [value] for key, value in answered.headers.items()}
    seen = Response(answered.status, given, answered.content, prepared, 0.01, verify=False)
    try:
        case.validate_response(seen, checks=[getattr(checks, check) for check in CHECKS])
    except FailureGroup as group:
        for failure in group.exceptions:
            made.found.setdefault(f"{name} answered {answered.status}: {failure.title}")
