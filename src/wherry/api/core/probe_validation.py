"""What may stand in probes and life-cycle hooks."""

from __future__ import annotations

from wherry.api.core.container import (
    Container,
    ExecAction,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Probe,
    TCPSocketAction,
)
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.field_errors import FieldError, child, forbidden, index, invalid, required
from wherry.apimachinery.names import port_name

PORT_MAX = 65535
HEADER_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")


def validate_probes(container: Container, path: str) -> list[FieldError]:
    """The three probes of a container."""
    errors = []
    for name, probe in (
        ("livenessProbe", container.liveness_probe),
        ("readinessProbe", container.readiness_probe),
        ("startupProbe", container.startup_probe),
    ):
        if probe is None:
            continue
        place = child(path, name)
        errors += _validate_probe(probe, place)
        if name != "readinessProbe" and probe.success_threshold not in (None, 1):
            errors.append(invalid(child(place, "successThreshold"), probe.success_threshold, "must be 1"))
        if name == "readinessProbe" and probe.termination_grace_period_seconds is not None:
            detail = "must not be set for readinessProbes"
            shown = probe.termination_grace_period_seconds
            errors.append(invalid(child(place, "terminationGracePeriodSeconds"), shown, detail))
    return errors


def validate_lifecycle(lifecycle: Lifecycle | None, path: str) -> list[FieldError]:
    """The hooks after a container's start and before its end."""
    errors: list[FieldError] = []
    if lifecycle is None:
        return errors
    for name, handler in (("postStart", lifecycle.post_start), ("preStop", lifecycle.pre_stop)):
        if handler is not None:
            errors += _validate_handler(handler, child(path, name))
    return errors


def _validate_probe(probe: Probe, path: str) -> list[FieldError]:
    errors = _validate_handler(probe, path)
    for name, value in (
        ("initialDelaySeconds", probe.initial_delay_seconds),
        ("timeoutSeconds", probe.timeout_seconds),
        ("periodSeconds", probe.period_seconds),
        ("successThreshold", probe.success_threshold),
        ("failureThreshold", probe.failure_threshold),
    ):
        errors += not_negative(child(path, name), value)
    grace_s = probe.termination_grace_period_seconds
    if grace_s is not None and grace_s <= 0:
        errors.append(invalid(child(path, "terminationGracePeriodSeconds"), grace_s, "must be greater than 0"))
    return errors


def _validate_handler(handler: Probe | LifecycleHandler, path: str) -> list[FieldError]:
    errors = []
    given = 0
    if handler.exec is not None:
        given += 1
        errors += _validate_exec(handler.exec, child(path, "exec"))
    if handler.http_get is not None:
        given += 1
        if given > 1:
            errors.append(forbidden(child(path, "httpGet"), "may not specify more than 1 handler type"))
        else:
            errors += _validate_http_get(handler.http_get, child(path, "httpGet"))
    other = handler.tcp_socket if isinstance(handler, Probe) else handler.sleep
    if other is not None:
        given += 1
        name = "tcpSocket" if isinstance(handler, Probe) else "sleep"
        if given > 1:
            errors.append(forbidden(child(path, name), "may not specify more than 1 handler type"))
        elif isinstance(other, TCPSocketAction):
            errors += _validate_port(other.port, child(child(path, name), "port"))
        elif other.seconds < 0:
            detail = "must be greater than or equal to 0 and less than terminationGracePeriodSeconds"
            errors.append(invalid(child(path, name), other.seconds, detail))
    if isinstance(handler, Probe) and handler.grpc is not None:
        given += 1
        if given > 1:
            errors.append(forbidden(child(path, "grpc"), "may not specify more than 1 handler type"))
    if given == 0:
        errors.append(required(path, "must specify a handler type"))
    return errors


def _validate_exec(action: ExecAction, path: str) -> list[FieldError]:
    return [] if action.command else [required(child(path, "command"))]


def _validate_http_get(action: HTTPGetAction, path: str) -> list[FieldError]:
    errors = [] if action.path else [required(child(path, "path"))]
    errors += _validate_port(action.port, child(path, "port"))
    errors += one_of(child(path, "scheme"), action.scheme, ("HTTP", "HTTPS"), may_be_absent=False)
    for position, header in enumerate(action.http_headers):
        if not header.name or not HEADER_CHARACTERS.issuperset(header.name):
            detail = (
                "a valid HTTP header must consist of alphanumeric characters or '-' "
                "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
            )
            errors.append(invalid(child(index(child(path, "httpHeaders"), position), "name"), header.name, detail))
    return errors


def _validate_port(port: int | str, path: str) -> list[FieldError]:
    if isinstance(port, int):
        if 0 < port <= PORT_MAX:
            return []
        return [invalid(path, port, f"must be between 1 and {PORT_MAX}, inclusive")]
    wrong = port_name(port)
    return [invalid(path, port, wrong)] if wrong else []
