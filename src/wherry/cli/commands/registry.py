"""All subcommands, in the order in which --help shows them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a subcommand lives and what it is for, in a line.

    `needs_root`: goes on through sudo for a user, unless the cluster has no real node. `twin`: nearly the same with
    kubectl, for `--teach`; commands that look at a cluster say it themselves, about what was asked.
    """

    module: str
    summary: str
    shown: bool = True
    needs_root: bool = False
    twin: str = ""


# Twins that are too long for their line.
APPLY = "kubectl apply -k deploy/overlays/dev"
PROOFS = "kubectl get proofs -A"
CONFIG = "kubectl config view --minify"

COMMANDS: dict[str, Entry] = {
    "up": Entry("wherry.cli.commands.up", "Start the cluster; returns when its nodes are ready.", needs_root=True),
    "down": Entry("wherry.cli.commands.down", "Stop the cluster and leave the machine as it was.", needs_root=True),
    "status": Entry("wherry.cli.commands.status", "Is it running, and how is it?"),
    "demo": Entry("wherry.cli.commands.demo", "Play the whole story, or a journey of your own service."),
    "tour": Entry("wherry.cli.commands.tour", "What all of this is, shown on your own cluster."),
    "picture": Entry("wherry.cli.commands.picture", "The cluster as boxes in boxes: nodes, pods, containers."),
    "next": Entry("wherry.cli.commands.next", "What is wanted, what is, and what comes next."),
    "model": Entry("wherry.cli.commands.model", "The system now and next, drawn from model.yaml and the cluster."),
    "open": Entry("wherry.cli.commands.open", "See the cluster in a browser: a link that works once."),
    "story": Entry("wherry.cli.commands.story", "What the masters saw, did and why."),
    "notify": Entry("wherry.cli.commands.notify", "Tell a webhook when something needs help, and when it is over."),
    "changes": Entry("wherry.cli.commands.changes", "What changed between two moments, and who did it?"),
    "mark": Entry("wherry.cli.commands.mark", "Remember this moment: the last review, the last demo."),
    "why": Entry("wherry.cli.commands.why", "Why is this thing as it is? (wherry why pod/web-1)"),
    "what-if": Entry("wherry.cli.commands.what_if", "What would happen if? Tried on a copy; nothing is changed."),
    "show": Entry("wherry.cli.commands.show", "All about one thing, in words."),
    "logs": Entry("wherry.cli.commands.logs", "What a program says."),
    "shell": Entry("wherry.cli.commands.shell", "Go into a container and look around."),
    "word": Entry("wherry.cli.commands.word", "What does this word mean? (wherry word pod)"),
    "new": Entry("wherry.cli.commands.new", "Make a service: code, database, tests, three environments."),
    "timebox": Entry(
        "wherry.cli.commands.timebox", "How far is the walking skeleton, by evidence?", twin="kubectl get timeboxes -A"
    ),
    "build": Entry("wherry.cli.commands.build", "From a commit to an image.", needs_root=True),
    "release": Entry("wherry.cli.commands.release", "An image with an environment's configuration.", needs_root=True),
    "run": Entry(
        "wherry.cli.commands.run",
        "Run a release, and wait until it is ready.",
        twin="kubectl apply -k deploy/overlays/dev",
    ),
    "promote": Entry(
        "wherry.cli.commands.promote",
        "The same image for the next environment, and run it.",
        needs_root=True,
        twin=APPLY,
    ),
    "rollback": Entry(
        "wherry.cli.commands.rollback", "Run the release before again.", twin="kubectl rollout undo deployment/NAME"
    ),
    "releases": Entry(
        "wherry.cli.commands.releases",
        "All releases: where each runs, since when, by whom.",
        twin="kubectl get releases -A",
    ),
    "push": Entry("wherry.cli.commands.push", "A release's images to their registry.", needs_root=True),
    "export": Entry("wherry.cli.commands.export", "A release as one file, for any cluster.", needs_root=True),
    "import": Entry("wherry.cli.commands.import_", "Take over a release from a file.", needs_root=True),
    "dev": Entry("wherry.cli.commands.dev", "Build, release and run at every change.", needs_root=True),
    "done": Entry(
        "wherry.cli.commands.done",
        "Is the release done? The board, and the gate: exit code 0 or 1.",
        twin=PROOFS,
    ),
    "waive": Entry("wherry.cli.commands.waive", "Do without a criterion for a while: who, why, until when."),
    "meaning": Entry("wherry.cli.commands.meaning", "What does a factor mean, to everybody and to your team?"),
    "report": Entry("wherry.cli.commands.report", "The board as one file: a page, Markdown, CSV, JUnit, OpenReports."),
    "prove": Entry(
        "wherry.cli.commands.prove",
        "Try the factors on a twin of the release, and keep the proofs.",
        twin=PROOFS,
    ),
    "check": Entry("wherry.cli.commands.check", "The twelve factors, as far as reading can tell: seconds, no cluster."),
    "image": Entry("wherry.cli.commands.image", "Build, import, list and remove container images.", needs_root=True),
    "contract": Entry("wherry.cli.commands.contract", "What services promise each other, and whether it holds."),
    "breaks": Entry(
        "wherry.cli.commands.breaks", "Who would this change of a contract break?", twin="kubectl get needs -A"
    ),
    "kubectl": Entry("wherry.cli.commands.kubectl", "The real kubectl, pointed at this cluster."),
    "kubeconfig": Entry("wherry.cli.commands.kubeconfig", "Where other tools find this cluster.", twin=CONFIG),
    "user": Entry("wherry.cli.commands.user", "Named users: a certificate and a kubeconfig for each."),
    "doctor": Entry("wherry.cli.commands.doctor", "Check this machine and say what is missing."),
    "completion": Entry("wherry.cli.commands.completion", "Completes commands at the Tab key: bash, zsh, fish."),
    "teardown": Entry(
        "wherry.cli.commands.teardown", "Clear the machine (what down does as root).", shown=False, needs_root=True
    ),
    "server": Entry("wherry.cli.commands.server", "Run the cluster in the foreground.", shown=False, needs_root=True),
}
