"""Who acts on contracts, and in which environment: a project, a cluster, a user."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from wherry.api.core.namespace import NAMESPACES
from wherry.apimachinery.errors import NotFound
from wherry.cli.connection import with_client
from wherry.cli.contract_words import project_in, project_option, understood
from wherry.cli.delivery.stage import project_or_none
from wherry.cli.look import chosen_kubeconfig
from wherry.cli.output import Trouble
from wherry.cli.troubles import known
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir
from wherry.method.project import Environment, Project, ProjectFile

if TYPE_CHECKING:
    from wherry.method.contracts.acting import Actor

T = TypeVar("T")
CONTEXT = "wherry.context"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command about contracts works."""

    data_dir: DataDir
    project: Project
    environment: Environment
    kubeconfig: Path | None
    context: str = ""

    @property
    def place(self) -> tuple[Path | None, str]:
        """The kubeconfig (None: that of this machine's cluster) and the context in it."""
        environment = self.environment
        if self.kubeconfig is not None:
            return self.kubeconfig, self.context
        if environment.kubeconfig:
            return self.project.root / Path(environment.kubeconfig).expanduser(), self.context or environment.context
        return chosen_kubeconfig(None, self.data_dir), self.context or environment.context

    @property
    def kubectl_options(self) -> tuple[str, ...]:
        """What points the real kubectl at the same cluster."""
        path, context = self.place
        return (
            f"--kubeconfig={path or self.data_dir.kubeconfig}",
            *((f"--context={context}",) if context else ()),
        )

    def act(self, use: Callable[[Actor], Awaitable[T]]) -> T:
        """Connect as the user of the kubeconfig, and tell what goes wrong in sentences."""
        path, context = self.place
        return act_as(self.data_dir, path, context, self.environment.namespace, self.at_home(use))

    def at_home(self, use: Callable[[Actor], Awaitable[T]]) -> Callable[[Actor], Awaitable[T]]:
        """The same, and who finds no namespace there hears what makes it."""

        async def used(actor: Actor) -> T:
            try:
                return await use(actor)
            except NotFound as error:
                if (error.kind, error.name) != (NAMESPACES.plural, actor.namespace):
                    raise
                project = self.project
                names = [one for one in project.environments if project.environment(one) == self.environment]
                raise known(
                    "W0307", service=project.name, environment=next(iter(names)), namespace=actor.namespace
                ) from error

        return used


def act_as(
    data_dir: DataDir, path: Path | None, context: str, namespace: str, use: Callable[[Actor], Awaitable[T]]
) -> T:
    """Connect as the user of a kubeconfig (None: of the cluster here), at home in a namespace. Raises Trouble."""
    from wherry.client.kubeconfig import load_kubeconfig
    from wherry.method.contracts.acting import Actor
    from wherry.method.contracts.catalogue import NoCatalogue, NothingPublished, client_authorities
    from wherry.method.contracts.reading import BrokenDocument
    from wherry.method.contracts.refusal import NotPossible
    from wherry.method.delivery.requester import requester

    async def acting(client: Client) -> T:
        read = load_kubeconfig(path or data_dir.kubeconfig, context=context)
        actor = Actor(
            client,
            namespace,
            await requester(client, read.user),
            read.client_identity,
            await client_authorities(client, read.ca_pem),
        )
        return await use(actor)

    try:
        return with_client(path, data_dir, acting, context=context)
    except NothingPublished as error:
        raise known("W0309", what=str(error), do="wherry contract expose     (in the folder of a service)") from error
    except NoCatalogue as error:
        raise Trouble(str(error), remedy="an administrator runs, once: wherry contract setup") from error
    except (NotPossible, BrokenDocument) as error:
        raise Trouble(str(error), remedy=error.remedy) from error


def desk_options(function: Callable[..., None]) -> Callable[..., None]:
    """--project, --in, --kubeconfig and --context; `desk` asks for the last one itself."""
    function = click.option(
        "--context",
        default="",
        expose_value=False,
        callback=_keep_context,
        help="One of the kubeconfig's contexts (default: its current one).",
    )(function)
    function = click.option(
        "--kubeconfig",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Who you are, and on which cluster; the environment's, if not given.",
    )(function)
    function = click.option("--in", "environment", help="The environment; the project's first one, if not named.")(
        function
    )
    return project_option(function)


def _keep_context(ctx: click.Context, _parameter: click.Parameter, value: str) -> None:
    ctx.meta[CONTEXT] = value


def desk(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> Desk:
    """What the options say. Raises Trouble."""
    service = project_in(project)
    chosen = environment or next(iter(service.environments), "")
    return Desk(data_dir, service, understood(lambda: service.environment(chosen)), kubeconfig, _context())


def desk_or_none(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> Desk | None:
    """The same where a project is of use and not needed; None outside of one. Raises Trouble."""
    return desk(data_dir, project, environment, kubeconfig) if environment or project_or_none(project) else None


def desk_anywhere(data_dir: DataDir, project: Path, environment: str | None, kubeconfig: Path | None) -> Desk:
    """The same for a command that is about a cluster and no service: outside of a service there is a desk too."""
    found = desk_or_none(data_dir, project, environment, kubeconfig)
    nobody = Project(project, ProjectFile(name="", environments={}))
    return found or Desk(data_dir, nobody, Environment(overlay="", namespace="default"), kubeconfig, _context())


def chosen_place(data_dir: DataDir, kubeconfig: Path | None) -> tuple[Path | None, str]:
    """The kubeconfig and the context that somebody means who is in no project."""
    return chosen_kubeconfig(kubeconfig, data_dir), _context()


def _context() -> str:
    ctx = click.get_current_context(silent=True)
    return str(ctx.meta.get(CONTEXT, "")) if ctx is not None else ""
