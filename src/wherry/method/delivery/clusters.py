"""The clusters of a project's environments: this one, or whichever a kubeconfig names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from wherry.client.client import Client
from wherry.client.http_transport import Http
from wherry.client.kubeconfig import KubeconfigError, load_kubeconfig, transport_from_kubeconfig
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.project import Environment, Project


@dataclass
class Clusters:
    """Connections by kubeconfig and context, opened when first needed and closed with this object.

    `own` and `own_context` are the cluster of every environment that wherry.toml places nowhere; `this_machine` is the
    kubeconfig of the cluster whose nodes have this machine's images.
    """

    own: Path
    own_context: str = ""
    this_machine: Path | None = None
    _open: dict[tuple[Path, str], tuple[Http, Client]] = field(default_factory=dict)

    def client(self, project: Project | None = None, environment: Environment | None = None) -> Client:
        """A client for an environment's cluster; without one for this machine's. Raises CannotDeliver."""
        path, context = self._place(project, environment)
        if (path, context) not in self._open:
            self._open[path, context] = self._connect(path, context)
        return self._open[path, context][1]

    def others(self, project: Project, environment: Environment) -> tuple[str, ...]:
        """Environments of the project on other clusters than this one's: the first on each."""
        mine = self._place(project, environment)
        found: dict[tuple[Path, str], str] = {}
        for name in project.environments:
            place = self._place(project, project.environment(name))
            if place != mine:
                found.setdefault(place, name)
        return tuple(found.values())

    def kubectl_options(self, project: Project, environment: Environment) -> tuple[str, ...]:
        """The options that point the real kubectl at an environment's cluster."""
        path, context = self._place(project, environment)
        return (f"--kubeconfig={path}", *((f"--context={context}",) if context else ()))

    def authority(self, project: Project, environment: Environment) -> bytes:
        """The certificate of the authority that an environment's kubeconfig trusts; b"" for none."""
        path, context = self._place(project, environment)
        try:
            return load_kubeconfig(path, context=context).ca_pem
        except (KubeconfigError, OSError):
            return b""

    def is_elsewhere(self, project: Project | None = None, environment: Environment | None = None) -> bool:
        """Whether the environment is on another cluster than this machine's, so that its nodes lack our images."""
        path, context = self._place(project, environment)
        here = self.this_machine or self.own
        if path == here and not context:
            return False
        try:
            there, ours = load_kubeconfig(path, context=context), load_kubeconfig(here)
        except (KubeconfigError, OSError):
            return True
        return (there.server, there.ca_pem) != (ours.server, ours.ca_pem)

    def _place(self, project: Project | None, environment: Environment | None) -> tuple[Path, str]:
        if environment is None:
            return self.own, self.own_context
        if not environment.kubeconfig:
            return self.own, environment.context or self.own_context
        path = Path(environment.kubeconfig).expanduser()
        return (project.root / path if project is not None else path), environment.context

    def _connect(self, path: Path, context: str) -> tuple[Http, Client]:
        if not path.exists():
            where = "wherry up" if path == self.own else "correct `kubeconfig` in wherry.toml"
            raise CannotDeliver(f"there is no cluster: {path} does not exist", where, 3)
        try:
            transport = transport_from_kubeconfig(path, context=context)
        except (KubeconfigError, OSError) as error:
            raise CannotDeliver(f"the kubeconfig {path} cannot be used: {error}", "correct it", 3) from error
        return transport, Client(transport, user_agent="wherry")

    async def __aenter__(self) -> Clusters:
        """Nothing is opened yet."""
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close all connections."""
        for transport, _ in self._open.values():
            await transport.close()
