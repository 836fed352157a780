"""The twelve factors, in the manifesto's order."""

from __future__ import annotations

from wherry.method.evidence.criterion import Factor
from wherry.method.factors.admin_processes import ADMIN_PROCESSES
from wherry.method.factors.backing_services import BACKING_SERVICES
from wherry.method.factors.build_release_run import BUILD_RELEASE_RUN
from wherry.method.factors.codebase import CODEBASE
from wherry.method.factors.concurrency import CONCURRENCY
from wherry.method.factors.config import CONFIG
from wherry.method.factors.dependencies import DEPENDENCIES
from wherry.method.factors.disposability import DISPOSABILITY
from wherry.method.factors.logs import LOGS
from wherry.method.factors.parity import PARITY
from wherry.method.factors.port_binding import PORT_BINDING
from wherry.method.factors.processes import PROCESSES

FACTORS: tuple[Factor, ...] = (
    CODEBASE,
    DEPENDENCIES,
    CONFIG,
    BACKING_SERVICES,
    BUILD_RELEASE_RUN,
    PROCESSES,
    PORT_BINDING,
    CONCURRENCY,
    DISPOSABILITY,
    PARITY,
    LOGS,
    ADMIN_PROCESSES,
)
