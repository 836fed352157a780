"""Who acts on contracts, and in which environment: a project, a cluster, a user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wherry.cli.connection import with_client
from wherry.cli.contract_words import project_in, project_option, understood
from wherry.cli.output import Trouble
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir
from wherry.method.project import Environment, Project

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command about contracts works."""

    data_dir: DataDir
    project: Project
    environment: Environment
    kubeconfig: Path | None

    def act(self, use: Callable[[Actor], Awaitable[T]]) -> T:
        """Connect as the user of the kubeconfig, and tell what goes wrong in sentences."""
        path = self.kubeconfig
        if path is None and self.environment.kubeconfig:
            path = self.project.root / Path(self.environment.kubeconfig).expanduser()
        return act_as(self.data_dir, path, self.environment.context, self.environment.namespace, use)


def act_as(
    data_dir: DataDir, path: Path | None, context: str, namespace: str, use: Callable[[Actor], Awaitable[T]]
) -> T:
    """Connect as the user of a kubeconfig (None: of the cluster here), at home in a namespace. Raises Trouble."""
    from wherry.client.kubeconfig import load_kubeconfig
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.catalogue import NoCatalogue, client_authorities
    from wherry.method.contracts.reading import BrokenDocument
    from wherry.method.contracts.refusal import NotPossible
    from wherry.method.delivery.requester import requester

    async def acting(client: Client) -> T:
        known = load_kubeconfig(path or data_dir.kubeconfig, context=context)
        actor = Actor(
            client,
            namespace,
            await requester(client, known.user),
            known.client_identity,
            await client_authorities(client, known.ca_pem),
        )
        return await use(actor)

    try:
        return with_client(path, data_dir, acting, context=context)
    except NoCatalogue as error:
        raise Trouble(str(error), remedy="an administrator runs, once: wherry contract setup") from error
    except (NotPossible, BrokenDocument) as error:
        raise Trouble(str(error), remedy=error.remedy) from error


def desk_options(function: Callable[..., None]) -> Callable[..., None]:
    """--project, --in and --kubeconfig."""
    function = click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Who you are, and on which cluster; the environment's, if not given.",
    )(function)
    function = click.option("--in", "environment", help="The environment; the project's first one, if not named.")(
        function
    )
    return project_option(function)


def desk(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> Desk:
    """What the options say. Raises Trouble."""
    service = project_in(project)
    chosen = environment or next(iter(service.environments), "")
    return Desk(data_dir, service, understood(lambda: service.environment(chosen)), kubeconfig)


def desk_or_none(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> Desk | None:
    """The same where a project is of use and not needed; None outside of one. Raises Trouble."""
    from wherry.cli.delivery.stage import project_or_none

    return desk(data_dir, project, environment, kubeconfig) if environment or project_or_none(project) else None
