"""What each known reason of a Kubernetes Event means, as a sentence with holes.

The reasons are Kubernetes' own (kubelet, scheduler, controllers of kube-controller-manager); each key is one. The
holes: `who` speaks, `thing` it is about, `container` of it, `message` as it came, and what can be read out of that
(`made`: the object created or deleted, `place`: the node, `detail`: behind the colon).
"""

from __future__ import annotations

from collections.abc import Mapping

from wherry.narrate.templates import Template, fine, wrong

WHY = "wherry why {ref}"

EVENTS: Mapping[str, Template] = {
    # The scheduler
    "Scheduled": fine("{who} chose node {place} for {thing}"),
    "FailedScheduling": wrong("{Thing} waits for a node: {message}", WHY),
    "Preempted": wrong("{who} took the place of {thing} for a more important pod: {message}", WHY),
    "NominatedNode": fine("{who} keeps a place for {thing}: {message}"),
    # Controllers
    "SuccessfulCreate": fine("{who} created {made} for {thing}"),
    "SuccessfulDelete": fine("{who} deleted {made} of {thing}"),
    "ScalingReplicaSet": fine("{who} {message} ({thing})"),
    "FailedCreate": wrong("{who} could not create what {thing} wants: {message}", WHY),
    "FailedDelete": wrong("{who} could not delete what {thing} no longer wants: {message}", WHY),
    "ReplicaSetCreateError": wrong("{who} could not start the new version of {thing}: {message}", WHY),
    "DeploymentRollback": fine("{who} took {thing} back to an earlier version: {message}"),
    "Completed": fine("{Thing} has done its work"),
    "BackoffLimitExceeded": wrong("{Thing} gave up: it failed too often", WHY),
    "DeadlineExceeded": wrong("{Thing} took too long and was stopped", WHY),
    "Suspended": fine("{Thing} pauses"),
    "Resumed": fine("{Thing} goes on"),
    "SawCompletedJob": fine("{who} saw that a job of {thing} has ended: {detail}"),
    "MissingJob": wrong("A job of {thing} is gone before its end: {detail}", WHY),
    "JobAlreadyActive": fine("{who} starts no new job of {thing}: the last one still runs"),
    "MissSchedule": wrong("{Thing} has missed its time: {message}", WHY),
    "TooManyMissedTimes": wrong("{Thing} has missed too many of its times", WHY),
    "UnparseableSchedule": wrong("{Thing} has a timetable that nobody can read: {message}", WHY),
    "UnknownTimeZone": wrong("{Thing} names a time zone that does not exist: {message}", WHY),
    "RecreatingFailedPod": wrong("{who} replaces a failed pod of {thing}: {message}", WHY),
    "FailedDaemonPod": wrong("{who} replaces a failed pod of {thing}: {message}", WHY),
    "SucceededDaemonPod": fine("{who} replaces a pod of {thing} that has ended: {message}"),
    "NoPods": fine("{Thing} protects no pod: none has the labels that it asks for"),
    "UnmanagedPods": wrong("{Thing} covers pods that no workload wants: {message}", WHY),
    "NotDeleted": wrong("A pod that {thing} let go is still there: {message}", WHY),
    "CalculateExpectedPodCountFailed": wrong("{who} cannot tell how many pods {thing} protects: {message}", WHY),
    "SuccessfulRescale": fine("{who} changed the number of copies of {thing}: {message}"),
    "FailedGetResourceMetric": wrong("{who} cannot see how busy {thing} is: {message}", WHY),
    # Nodes
    "NodeReady": fine("{Thing} is ready"),
    "NodeNotReady": wrong("{Thing} is not ready: {message}", WHY),
    "NodeSchedulable": fine("{Thing} takes new pods again"),
    "NodeNotSchedulable": fine("{Thing} takes no new pods"),
    "RegisteredNode": fine("{Thing} has joined the cluster"),
    "RemovingNode": fine("{Thing} has left the cluster"),
    "Rebooted": wrong("{Thing} was started anew: {message}", WHY),
    "Starting": fine("{who} starts"),
    "NodeHasSufficientMemory": fine("{Thing} has enough memory"),
    "NodeHasInsufficientMemory": wrong("{Thing} is short of memory", WHY),
    "NodeHasNoDiskPressure": fine("{Thing} has enough room on its disk"),
    "NodeHasDiskPressure": wrong("{Thing} is short of room on its disk", WHY),
    "NodeHasSufficientPID": fine("{Thing} has room for more programs"),
    "NodeAllocatableEnforced": fine("{Thing} keeps what it needs for itself"),
    "SystemOOM": wrong("{Thing} ran out of memory: {message}", WHY),
    "EvictionThresholdMet": wrong("{Thing} has to send pods away: {message}", WHY),
    "Evicted": wrong("{who} sent {thing} away: {message}", WHY),
    "TaintManagerEviction": wrong("{who} takes {thing} off its node: {message}", WHY),
    # Containers
    "Pulling": fine("{who} fetches the image for container {container} of {thing}"),
    "Pulled": fine("{who} has the image for container {container} of {thing}"),
    "Created": fine("{who} prepared container {container} of {thing}"),
    "Started": fine("{who} started container {container} of {thing}"),
    "Killing": fine("{who} stops container {container} of {thing}"),
    "BackOff": wrong("{who} waits before it tries again: {message}", WHY),
    "Failed": wrong("{who} could not start container {container} of {thing}: {message}", WHY),
    "InspectFailed": wrong("{who} cannot read the image of {thing}: {message}", WHY),
    "ErrImageNeverPull": wrong("{who} may not fetch the image that {thing} needs: {message}", WHY),
    "OOMKilling": wrong("{Thing} used more memory than its limit: {message}", WHY),
    "FailedCreatePodSandBox": wrong("{who} could not prepare a place for {thing}: {message}", WHY),
    "SandboxChanged": fine("{who} makes the place of {thing} anew"),
    "FailedKillPod": wrong("{who} could not stop {thing}: {message}", WHY),
    "FailedPostStartHook": wrong("{Thing} failed in its first step: {message}", WHY),
    "FailedPreStopHook": wrong("{Thing} failed in its last step: {message}", WHY),
    "FailedToRetrieveImagePullSecret": wrong(
        "{who} cannot read a Secret that {thing} has for its images: {message}", WHY
    ),
    "FailedMount": wrong("{who} cannot give {thing} its volume: {message}", WHY),
    "FailedAttachVolume": wrong("{who} cannot give {thing} its volume: {message}", WHY),
    "SuccessfulAttachVolume": fine("{who} gave {thing} its volume"),
    "DNSConfigForming": wrong("{who} had to shorten the DNS settings of {thing}: {message}", WHY),
    # Storage
    "ProvisioningSucceeded": fine("{who} made a volume for {thing}"),
    "ProvisioningFailed": wrong("{who} could not make a volume for {thing}: {message}", WHY),
    "ExternalProvisioning": fine("{Thing} waits until somebody has made its volume"),
    "WaitForFirstConsumer": fine("{Thing} waits for the first pod that uses it"),
    "FailedBinding": wrong("{Thing} finds no volume: {message}", WHY),
    "ClaimLost": wrong("{Thing} has lost its volume, and the data with it", WHY),
    "ClaimMisbound": wrong("{Thing} shares its volume with another claim", WHY),
    "VolumeResizeFailed": wrong("{who} could not make the volume of {thing} larger: {message}", WHY),
    # Others
    "LeaderElection": fine("{message}"),
}

PROBES: Mapping[str, Template] = {
    "Readiness": wrong("{who} finds container {container} of {thing} not ready yet", WHY),
    "Liveness": wrong("{who} finds container {container} of {thing} not alive", WHY),
    "Startup": wrong("{who} finds container {container} of {thing} not started yet", WHY),
    "": wrong("{who} about container {container} of {thing}", WHY),
}

# The same while the container still starts (narrate/warming.py).
WARMING: Mapping[str, Template] = {
    "Readiness": fine("{who} waits until container {container} of {thing} is ready"),
    "Startup": fine("{who} waits until container {container} of {thing} has started"),
}

UNKNOWN = fine("{who} about {thing}: {message}")

# Several similar Events as one line. `number` of them within `took`.
GROUPS: Mapping[str, Template] = {
    "Scheduled": fine("{who} chose nodes for {number} pods of {family}{took}"),
    "SuccessfulCreate": fine("{who} created {number} {noun} for {family}{took}"),
    "SuccessfulDelete": fine("{who} deleted {number} {noun} of {family}{took}"),
    "Pulling": fine("Nodes fetch the image for {number} containers of {family}{took}"),
    "Pulled": fine("Nodes have the image for {number} containers of {family}{took}"),
    "Created": fine("Nodes prepared {number} containers of {family}{took}"),
    "Started": fine("Nodes started {number} containers of {family}{took}"),
    "Killing": fine("Nodes stop {number} containers of {family}{took}"),
    "FailedScheduling": wrong("{number} pods of {family} wait for a node: {message}", WHY),
    "Unhealthy": wrong("Nodes find {number} containers of {family} not well{took}", WHY),
    "BackOff": wrong("Nodes wait before they try {number} containers of {family} again", WHY),
    "scaled-up": fine("{family} was brought from {before} to {after} {copies} ({number} new {pods}{took})"),
    "scaled-down": fine("{family} was brought from {before} to {after} {copies} ({number} {pods} fewer{took})"),
}
WARMING_GROUP = fine("Nodes wait until {number} containers of {family} are ready{took}")
OTHER_GROUP = fine("{text} (and {number} more of this kind)")

REPAIRS: Mapping[str, Template] = {
    "none": fine("Nothing had to be repaired since {since}."),
    "some": fine("Kubernetes repaired {things} since {since}, and nobody had to call: {parts}."),
}
