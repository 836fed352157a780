"""The experiments, in the order in which a full run makes them: what disturbs most comes last."""

from __future__ import annotations

from wherry.method.experiments import experiment
from wherry.method.experiments.admin import ADMIN
from wherry.method.experiments.backing_services import BACKING_SERVICES
from wherry.method.experiments.build_release_run import BUILD_RELEASE_RUN
from wherry.method.experiments.concurrency import CONCURRENCY
from wherry.method.experiments.config import CONFIG
from wherry.method.experiments.contract_exposed import CONTRACT_EXPOSED
from wherry.method.experiments.contract_verified import CONTRACT_VERIFIED
from wherry.method.experiments.dependencies import DEPENDENCIES
from wherry.method.experiments.disposability import DISPOSABILITY
from wherry.method.experiments.logs import LOGS
from wherry.method.experiments.port_binding import PORT_BINDING
from wherry.method.experiments.processes import PROCESSES
from wherry.method.experiments.rest_api import REST_API

EXPERIMENTS: tuple[experiment.Experiment, ...] = (
    LOGS,
    REST_API,
    CONTRACT_EXPOSED,
    CONTRACT_VERIFIED,
    PORT_BINDING,
    PROCESSES,
    DISPOSABILITY,
    CONFIG,
    BACKING_SERVICES,
    CONCURRENCY,
    BUILD_RELEASE_RUN,
    ADMIN,
    DEPENDENCIES,
)
