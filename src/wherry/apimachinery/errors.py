"""The errors of the Kubernetes API, as exceptions that carry their own `Status` body.

StatusError
├── BadRequest            400    malformed body, query or selector
├── Unauthorized          401    who are you?
├── Forbidden             403    you may not
├── NotFound              404
├── MethodNotAllowed      405
├── NotAcceptable         406    no representation that the client takes
├── AlreadyExists         409
├── Conflict              409    somebody else changed it first
├── Expired               410    the revision asked for is forgotten: list again
├── RequestEntityTooLarge 413
├── UnsupportedMediaType  415
├── Invalid               422    field errors, all at once
├── TooManyRequests       429
├── InternalError         500
├── ServiceUnavailable    503
└── Timeout               504
"""

from __future__ import annotations

from collections.abc import Sequence

import orjson

from wherry.apimachinery.document import Document
from wherry.apimachinery.field_errors import FieldError


class StatusError(Exception):
    """An answer other than success: HTTP code, reason, message and details, as on the wire."""

    code = 500
    reason = "InternalError"

    def __init__(
        self,
        message: str,
        *,
        name: str = "",
        group: str = "",
        kind: str = "",
        causes: Sequence[Document] = (),
        retry_after_s: int | None = None,
        code: int | None = None,
        reason: str | None = None,
    ) -> None:
        """`kind` is what details.kind shows: the plural for most reasons, the Kind for Invalid."""
        super().__init__(message)
        self.message = message
        self.name = name
        self.group = group
        self.kind = kind
        self.causes = tuple(causes)
        self.retry_after_s = retry_after_s
        if code is not None:
            self.code = code
        if reason is not None:
            self.reason = reason

    def to_status(self) -> Document:
        """The metav1.Status document, in the key order that a real API server uses."""
        details: Document = {}
        if self.name:
            details["name"] = self.name
        if self.group:
            details["group"] = self.group
        if self.kind:
            details["kind"] = self.kind
        if self.causes:
            details["causes"] = list(self.causes)
        if self.retry_after_s is not None:
            details["retryAfterSeconds"] = self.retry_after_s
        status: Document = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            status["reason"] = self.reason
        if details or self.code in (404, 405, 406, 415):
            status["details"] = details
        status["code"] = self.code
        return status

    def to_bytes(self) -> bytes:
        """The body on the wire: compact JSON and a newline."""
        return orjson.dumps(self.to_status()) + b"\n"


class BadRequest(StatusError):
    """The request cannot be understood."""

    code = 400
    reason = "BadRequest"


class Unauthorized(StatusError):
    """The caller is not known."""

    code = 401
    reason = "Unauthorized"

    def __init__(self, message: str = "Unauthorized") -> None:
        """Says no more than it must."""
        super().__init__(message)


class Forbidden(StatusError):
    """The caller is known and may not do this."""

    code = 403
    reason = "Forbidden"


class NotFound(StatusError):
    """There is no such object, kind or path."""

    code = 404
    reason = "NotFound"


class MethodNotAllowed(StatusError):
    """The path exists, the verb does not."""

    code = 405
    reason = "MethodNotAllowed"

    def __init__(self, message: str = "the server does not allow this method on the requested resource") -> None:
        """The words of a real API server."""
        super().__init__(message)


class NotAcceptable(StatusError):
    """No representation that the client would take."""

    code = 406
    reason = "NotAcceptable"


class AlreadyExists(StatusError):
    """An object of this name exists."""

    code = 409
    reason = "AlreadyExists"


class Conflict(StatusError):
    """Somebody else changed the object first, or a precondition does not hold."""

    code = 409
    reason = "Conflict"


class Expired(StatusError):
    """The revision asked for has been forgotten: list again."""

    code = 410
    reason = "Expired"


class RequestEntityTooLarge(StatusError):
    """The body is too big."""

    code = 413
    reason = "RequestEntityTooLarge"


class UnsupportedMediaType(StatusError):
    """The body is in a format that is not understood here."""

    code = 415
    reason = "UnsupportedMediaType"


class Invalid(StatusError):
    """The object is well-formed and wrong: one cause per field."""

    code = 422
    reason = "Invalid"


class TooManyRequests(StatusError):
    """Try again a little later."""

    code = 429
    reason = "TooManyRequests"


class InternalError(StatusError):
    """A bug or a broken machine."""

    code = 500
    reason = "InternalError"


class ServiceUnavailable(StatusError):
    """Something that the answer needs cannot be reached."""

    code = 503
    reason = "ServiceUnavailable"


class Timeout(StatusError):
    """It took too long, or asked for a revision that has not happened yet."""

    code = 504
    reason = "Timeout"


def qualified(plural: str, group: str) -> str:
    """How messages name a resource: `pods`, `deployments.apps`."""
    return f"{plural}.{group}" if group else plural


def not_found(plural: str, group: str, name: str) -> NotFound:
    """`pods "web" not found`."""
    return NotFound(f'{qualified(plural, group)} "{name}" not found', name=name, group=group, kind=plural)


def already_exists(plural: str, group: str, name: str) -> AlreadyExists:
    """`pods "web" already exists`."""
    return AlreadyExists(f'{qualified(plural, group)} "{name}" already exists', name=name, group=group, kind=plural)


def modified(plural: str, group: str, name: str) -> Conflict:
    """The object changed since it was read."""
    return conflict(
        plural,
        group,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )


def conflict(plural: str, group: str, name: str, detail: str) -> Conflict:
    """`Operation cannot be fulfilled on pods "web": ...`."""
    return Conflict(
        f'Operation cannot be fulfilled on {qualified(plural, group)} "{name}": {detail}',
        name=name,
        group=group,
        kind=plural,
    )


def forbidden(plural: str, group: str, name: str, detail: str) -> Forbidden:
    """`pods "web" is forbidden: ...`."""
    subject = f'{qualified(plural, group)} "{name}"' if name else qualified(plural, group)
    return Forbidden(f"{subject} is forbidden: {detail}", name=name, group=group, kind=plural)


def invalid(kind: str, group: str, name: str, errors: Sequence[FieldError]) -> Invalid:
    """`Pod "web" is invalid: spec.containers: Required value`, with one cause per field."""
    listed = str(errors[0]) if len(errors) == 1 else "[" + ", ".join(str(error) for error in errors) + "]"
    subject = f"{kind}.{group}" if group else kind
    causes: list[Document] = [
        {"reason": error.reason, "message": error.message, "field": error.field} for error in errors
    ]
    return Invalid(f'{subject} "{name}" is invalid: {listed}', name=name, group=group, kind=kind, causes=causes)


ERRORS_BY_REASON: dict[str, type[StatusError]] = {
    error.reason: error
    for error in (
        BadRequest, Forbidden, NotFound, NotAcceptable, AlreadyExists, Conflict, Expired,
        RequestEntityTooLarge, UnsupportedMediaType, Invalid, TooManyRequests, InternalError,
        ServiceUnavailable, Timeout,
    )
}  # fmt: skip

ERRORS_BY_CODE: dict[int, type[StatusError]] = {error.code: error for error in (Forbidden, NotFound)}
"""Those that somebody acts on, also where no Status says what is meant."""


def error_from_status(body: bytes, code: int) -> StatusError:
    """The exception that a Status body (or any other failed answer of an API server) stands for."""
    try:
        status = orjson.loads(body)
    except orjson.JSONDecodeError:
        status = None
    if not isinstance(status, dict) or status.get("kind") != "Status":
        text = body.decode(errors="replace").strip()
        # A page is for browsers: somebody else answered, such as a gateway on the way.
        if text.startswith("<"):
            return StatusError(f"HTTP {code}, and a page instead of an answer", code=code, reason="")
        # Of a path that it does not serve at all, an API server says so in plain text.
        error = ERRORS_BY_CODE.get(code, StatusError)
        return error(text or f"HTTP {code}", code=code, reason="")
    details = status.get("details") or {}
    reason = str(status.get("reason", ""))
    message = str(status.get("message", ""))
    if reason == "Unauthorized":
        return Unauthorized(message)
    if reason == "MethodNotAllowed":
        return MethodNotAllowed(message)
    return ERRORS_BY_REASON.get(reason, StatusError)(
        message,
        name=str(details.get("name", "")),
        group=str(details.get("group", "")),
        kind=str(details.get("kind", "")),
        causes=details.get("causes") or (),
        retry_after_s=details.get("retryAfterSeconds"),
        code=int(status.get("code", code)),
        reason=reason,
    )
