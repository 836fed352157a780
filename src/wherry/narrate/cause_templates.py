"""The sentences of `wherry why`: causes, what would help, who changed what, and known ways to crash."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from wherry.narrate.templates import Template, fine, wrong

ANSWERS: Mapping[str, Template] = {
    "stopping": fine("Pod {pod} is being stopped: its containers have time to finish what they do."),
    "choosing": fine("Pod {pod} waits for the scheduler to choose a node."),
    "gated": wrong(
        "Pod {pod} waits because a gate holds it back: {gates}.", "Ask whoever set the gate to take it away"
    ),
    "no-node": wrong("Pod {pod} waits: no node can take it. {message}", "wherry picture"),
    "ended-by-node": wrong("Pod {pod} has failed: {reason} - {message}.", "wherry story {pod}"),
    "done": fine("Pod {pod} has done its work: every container ended with exit code 0."),
    "unready": wrong(
        "Pod {pod} runs on {node}, but gets no requests yet: {containers} is not ready.",
        "See what it says: kubectl -n {namespace} logs {pod} -c {first}",
    ),
    "held-back": wrong(
        "Pod {pod} runs on {node}, but gets no requests: a gate outside of it says not ready. {message}",
        "wherry show {pod}",
    ),
    "node-lost": wrong(
        "Pod {pod} gets no requests: {node} does not report, so nobody knows how it is.",
        "wherry why node/{node}",
    ),
    "fine": fine("Pod {pod} is fine: it runs on {node} and is ready."),
    "prepared": fine("Pod {pod} is {phase} on {node}: it is being prepared."),
    "troubled": wrong("Pod {pod} is on {node} but does not run as it should{restarts}.", "wherry story {pod}"),
    "as-wanted": fine("{kind} {name} is as wanted: {ready} of {wanted} pods are ready."),
    "not-as-wanted": wrong(
        "{kind} {name} is not yet as wanted: {ready} of {wanted} pods are ready.", "wherry show {name}"
    ),
    "as-wanted-paused": wrong(
        "{kind} {name} is as wanted: {ready} of {wanted} pods are ready. Its rollout pauses until somebody resumes it.",
        "wherry kubectl rollout resume {resource}/{name} -n {namespace}",
    ),
    "unseen": wrong(
        "{kind} {name} has changed, and its controller has not seen that yet: {ready} of {wanted} pods are ready.",
        "wherry status",
    ),
    "rollout-on-its-way": wrong(
        "A new version of {kind} {name} is on its way: {updated} of {wanted} pods are of it, "
        "{ready} of {wanted} pods are ready.",
        "wherry story -f {name}",
    ),
    "rollout-stuck": wrong(
        "The new version of {kind} {name} is stuck: {why}. {updated} of {wanted} pods are of it, "
        "{ready} of {wanted} pods are ready.",
        "wherry kubectl rollout undo {resource}/{name} -n {namespace}",
    ),
    "rollout-paused": wrong(
        "The rollout of {kind} {name} pauses: {updated} of {wanted} pods are of the new version, "
        "{ready} of {wanted} pods are ready.",
        "wherry kubectl rollout resume {resource}/{name} -n {namespace}",
    ),
    "rollout-by-hand": wrong(
        "A new version of {kind} {name} waits for you: {updated} of {wanted} pods are of it. "
        "An old pod is replaced only when somebody deletes it.",
        "Delete its old pods one after the other: kubectl -n {namespace} delete pod NAME",
    ),
    "pod-in-the-way": wrong("{pod} does not run as it should: {reason}", "wherry why pod/{pod}"),
    "node-ready": fine("Node {name} is ready and runs pods."),
    "node-not-ready": wrong("Node {name} says that it is not ready.", "wherry story {name}"),
    "node-silent": wrong("Node {name} does not report: the masters cannot tell how it is.", "wherry story {name}"),
    "exists": fine("{kind} {name} exists."),
    "by-conditions": fine("{kind} {name}, by its own conditions:"),
    "probe": fine("{container} counts as ready when its readiness probe succeeds."),
}

CHAIN: Mapping[str, Template] = {
    "wrote": fine("{manager} wrote {what}{tool}: {fields}."),
    "changed": fine("{manager} changed {what}{tool}: {fields}."),
    "made-for": fine("{kind} {owner} wants {what}, so its controller made it."),
    "gone": fine("How it came to be is told no more: events live for an hour."),
    "scored": fine("{node} came first with {total} points, then {others}."),
    "points": fine("{node} has {points}."),
    "left-out": fine("{nodes} left out: {reasons}."),
    "ready": fine("{pod} is ready and gets requests."),
    "unready": wrong("{pod} is not ready, so it gets no requests.", "wherry show {pod}"),
}

# Why a node does not take a pod: what is said of it, whether it can change by itself, and what would help.
NODES: Mapping[str, Template] = {
    "too-small": wrong(
        "{node}: never, it has {has} {resource} in all and the pod asks for {wants}",
        "Ask for less {resource}, or add a larger node",
    ),
    "too-full": wrong(
        "{node}: not yet, {left} {resource} is left and the pod asks for {wants}",
        "Wait until other pods end, ask for less {resource}, or add a node",
    ),
    "no-places": wrong("{node}: not yet, it has as many pods as it may", "Add a node, or scale something down"),
    "closed": wrong("{node}: not yet, somebody closed it for new pods", "wherry kubectl uncordon {node}"),
    "tainted": wrong(
        "{node}: never, it keeps away pods without a toleration for {taint}",
        "Give the pod a toleration for {taint}, or take the taint away",
    ),
    "other-labels": wrong(
        "{node}: never, it lacks the labels that the pod asks for: {labels}",
        "wherry kubectl label node {node} {labels}",
    ),
    "affinity": wrong(
        "{node}: never, it is none of the nodes that the pod's affinity allows", "Change the pod's affinity"
    ),
    "other-name": wrong(
        "{node}: never, the pod asks for another node by name", "Take the name of the node out of the pod"
    ),
    "ports-taken": wrong(
        "{node}: not yet, another pod uses a port that this one asks for", "Use another port, or a service"
    ),
    "volume-elsewhere": wrong("{node}: never, the pod's volume is on another node", "Add room on the volume's node"),
    "volume-missing": wrong("{node}: not yet, no volume there fits the pod's claim", "wherry kubectl get pvc"),
    "down": wrong("{node}: not yet, it does not report", "wherry why node/{node}"),
    "other": wrong("{node}: {reason}", "wherry show node/{node}"),
}

# The scheduler's own reasons, in the words of Kubernetes, and which of the sentences above says them.
SCHEDULER_REASONS: tuple[tuple[str, str], ...] = (
    ("Too many pods", "no-places"),
    ("node(s) were unschedulable", "closed"),
    ("node(s) didn't match Pod's node affinity/selector", "affinity"),
    ("node(s) didn't match the requested node name", "other-name"),
    ("node(s) didn't have free ports", "ports-taken"),
    ("node(s) had volume node affinity conflict", "volume-elsewhere"),
    ("node(s) didn't match PersistentVolume's node affinity", "volume-elsewhere"),
    ("node(s) didn't find available persistent volumes", "volume-missing"),
)


# What the scheduler compares nodes by, as in "90 points for {this}".
SCORES: Mapping[str, Template] = {
    "NodeResourcesFit": fine("room that stays free"),
    "NodeResourcesBalancedAllocation": fine("processors and memory that fill up alike"),
    "ImageLocality": fine("images that are there already"),
    "NodeAffinity": fine("labels that the pod would like"),
    "TaintToleration": fine("taints that do not keep the pod away"),
}

# Why it left a node out, as in "2 nodes left out: {this} (node-1, node-2)"; by the beginning of its own words.
LEFT_OUT: Mapping[str, Template] = {
    "Insufficient ": fine("no room for {rest}"),
    "Too many pods": fine("as many pods as there may be"),
    "node(s) were unschedulable": fine("closed for new pods"),
    "node(s) had untolerated taint": fine("a taint keeps pods away{rest}"),
    "node(s) didn't match Pod's node affinity/selector": fine("other labels than the pod asks for"),
    "node(s) didn't match the requested node name": fine("the pod asks for another node by name"),
    "node(s) didn't have free ports": fine("another pod uses its port"),
    "node(s) had volume node affinity conflict": fine("the pod's volume is on another node"),
    "node(s) didn't match PersistentVolume's node affinity": fine("the pod's volume is on another node"),
    "node(s) didn't find available persistent volumes": fine("no volume there fits the pod's claim"),
}


class CrashPattern(NamedTuple):
    """A known way to crash: what the last words look like (a regular expression), and what it most likely means."""

    looks_like: str
    likely: Template


CRASHES: tuple[CrashPattern, ...] = (
    CrashPattern(
        r"KeyError: '(?P<name>[A-Z][A-Z0-9_]+)'",
        wrong("A setting is missing: the program reads {name}, and nothing gives it a value.", "Set {name} for it"),
    ),
    CrashPattern(
        r"(?i:environment variable|environment|env|setting|variable)\W+(?P<name>[A-Z][A-Z0-9_]+)\W+.*"
        r"(?:not set|missing|required|undefined|unset)",
        wrong("A setting is missing: the program reads {name}, and nothing gives it a value.", "Set {name} for it"),
    ),
    CrashPattern(
        r"(?P<name>[A-Z][A-Z0-9_]{2,}) (?:is|was|must be) (?:not set|required|missing|undefined|set)",
        wrong("A setting is missing: the program reads {name}, and nothing gives it a value.", "Set {name} for it"),
    ),
    CrashPattern(
        r"(?:No module named|Cannot find module|cannot load such file --) ['\"]?(?P<name>[\w./@-]+)",
        wrong("The image lacks {name}, which the program needs.", "Add {name} to the image and build it again"),
    ),
    CrashPattern(
        r"(?i)address already in use|EADDRINUSE",
        wrong("Two programs of the pod want the same port.", "Give one of them another port"),
    ),
    CrashPattern(
        r"(?i)(?:could not translate host name|getaddrinfo \w+) [\"']?(?P<name>[\w.-]+)",
        wrong("The program calls a name that does not exist here: {name}", "wherry show {name}"),
    ),
    CrashPattern(
        r"lookup (?P<name>[\w.-]+?)\.?:? .*no such host",
        wrong("The program calls a name that does not exist here: {name}", "wherry show {name}"),
    ),
    CrashPattern(
        r"(?i)Name or service not known|name resolution|no such host",
        wrong("The program calls a name that does not exist here.", "wherry word service"),
    ),
    CrashPattern(
        r"(?i)connection refused|ECONNREFUSED",
        wrong("What the program depends on does not answer.", "wherry next"),
    ),
    CrashPattern(
        r"(?i)(?:password|authentication) (?:authentication )?failed|access denied for user",
        wrong("The program has the wrong password for what it calls.", "Compare the secret with what is expected"),
    ),
    CrashPattern(
        r"(?i)read-only file system|EROFS",
        wrong("The program writes where it may only read.", "Give it a volume for what it writes"),
    ),
    CrashPattern(
        r"(?i)no space left on device|ENOSPC",
        wrong("There is no room left on the disk.", "Free some, or give it a larger volume"),
    ),
    CrashPattern(
        r"(?i)exec format error",
        wrong("The image is for another kind of processor.", "Build the image for this machine"),
    ),
    CrashPattern(
        r"(?i)permission denied|EACCES|Operation not permitted",
        wrong("The program may not use a file or a port that it needs.", "Look at the user that it runs as"),
    ),
    CrashPattern(
        r"(?i)executable file .*not found|(?:command )?not found|No such file or directory",
        wrong("A command or file that it needs is not in the image.", "Compare the command with what is in the image"),
    ),
    CrashPattern(
        r"MemoryError|OutOfMemoryError|heap out of memory",
        wrong("The program wanted more memory than it may use.", "Raise its memory limit, or let it use less"),
    ),
    CrashPattern(
        r"SyntaxError|IndentationError|panic: |Traceback \(most recent call last\)|Exception in thread",
        wrong("The program has a fault: its last line says which.", "Read its last words and correct the program"),
    ),
)

# When the last words tell nothing, the exit code may.
EXIT_CODES: Mapping[int, Template] = {
    0: wrong("The program ended well, but it is wanted to stay.", "Use a job for work that ends"),
    126: wrong("The command is there but may not be run.", "Make the file executable in the image"),
    127: wrong("The command is not in the image.", "Compare the command with what is in the image"),
    137: wrong("Somebody stopped it at once: its limit, or a liveness probe.", "wherry story {pod}"),
    139: wrong("The program has a fault: it used memory that is not its own.", "Correct the program or its libraries"),
    143: wrong("Somebody told it to stop, and it did.", "wherry story {pod}"),
}
UNKNOWN_CRASH = wrong(
    "Nobody here knows this way to crash; its last words may tell more.",
    "wherry logs pod/{pod} -n {namespace} --previous",
)
OUT_OF_MEMORY = wrong(
    "It used more memory than its limit.", "Raise resources.limits.memory, or let the program use less"
)
