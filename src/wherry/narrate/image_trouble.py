"""Why a node cannot have an image, from what it says, and what helps: the same on any Kubernetes.

Kubelets hand on what their runtime says, and runtimes what the registry says, so this reads words. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_SIGNS = (
    ("never", re.compile(r"pull policy of Never")),
    ("too-many", re.compile(r"toomanyrequests|too many requests|\b429\b", re.I)),
    (
        "denied",
        re.compile(
            r"access denied|denied: |(?<![\w:/])unauthorized: |authorization failed|authentication required", re.I
        ),
    ),
    ("certificate", re.compile(r"x509: |tls: |HTTP response to HTTPS client", re.I)),
    ("room", re.compile(r"no space left|do(es)? not fit on the disk", re.I)),
    ("machine", re.compile(r"no image for linux/|no match for platform|is for \w+/\w+, this machine", re.I)),
    ("unreachable", re.compile(r"no such host|connection refused|i/o timeout|dial tcp|no route|unreachable", re.I)),
    ("not-found", re.compile(r"not found|manifest unknown|name unknown|does not exist", re.I)),
)
REMEDIES: Mapping[str, str] = {
    "never": "imagePullPolicy is Never: bring the image here (wherry image build, import or pull), "
    "or allow IfNotPresent.",
    "too-many": "The registry wants you to wait, or to log in: an imagePullSecret raises the limit, "
    "a mirror needs none.",
    "denied": "Check the image's name. When it is private, the pod needs credentials: kubectl -n {namespace} create "
    "secret docker-registry NAME --docker-server=... --docker-username=... --docker-password=..., and "
    "imagePullSecrets in the pod or its service account.",
    "certificate": "The node does not trust the registry's certificate: give it the authority's "
    "(on Wherry: WHERRY_REGISTRY_CA=REGISTRY=FILE wherry up).",
    "room": "Make room on the node's disk: wherry image list, wherry image rm.",
    "machine": "The image is not for this kind of machine: take one that is.",
    "unreachable": "The node cannot reach the registry: check its name, the network (behind a proxy HTTPS_PROXY) and "
    "whether it runs. Or bring the image here: wherry image build DIR, or wherry image import FILE.",
    "not-found": "The registry has no such image: check its name and tag. One that you make yourself: "
    "wherry image build DIR, or wherry image import FILE.",
}
UNKNOWN = (
    "Check the image's name for typing mistakes. The registry has it? Try by hand: wherry image pull IMAGE. "
    "Or bring it here: wherry image build DIR, or wherry image import FILE."
)


def image_cause(message: str) -> str:
    """Which of REMEDIES fits what a node says; "" when none does."""
    return next((cause for cause, sign in _SIGNS if sign.search(message)), "")


def image_remedy(message: str, namespace: str) -> str:
    """What to do about it, in a sentence."""
    return REMEDIES.get(image_cause(message), UNKNOWN).format(namespace=namespace)
