from __future__ import annotations

from pathlib import Path

import pytest

from wherry.agent.machine_kind import MachineKind, Traces, machine_kind, read_traces

VIRTUAL = True


@pytest.mark.parametrize(
    ("traces", "kind"),
    [
        (Traces(VIRTUAL, "QEMU", "Standard PC (Q35 + ICH9, 2009)", "SeaBIOS"), ("virtual", "kvm")),
        (Traces(VIRTUAL, "Red Hat", "KVM", "SeaBIOS"), ("virtual", "kvm")),
        (Traces(VIRTUAL, "VMware, Inc.", "VMware Virtual Platform", "Phoenix"), ("virtual", "vmware")),
        (Traces(VIRTUAL, "Microsoft Corporation", "Virtual Machine", "Microsoft"), ("virtual", "hyper-v")),
        (Traces(False, "Microsoft Corporation", "Surface Laptop 4", "Microsoft"), ("physical", "")),
        (Traces(VIRTUAL, "Xen", "HVM domU", "Xen", hypervisor_type="xen"), ("virtual", "xen")),
        (Traces(VIRTUAL, has_xen_folder=True), ("virtual", "xen")),
        (Traces(VIRTUAL, "Dell Inc.", "R740", hypervisor_type="xen", is_xen_host=True), ("physical", "")),
        (Traces(VIRTUAL, "Amazon EC2", "m5.large", "Amazon EC2"), ("virtual", "nitro")),
        (Traces(False, "Amazon EC2", "m5.metal", "Amazon EC2"), ("physical", "")),
        (Traces(VIRTUAL, "Google", "Google Compute Engine", "Google"), ("virtual", "google")),
        (Traces(VIRTUAL, "innotek GmbH", "VirtualBox", "innotek GmbH"), ("virtual", "virtualbox")),
        (Traces(False, "LENOVO", "20XW00", "LENOVO"), ("physical", "")),
        (Traces(VIRTUAL, kernel="5.15.90.1-microsoft-standard-WSL2"), ("virtual", "wsl")),
        (Traces(False, kernel="4.4.0-19041-Microsoft"), ("virtual", "wsl")),
        (Traces(VIRTUAL, kernel="6.1.0"), ("virtual", "unknown")),
        (Traces(VIRTUAL, "QEMU", is_in_container=True), ("container", "")),
        (Traces(), ("physical", "")),
    ],
)
def test_each_sort_of_machine_is_known(traces: Traces, kind: tuple[str, str]) -> None:
    assert machine_kind(traces) == MachineKind(*kind)  # type: ignore[arg-type]  # the literals above


def test_the_traces_are_read_where_the_kernel_shows_them(tmp_path: Path) -> None:
    proc, dmi, run = tmp_path / "proc", tmp_path / "sys/class/dmi/id", tmp_path / "run"
    for folder in (proc / "sys/kernel", dmi, run):
        folder.mkdir(parents=True)
    (proc / "cpuinfo").write_text("processor : 0\nflags\t\t: fpu vme hypervisor lahf_lm\n")
    (proc / "sys/kernel/osrelease").write_text("6.1.0-13-amd64\n")
    (dmi / "sys_vendor").write_text("QEMU\n")
    found = read_traces(proc, dmi, run)
    assert (found.has_hypervisor_flag, found.vendor, found.product, found.is_in_container) == (True, "QEMU", "", False)
    assert machine_kind(found) == ("virtual", "kvm")
    (run / ".containerenv").touch()
    assert machine_kind(read_traces(proc, dmi, run)).sort == "container"


def test_a_machine_that_shows_nothing_is_no_error(tmp_path: Path) -> None:
    assert read_traces(tmp_path / "no", tmp_path / "a/b/c/d", tmp_path / "r") == Traces()
