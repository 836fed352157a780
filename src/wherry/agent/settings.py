"""What a node's agent is told at the start: who it is, where its files live, what it may promise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """One node's settings.

    `data_dir` keeps what outlives a boot (volumes, logs), `run_dir` what does not. `capacity` overrides
    what the machine says, in Kubernetes' words (`{"cpu": "2", "memory": "4Gi"}`). `api_server_host` and
    `api_server_port` are what pods get as KUBERNETES_SERVICE_HOST and _PORT.
    """

    node_name: str
    data_dir: Path
    run_dir: Path
    node_ip: str
    pod_cidr: str = "10.244.0.0/24"
    capacity: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    max_pods: int = 110
    cluster_dns: str = "10.96.0.10"
    cluster_domain: str = "cluster.local"
    api_server_host: str = "10.96.0.1"
    api_server_port: int = 443
    ca_pem: str = ""
    kubelet_port: int = 10250
    kubelet_version: str = "v1.36.0"
    lease_period_s: float = 10.0
    lease_duration_s: int = 40
    # Nothing changes on a quiet node; five minutes is what the real kubelet takes (nodeStatusReportFrequency).
    status_period_s: float = 300.0
    log_max_bytes: int = 10 * 1024 * 1024
    log_max_files: int = 5

    @property
    def pods_dir(self) -> Path:
        """One directory per pod uid: its volumes and small files."""
        return self.data_dir / "pods"

    @property
    def logs_dir(self) -> Path:
        """One directory per pod: its containers' output."""
        return self.data_dir / "logs"
