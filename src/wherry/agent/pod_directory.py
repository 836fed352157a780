"""A pod's small files on the node: its hosts file, its containers' last words, its address, its logs.

pods/<uid>/etc-hosts  etc-hostname  resolv.conf  address
           containers/<container>/<attempt>        what the program left at terminationMessagePath
           volumes/  volume-subpaths/              (volumes/pod_volumes.py)
logs/<namespace>_<pod>_<uid>/<container>/<attempt>.log
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from wherry.agent.log_files import LogFiles
from wherry.agent.pod_files import ClusterDns, hostname_of, hosts_file, resolv_conf
from wherry.api.core.container import Container
from wherry.api.core.pod import Pod
from wherry.kit.files import write_atomically
from wherry.runtime.interface import Mount

# Kubernetes' limits for last words: from the file, and from the log instead.
MESSAGE_BYTES_MAX = 4096
LOG_MESSAGE_BYTES_MAX = 2048
LOG_MESSAGE_LINES_MAX = 80
DEFAULT_MESSAGE_PATH = "/dev/termination-log"


@dataclass(frozen=True, slots=True)
class PodDirectory:
    """One pod's files. `root` is below the agent's pods directory."""

    root: Path
    logs: LogFiles
    machine_hosts: Path = Path("/etc/hosts")
    machine_resolv_conf: Path = Path("/etc/resolv.conf")

    def known_address(self) -> str:
        """The pod's address as of the last start of its sandbox, or ""."""
        try:
            return (self.root / "address").read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return ""

    def write_network_files(self, pod: Pod, pod_ip: str, dns: ClusterDns) -> None:
        """Write what depends on the pod's address. Containers see a change, since it is made in place."""
        self.root.mkdir(parents=True, exist_ok=True)
        hosts = hosts_file(pod, pod_ip, dns.domain, _read(self.machine_hosts))
        _write(self.root / "etc-hosts", hosts)
        _write(self.root / "etc-hostname", hostname_of(pod) + "\n")
        _write(self.root / "resolv.conf", resolv_conf(pod, dns, _read(self.machine_resolv_conf)))
        write_atomically(self.root / "address", pod_ip, fsync=False)

    def prepare_mounts(self, pod: Pod, container: Container, attempt: int) -> list[Mount]:
        """The mounts that every container has, but where it mounts something there itself."""
        message = self._message_file(container, attempt)
        message.parent.mkdir(parents=True, exist_ok=True)
        message.touch()
        message.chmod(0o666)  # whatever user the program runs as
        wanted = {
            "/etc/hosts": self.root / "etc-hosts",
            "/etc/hostname": self.root / "etc-hostname",
            "/etc/resolv.conf": self.root / "resolv.conf",
            container.termination_message_path or DEFAULT_MESSAGE_PATH: message,
        }
        if pod.spec.host_network:
            del wanted["/etc/hostname"]
        own = {mount.mount_path for mount in container.volume_mounts}
        return [Mount(path, target) for target, path in wanted.items() if target not in own]

    def last_words(self, container: Container, attempt: int, exit_code: int, log_path: Path) -> str:
        """What an ended program left as its message, by the container's terminationMessagePolicy."""
        try:
            with self._message_file(container, attempt).open("rb") as stream:
                data = stream.read(MESSAGE_BYTES_MAX)
        except OSError:
            data = b""
        if not data and exit_code and container.termination_message_policy == "FallbackToLogsOnError":
            data = self.logs.last_lines(log_path, LOG_MESSAGE_LINES_MAX, LOG_MESSAGE_BYTES_MAX)
        return data.decode("utf-8", "replace")

    def forget_attempt(self, container: str, attempt: int) -> None:
        """Remove the message file of a run that is over."""
        (self.root / "containers" / container / str(attempt)).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove the pod's directory. Volumes must be unmounted. Safe to call twice."""
        if self.root.exists():
            shutil.rmtree(self.root)

    def _message_file(self, container: Container, attempt: int) -> Path:
        return self.root / "containers" / container.name / str(attempt)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _write(path: Path, text: str) -> None:
    # Not by rename: a file that is mounted into a container must stay the same file.
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
