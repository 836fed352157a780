"""Who has changed which object: the signature under a change, as it is kept and as it is told.

    Author(user="anna", command="kubectl scale", manager="kubectl", verb="patch", subresource="scale")
    Deed(revision=41, ..., plural="deployments", namespace="shop", name="web", author=Author(...))

The objects themselves carry nothing of it: clients see what they see in any Kubernetes.
"""

from __future__ import annotations

import msgspec

from wherry.apimachinery.struct import Struct


class Author(Struct, omit_defaults=True):
    """Somebody who writes, as the API server knows them, and with what.

    `user` is who they are for the cluster; `acted` who has really signed in, when that is somebody else (`kubectl
    --as`). `program` is the User-Agent's, `component` the part of the masters that it names, `command` what was typed,
    as far as the client says. `verb` is Kubernetes' own, and "apply" for a server-side apply.
    """

    user: str
    acted: str = ""
    program: str = ""
    component: str = ""
    command: str = ""
    manager: str = ""
    verb: str = ""
    subresource: str = ""


class Deed(Struct):
    """One change and its author: the revision that it made, when (seconds since 1970), and of which object.

    `kind` is "" for a kind that is not served any more.
    """

    revision: int
    time_s: float
    group: str
    plural: str
    namespace: str
    name: str
    author: Author
    kind: str = ""


def signature_of(author: Author) -> str:
    """The author as a short text."""
    return msgspec.json.encode(author).decode()


def deed_of(revision: int, time_s: float, key: str, text: str) -> Deed | None:
    """The deed that a signature under a key of the store tells of; None for a signature that cannot be read."""
    _, group, plural, *rest = key.split("/", 4)
    try:
        author = msgspec.json.decode(text, type=Author)
    except msgspec.DecodeError:
        return None
    namespace, name = rest if len(rest) > 1 else ("", *rest)
    return Deed(
        revision=revision,
        time_s=time_s,
        group="" if group == "core" else group,
        plural=plural,
        namespace=namespace,
        name=name,
        author=author,
    )
