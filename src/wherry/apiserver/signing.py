"""Signs each write with who has asked for it; the signature goes beside the history, never into the object.

    anna, who scales with kubectl          -> Author(user="anna", command="kubectl scale", ...), kept long
    the deployment controller              -> Author(user="system:...", component="deployment-controller", ...)
    a node that reports a pod's status     -> nothing: nobody asks who it was

What is said of the user is the API server's own knowledge. Program and command are what the client says of itself.
"""

from __future__ import annotations

from functools import lru_cache

from wherry.apimachinery.deed import Author, signature_of
from wherry.apiserver.ownership import AGENT_CHARS_MAX
from wherry.apiserver.request import ApiRequest
from wherry.store.signatures import Signature

COMMAND = "kubectl-command"
"""The header in which kubectl says what was typed, without its arguments: `kubectl scale`."""
SYSTEM = "system:"
APPLY = "application/apply-patch"
NAME_CHARS_MAX = 256
WORD_CHARS_MAX = 64


def sign(request: ApiRequest, manager: str) -> Signature | None:
    """Who writes; None for the writes that nobody asks about: heartbeats, Events, the status that programs report."""
    resource, user = request.target, request.user.name
    if resource.is_heartbeat or resource.is_short_lived:
        return None
    if request.subresource == "status" and user.startswith(SYSTEM):
        return None
    headers = request.http.headers
    verb = request.verb
    if verb == "patch" and headers.get("content-type", "").startswith(APPLY):
        verb = "apply"
    return _signature(
        user,
        request.acted,
        headers.get("user-agent", "")[:AGENT_CHARS_MAX],
        headers.get(COMMAND, "")[:AGENT_CHARS_MAX],
        manager,
        verb,
        request.subresource,
    )


# A cluster has a few dozen of them at work at a time.
@lru_cache(maxsize=1024)
def _signature(user: str, acted: str, agent: str, command: str, manager: str, verb: str, subresource: str) -> Signature:
    program = _said(agent.partition("/")[0])
    author = Author(
        user=_said(user, NAME_CHARS_MAX),
        acted=_said(acted, NAME_CHARS_MAX),
        program=program,
        component=_component(agent),
        command=_said(command),
        manager="" if manager == program else _said(manager),
        verb=verb,
        subresource=subresource,
    )
    return Signature(signature_of(author), is_lasting=not user.startswith(SYSTEM))


def _component(agent: str) -> str:
    """The controller of the masters, as its User-Agent ends: .../system:serviceaccount:kube-system:job-controller."""
    _, found, account = agent.rpartition("/system:serviceaccount:")
    return _said(account.partition(":")[2]) if found else ""


def _said(words: str, chars_max: int = WORD_CHARS_MAX) -> str:
    """What a client says of itself, fit to be shown."""
    return "".join(filter(str.isprintable, words))[:chars_max]
