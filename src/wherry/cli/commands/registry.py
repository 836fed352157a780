"""All subcommands, in the order in which --help shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand lives and what it is for, in a line."""

    module: str
    summary: str
    shown: bool = True


COMMANDS: dict[str, Entry] = {
    "up": Entry("wherry.cli.commands.up", "Start the cluster; returns when its node is ready."),
    "down": Entry("wherry.cli.commands.down", "Stop the cluster and leave the machine as it was."),
    "status": Entry("wherry.cli.commands.status", "Is it running, and how is it?"),
    "demo": Entry("wherry.cli.commands.demo", "Play the whole story with a real application."),
    "story": Entry("wherry.cli.commands.story", "What the masters saw, did and why."),
    "why": Entry("wherry.cli.commands.why", "Why is this thing as it is? (wherry why pod/web-1)"),
    "image": Entry("wherry.cli.commands.image", "Build, import, list and remove container images."),
    "kubectl": Entry("wherry.cli.commands.kubectl", "The real kubectl, pointed at this cluster."),
    "kubeconfig": Entry("wherry.cli.commands.kubeconfig", "Where other tools find this cluster."),
    "doctor": Entry("wherry.cli.commands.doctor", "Check this machine and say what is missing."),
    "teardown": Entry("wherry.cli.commands.teardown", "Clear the machine (what down does as root).", shown=False),
    "server": Entry("wherry.cli.commands.server", "Run the cluster in the foreground.", shown=False),
}
