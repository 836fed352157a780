"""What `wherry up` asks for; whatever is left open stays as it was, or as it is by default."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.cluster.data_dir import DataDir, read_identity

SIMULATED_NODES_MAX = 10_000
"""A heartbeat of each every ten seconds: so many take a good part of one core."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One start's wishes; None: as before."""

    port: int | None = None
    bind: str = "127.0.0.1"
    real_node: bool | None = None
    simulated_nodes: int | None = None

    def to_arguments(self) -> list[str]:
        """As arguments of `wherry up` and `wherry server`."""
        arguments = ["--bind", self.bind]
        if self.port is not None:
            arguments += ["--port", str(self.port)]
        if self.real_node is not None:
            arguments.append("--real-node" if self.real_node else "--no-real-node")
        if self.simulated_nodes is not None:
            arguments += ["--simulated-nodes", str(self.simulated_nodes)]
        return arguments


def has_real_node(data_dir: DataDir, arguments: list[str]) -> bool:
    """Whether this machine is a node of the cluster, as the command line says, or else as it was before."""
    if "--no-real-node" in arguments or "--real-node" in arguments:
        return "--real-node" in arguments
    try:
        identity = read_identity(data_dir)
    except PermissionError:
        return True
    return identity is None or identity.real_node
