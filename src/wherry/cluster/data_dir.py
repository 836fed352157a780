"""Where a cluster keeps its things, and what it is called.

One folder holds everything that lasts ($WHERRY_HOME, by default ~/.wherry); one folder under /run holds
what belongs to this boot of the machine (namespaces, sockets). Two clusters have two of each.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path

from wherry.kit.files import DamagedFile, write_atomically

RUN_ROOT = Path("/run/wherry")


@dataclass(frozen=True, slots=True)
class DataDir:
    """The paths of one cluster."""

    root: Path

    @property
    def kubeconfig(self) -> Path:
        """For kubectl and every other client."""
        return self.root / "kubeconfig"

    @property
    def socket(self) -> Path:
        """Where the masters answer commands of this machine's owner."""
        return self.root / "wherry.sock"

    @property
    def notices(self) -> Path:
        """What the masters have told their webhook."""
        return self.root / "notices.json"

    @property
    def map_places(self) -> Path:
        """Where people have put the services on the map."""
        return self.root / "map-places.json"

    @property
    def pid_file(self) -> Path:
        """The server's process id."""
        return self.root / "wherry.pid"

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self.root / "wherry.log"

    @property
    def identity_file(self) -> Path:
        """Id, port and address ranges."""
        return self.root / "cluster.json"

    @property
    def database(self) -> Path:
        """The masters' memory."""
        return self.root / "store" / "wherry.db"

    @property
    def pki(self) -> Path:
        """Keys and certificates."""
        return self.root / "pki"

    @property
    def images(self) -> Path:
        """Container images."""
        return self.root / "images"

    @property
    def node(self) -> Path:
        """The node's pods: volumes, logs, containers."""
        return self.root / "node"

    @property
    def volumes(self) -> Path:
        """The data of persistent volumes."""
        return self.root / "volumes"

    @property
    def users(self) -> Path:
        """The kubeconfigs of named users."""
        return self.root / "users"

    def user_kubeconfig(self, name: str) -> Path:
        """One of them."""
        return self.users / f"{name}.kubeconfig"

    def make(self) -> None:
        """Create the folders, for their owner only."""
        for folder in (self.root, self.database.parent, self.pki, self.images, self.node, self.volumes):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def delete(self) -> bool:
        """Remove all that Wherry has made here, and the folder when nothing else is in it: whether it is gone."""
        import shutil

        for folder in (self.database.parent, self.pki, self.images, self.node, self.volumes, self.users):
            if folder.exists():
                shutil.rmtree(folder)
        for file in (
            self.kubeconfig,
            self.socket,
            self.pid_file,
            self.log_file,
            self.identity_file,
            self.notices,
            self.map_places,
            self.root / ".lock",
        ):
            file.unlink(missing_ok=True)
        if any(self.root.iterdir()):
            return False
        self.root.rmdir()
        return True


@dataclass(frozen=True, slots=True)
class Identity:
    """What makes this cluster itself: chosen at the first start, kept for ever.

    `slot` numbers the clusters of one machine; the address ranges follow from it. `node_name` is what this machine
    was called then: it may get another host name, and its pods must still find their node. `real_node` and
    `simulated_nodes` are what the cluster runs on, as last asked for.
    """

    id: str
    slot: int
    port: int
    node_name: str = ""
    real_node: bool = True
    simulated_nodes: int = 0

    @property
    def pod_cidr(self) -> str:
        """Addresses of pods, for the whole cluster."""
        return f"10.{244 - self.slot}.0.0/16"

    @property
    def node_pod_cidr(self) -> str:
        """Addresses of this machine's pods."""
        return f"10.{244 - self.slot}.0.0/24"

    @property
    def service_cidr(self) -> str:
        """Addresses of Services."""
        return f"10.{96 + self.slot}.0.0/16"

    @property
    def api_service_ip(self) -> str:
        """Where pods reach the API server."""
        return f"10.{96 + self.slot}.0.1"

    @property
    def dns_service_ip(self) -> str:
        """Where pods ask for names."""
        return f"10.{96 + self.slot}.0.10"

    @property
    def run_dir(self) -> Path:
        """What lasts until the machine restarts."""
        return RUN_ROOT / self.id


def read_identity(data_dir: DataDir) -> Identity | None:
    """The cluster's identity, or None when it was never started. Raises DamagedFile."""
    path = data_dir.identity_file
    try:
        return _identity_from(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DamagedFile(
            path, str(error), f"put back a copy of {path}; it holds the cluster's id, address range and port"
        ) from error


def write_identity(data_dir: DataDir, identity: Identity) -> None:
    """Keep it."""
    write_atomically(data_dir.identity_file, json.dumps(asdict(identity)), mode=0o644)


def _identity_from(content: bytes) -> Identity:
    # By hand: every command reads this file, and importing what checks it by itself would cost 9 ms.
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("it holds no object")
    kinds = {"str": str, "int": int, "bool": bool}
    for field in fields(Identity):
        value = document.get(field.name, field.default)
        if value is MISSING or type(value) is not kinds[str(field.type)]:
            raise ValueError(f'"{field.name}" is missing, or of another kind')
    return Identity(**{field.name: document[field.name] for field in fields(Identity) if field.name in document})


def new_cluster_id() -> str:
    """Six hex digits: short enough for the name of a network interface."""
    import secrets

    return secrets.token_hex(3)
