"""Turns what went wrong into the answer that says so: a Status with Kubernetes' code, reason and words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from wherry.apimachinery.errors import InternalError, StatusError
from wherry.apiserver.own_words import SERVER_FAILED
from wherry.apiserver.request import ApiRequest
from wherry.kit.http.types import Response
from wherry.kit.log import get_logger
from wherry.store.interface import StoreBroken, StoreError

log = get_logger(__name__)


async def with_errors(answer: Callable[[ApiRequest], Awaitable[Response]], request: ApiRequest) -> Response:
    """The answer to a request, whatever happens on the way; only cancellation passes."""
    try:
        return await answer(request)
    except Exception as error:  # noqa: BLE001 - nothing that goes wrong may go unanswered
        return error_answer(request, error)


def error_answer(request: ApiRequest, error: Exception) -> Response:
    """The answer to a request that raised `error`; what nobody expected is logged and becomes a 500."""
    if isinstance(error, StatusError):
        return status_answer(error)
    if isinstance(error, StoreBroken):
        log.error("Refused a write because the disk refuses", err=str(error))
        return status_answer(InternalError(f"the store cannot write: {error}"))
    if isinstance(error, StoreError):
        log.error("Left a store error unhandled", path=request.http.path, err=str(error))
        return status_answer(InternalError(f"Internal error occurred: {error}"))
    log.error("Failed to answer", method=request.http.method, path=request.http.path, err=error)
    return status_answer(InternalError(f"Internal error occurred: {SERVER_FAILED}"))


def status_answer(error: StatusError) -> Response:
    """A StatusError as a response."""
    response = Response(error.code, body=error.to_bytes())
    if error.retry_after_s is not None:
        response.headers.append(("Retry-After", str(error.retry_after_s)))
    if error.code == 401:
        response.headers.append(("WWW-Authenticate", 'Bearer realm="kubernetes-master"'))
    return response
