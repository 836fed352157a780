"""The parameters of URLs, as the API's description tells them."""

from __future__ import annotations

from wherry.apimachinery.document import Document

_TEXT, _NUMBER, _BOOL = "string", "integer", "boolean"

_DESCRIBED: dict[str, tuple[str, str]] = {
    "allowWatchBookmarks": (_BOOL, "Whether a watch may send BOOKMARK events."),
    "continue": (_TEXT, "Where a list goes on: the continue token of the page before."),
    "dryRun": (_TEXT, "All: go through every step and change nothing."),
    "fieldManager": (_TEXT, "Who makes the change; at most 128 printable characters. Apply requires it."),
    "fieldSelector": (_TEXT, "Which objects, by their fields; default: all."),
    "fieldValidation": (_TEXT, "What to do about unknown and doubled fields: Ignore, Warn (the default) or Strict."),
    "force": (_BOOL, "Whether an apply takes fields over from their managers."),
    "gracePeriodSeconds": (_NUMBER, "How many seconds the object gets to end; 0 means at once."),
    "ignoreStoreReadErrorWithClusterBreakingPotential": (_BOOL, "Whether to delete what cannot be read."),
    "labelSelector": (_TEXT, "Which objects, by their labels; default: all."),
    "limit": (_NUMBER, "How many objects at most; the answer says where to go on."),
    "orphanDependents": (_BOOL, "Deprecated, use propagationPolicy: whether to keep what the object owns."),
    "pretty": (_TEXT, "true: the answer has line breaks."),
    "propagationPolicy": (_TEXT, "What becomes of what the object owns: Orphan, Background or Foreground."),
    "resourceVersion": (_TEXT, "How new the answer must be."),
    "resourceVersionMatch": (_TEXT, "How resourceVersion is meant: NotOlderThan or Exact."),
    "sendInitialEvents": (_BOOL, "Whether a watch begins with what there is, and says when that is over."),
    "timeoutSeconds": (_NUMBER, "After how many seconds to end."),
    "watch": (_BOOL, "Whether to watch for changes instead of listing."),
    # Logs, commands and ports.
    "command": (_TEXT, "The program and its arguments, one parameter each."),
    "container": (_TEXT, "Which container; may be left out if there is one."),
    "follow": (_BOOL, "Whether to go on with what is written from now on."),
    "insecureSkipTLSVerifyBackend": (_BOOL, "Whether to trust the node without checking its certificate."),
    "limitBytes": (_NUMBER, "How many bytes at most."),
    "path": (_TEXT, "The path behind the proxy."),
    "ports": (_NUMBER, "Which ports, over a WebSocket."),
    "previous": (_BOOL, "Whether the log of the container before this one is meant."),
    "sinceSeconds": (_NUMBER, "Only what was written in the last so many seconds."),
    "stderr": (_BOOL, "Whether to get what the program writes to its standard error."),
    "stdin": (_BOOL, "Whether to give the program an input."),
    "stdout": (_BOOL, "Whether to get what the program writes to its standard output."),
    "stream": (_TEXT, "Which log: All, Stdout or Stderr."),
    "tailLines": (_NUMBER, "How many of the last lines."),
    "timestamps": (_BOOL, "Whether each line begins with its time."),
    "tty": (_BOOL, "Whether the program gets a terminal."),
}
_IN_PATH = {
    "name": "The name of the {kind}.",
    "namespace": "The namespace; it has its own access rules and quotas.",
    "path": "The path behind the proxy.",
}

SELECT = (
    "continue", "fieldSelector", "labelSelector", "limit", "resourceVersion", "resourceVersionMatch",
    "sendInitialEvents", "timeoutSeconds",
)  # fmt: skip
LIST = ("allowWatchBookmarks", *SELECT, "watch")
WRITE = ("dryRun", "fieldManager", "fieldValidation")
PATCH = (*WRITE, "force")
DELETE = (
    "dryRun", "gracePeriodSeconds", "ignoreStoreReadErrorWithClusterBreakingPotential", "orphanDependents",
    "propagationPolicy",
)  # fmt: skip
OF_VERB: dict[str, tuple[str, ...]] = {
    "list": LIST,
    "create": WRITE,
    "update": WRITE,
    "patch": PATCH,
    "delete": DELETE,
    "deletecollection": tuple(sorted({*DELETE, *SELECT})),
}
"""The parameters of an operation by verb; `pretty` belongs to all."""

OF_STREAM: dict[str, tuple[str, ...]] = {
    "attach": ("container", "stderr", "stdin", "stdout", "tty"),
    "exec": ("command", "container", "stderr", "stdin", "stdout", "tty"),
    "log": (
        "container", "follow", "insecureSkipTLSVerifyBackend", "limitBytes", "previous", "sinceSeconds", "stream",
        "tailLines", "timestamps",
    ),
    "portforward": ("ports",),
    "proxy": ("path",),
}  # fmt: skip
"""The parameters of subresources that answer with something else than an object."""


def query_parameter(name: str) -> Document:
    """A parameter behind the question mark."""
    kind, description = _DESCRIBED[name]
    schema: Document = {"type": kind, "uniqueItems": True}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def path_parameter(name: str, kind: str) -> Document:
    """A part of the path."""
    schema: Document = {"type": _TEXT, "uniqueItems": True}
    described = _IN_PATH[name].format(kind=kind)
    return {"name": name, "in": "path", "description": described, "required": True, "schema": schema}
