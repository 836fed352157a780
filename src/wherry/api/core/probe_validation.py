"""What may stand in probes and life-cycle hooks."""

from __future__ import annotations

from wherry.api.core.container import (
    Container,
    HTTPGetAction,
    Lifecycle,
    LifecycleHandler,
    Probe,
    SleepAction,
)
from wherry.api.core.pod_spec import PodSpec
from wherry.api.object_meta import not_negative, one_of
from wherry.apimachinery.field_errors import FieldError, child, forbidden, invalid, required
from wherry.apimachinery.names import port_name

PORT_MAX = 65535
HEADER_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-")
HEADER_WRONG = (
    "a valid HTTP header must consist of alphanumeric characters or '-' "
    "(e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
)
MORE_THAN_ONE = "may not specify more than 1 handler type"
WINDOWS_SIGNALS = ("SIGKILL", "SIGTERM")


def validate_probes(container: Container, path: str, spec: PodSpec) -> list[FieldError]:
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
        errors += _validate_probe(probe, place, spec)
        if name != "readinessProbe" and probe.success_threshold not in (None, 1):
            errors.append(invalid(child(place, "successThreshold"), probe.success_threshold, "must be 1"))
        if name == "readinessProbe" and probe.termination_grace_period_seconds is not None:
            detail = "must not be set for readinessProbes"
            shown = probe.termination_grace_period_seconds
            errors.append(invalid(child(place, "terminationGracePeriodSeconds"), shown, detail))
    return errors


def validate_lifecycle(lifecycle: Lifecycle | None, path: str, spec: PodSpec) -> list[FieldError]:
    """The hooks after a container's start and before its end, and the signal that ends it."""
    errors: list[FieldError] = []
    if lifecycle is None:
        return errors
    for name, handler in (("postStart", lifecycle.post_start), ("preStop", lifecycle.pre_stop)):
        if handler is not None:
            errors += _validate_handler(handler, child(path, name), spec)
    if lifecycle.stop_signal:
        place = child(path, "stopSignal")
        if spec.os is None or not spec.os.name:
            errors.append(forbidden(place, "may not be set for containers with empty `spec.os.name`"))
        elif spec.os.name == "windows":
            errors += one_of(place, lifecycle.stop_signal, WINDOWS_SIGNALS)
    return errors


def _validate_probe(probe: Probe, path: str, spec: PodSpec) -> list[FieldError]:
    errors = _validate_handler(probe, path, spec)
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


def _validate_handler(handler: Probe | LifecycleHandler, path: str, spec: PodSpec) -> list[FieldError]:
    """Exactly one action, and that one checked."""
    given: list[tuple[str, list[FieldError]]] = []
    if handler.exec is not None:
        place = child(path, "exec")
        given.append(("exec", [] if handler.exec.command else [required(child(place, "command"))]))
    if handler.http_get is not None:
        given.append(("httpGet", _validate_http_get(handler.http_get, child(path, "httpGet"))))
    if handler.tcp_socket is not None:
        given.append(("tcpSocket", _validate_port(handler.tcp_socket.port, child(path, "tcpSocket.port"))))
    if isinstance(handler, Probe):
        if handler.grpc is not None:
            given.append(("grpc", _validate_port(handler.grpc.port, child(path, "grpc.port"))))
    elif handler.sleep is not None:
        given.append(("sleep", _validate_sleep(handler.sleep, child(path, "sleep"), spec)))
    if not given:
        return [required(path, "must specify a handler type")]
    return given[0][1] + [forbidden(child(path, name), MORE_THAN_ONE) for name, _ in given[1:]]


def _validate_sleep(action: SleepAction, path: str, spec: PodSpec) -> list[FieldError]:
    grace_s = spec.termination_grace_period_seconds
    if grace_s is None or 0 <= action.seconds <= grace_s:
        return []
    detail = f"must be non-negative and less than terminationGracePeriodSeconds ({grace_s})"
    return [invalid(path, action.seconds, detail)]


def _validate_http_get(action: HTTPGetAction, path: str) -> list[FieldError]:
    errors = [] if action.path else [required(child(path, "path"))]
    errors += _validate_port(action.port, child(path, "port"))
    errors += one_of(child(path, "scheme"), action.scheme, ("HTTP", "HTTPS"), may_be_absent=False)
    # Upstream names the list, not the header.
    return errors + [
        invalid(child(path, "httpHeaders"), header.name, HEADER_WRONG)
        for header in action.http_headers
        if not header.name or not HEADER_CHARACTERS.issuperset(header.name)
    ]


def _validate_port(port: int | str, path: str) -> list[FieldError]:
    if isinstance(port, int):
        if 0 < port <= PORT_MAX:
            return []
        return [invalid(path, port, f"must be between 1 and {PORT_MAX}, inclusive")]
    wrong = port_name(port)
    return [invalid(path, port, wrong)] if wrong else []
