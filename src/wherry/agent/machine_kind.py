"""What sort of machine a node is: a physical one, a virtual one (and of whose making), or a container.

    read_traces() ──> Traces ──> machine_kind(traces)      pure: tested with what real machines show

The firmware's words (DMI) name the maker; the processor's flag `hypervisor` says that there is one at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from wherry.api.core.node import HYPERVISOR_LABEL, MACHINE_LABEL

DMI = Path("/sys/class/dmi/id")
# Metal machines of Amazon have the same vendor as its virtual ones, and no hypervisor.
MAKERS: tuple[tuple[str, str], ...] = (
    ("amazon ec2", "nitro"),
    ("vmware", "vmware"),
    ("innotek gmbh", "virtualbox"),
    ("virtualbox", "virtualbox"),
    ("google compute engine", "google"),
    ("openstack", "kvm"),
    ("kvm", "kvm"),
    ("qemu", "kvm"),
    ("bochs", "kvm"),
    ("xen", "xen"),
    ("parallels", "parallels"),
    ("apple virtualization", "apple"),
    ("firecracker", "firecracker"),
)
# Microsoft makes laptops too: only this product is a virtual machine.
MICROSOFT = ("microsoft corporation", "virtual machine")

Sort = Literal["physical", "virtual", "container"]


@dataclass(frozen=True, slots=True)
class Traces:
    """What a machine shows of itself. Texts are "" where there is nothing to read."""

    has_hypervisor_flag: bool = False
    vendor: str = ""
    product: str = ""
    bios: str = ""
    kernel: str = ""
    hypervisor_type: str = ""
    has_xen_folder: bool = False
    is_xen_host: bool = False
    is_in_container: bool = False


class MachineKind(NamedTuple):
    """The sort, and whose virtual machine it is ("" for none, "unknown" for one of nobody we know)."""

    sort: Sort
    hypervisor: str = ""


def machine_kind(traces: Traces) -> MachineKind:
    """Judge."""
    if traces.is_in_container:
        return MachineKind("container", "wsl" if _is_wsl(traces) else "")
    if _is_wsl(traces):
        return MachineKind("virtual", "wsl")
    if traces.is_xen_host:
        return MachineKind("physical")
    if traces.hypervisor_type == "xen" or (traces.has_xen_folder and not traces.vendor):
        return MachineKind("virtual", "xen")
    maker = _maker(traces)
    if maker == "nitro" and not traces.has_hypervisor_flag and traces.product.endswith(".metal"):
        return MachineKind("physical")
    if maker:
        return MachineKind("virtual", maker)
    return MachineKind("virtual", "unknown") if traces.has_hypervisor_flag else MachineKind("physical")


def machine_labels(kind: MachineKind) -> dict[str, str]:
    """The node's labels that say it."""
    maker = {HYPERVISOR_LABEL: kind.hypervisor} if kind.hypervisor else {}
    return {MACHINE_LABEL: kind.sort, **maker}


def _is_wsl(traces: Traces) -> bool:
    kernel = traces.kernel.lower()
    return "microsoft" in kernel and ("wsl" in kernel or kernel.endswith("-microsoft"))


def _maker(traces: Traces) -> str:
    vendor, product = traces.vendor.lower(), traces.product.lower()
    if vendor.startswith(MICROSOFT[0]) and product.startswith(MICROSOFT[1]):
        return "hyper-v"
    words = f"{vendor} {product} {traces.bios.lower()}"
    return next((maker for word, maker in MAKERS if word in words), "")


def read_traces(proc: Path = Path("/proc"), dmi: Path = DMI, run: Path = Path("/run")) -> Traces:
    """Look at this machine."""
    flags = next((line for line in _read(proc / "cpuinfo").splitlines() if line.startswith(("flags", "Features"))), "")
    container = _read(run / "systemd/container") or ("docker" if (run.parent / ".dockerenv").exists() else "")
    return Traces(
        has_hypervisor_flag="hypervisor" in flags.split(),
        vendor=_read(dmi / "sys_vendor"),
        product=_read(dmi / "product_name"),
        bios=_read(dmi / "bios_vendor"),
        kernel=_read(proc / "sys/kernel/osrelease"),
        hypervisor_type=_read(dmi.parents[2] / "hypervisor/type"),
        has_xen_folder=(proc / "xen").is_dir(),
        is_xen_host="control_d" in _read(proc / "xen/capabilities"),
        is_in_container=bool(container) or (run / ".containerenv").exists(),
    )


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip("\0\n ")
    except OSError:
        return ""
