"""What Wherry says of its own accord in the API: warnings and ways out that Kubernetes has no words for.

Everything here is for people, and the plain-language linter reads it (tests/tidy). What Kubernetes words itself stays
beside the code that says it, because programs compare it.
"""

from __future__ import annotations

# The texts of `Warning:` headers.
OBJECT_WITHOUT_EFFECT = "{kind}: this cluster keeps the object but nothing acts on it yet, so it has no effect"
FIELD_WITHOUT_EFFECT = "{path}: this cluster keeps the field but does not act on it, so it has no effect"

# The ways out of errors.
TOO_MANY_WRITERS = "too many writers at once, so nothing was written; try again"
TOO_MANY_RACES = "others change the quotas of the namespace all the time, so nothing was written; try again"
NOT_CONVERTED = "this cluster asks no webhook yet: read and write the version that it stores"
NOTHING_ANSWERS = (
    'the node "{node}" is simulated: its pods have no containers, so nothing answers there; ask a pod on a real node'
)
NO_LOGS_NO_COMMANDS = (
    'the node "{node}" is simulated: its pods have no containers, so there are no logs to read '
    "and nothing to run a command in; choose a pod on a real node"
)
NO_WAY_TO_NODES = 'the node "{node}" cannot be reached: this API server has no way to nodes; ask another one'
NODE_UNREACHABLE = 'the node "{node}" cannot be reached; look whether it is well: wherry show node/{node}'
SERVER_FAILED = "the server failed to answer; its log says more"
