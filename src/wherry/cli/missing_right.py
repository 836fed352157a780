"""What an administrator types to give somebody the right that was missing: as the API server has named it."""

from __future__ import annotations

import re

REFUSED = re.compile(
    r'User "(?P<user>[^"]+)" cannot (?P<verb>[a-z]+) resource "(?P<resource>[^"]+)" in API group "(?P<group>[^"]*)" '
    r'(?:in the namespace "(?P<namespace>[^"]+)"|at the cluster scope)'
)
"""The sentence of every Kubernetes since 1.6. It is the only place where user and verb stand."""
ACCOUNT = "system:serviceaccount:"
ASK = "ask whoever administers the cluster"


def way_to_the_right(message: str) -> str:
    """The commands that give the right that `message` says is missing; whom to ask, where it does not say."""
    found = REFUSED.search(message)
    if found is None:
        return ASK
    user, verb, resource, group, namespace = found.group("user", "verb", "resource", "group", "namespace")
    plural, slash, subresource = resource.partition("/")
    thing = f"{plural}.{group}{slash}{subresource}" if group else resource
    name = f"wherry-{verb}-{plural}"
    whom = _whom(user)
    role, where = ("role", f" -n {namespace}") if namespace else ("clusterrole", "")
    return (
        f"whoever administers the cluster types: kubectl create {role} {name} --verb={verb} --resource={thing}{where}"
        f" && kubectl create {role}binding {name} --{role}={name} {whom}{where}"
    )


def way_to_twins(message: str) -> str:
    """What whoever was refused a namespace needs to prove a release: namespaces of their own, and all in them."""
    found = REFUSED.search(message)
    if found is None:
        return ASK
    whom, name = _whom(found.group("user")), "wherry-prove"
    return (
        f"whoever administers the cluster types: kubectl create clusterrole {name} --verb=create,get,list,delete"
        f" --resource=namespaces && kubectl create clusterrolebinding {name} --clusterrole={name} {whom}"
        f" && kubectl create clusterrolebinding {name}-admin --clusterrole=admin {whom}"
    )


def _whom(user: str) -> str:
    return f"--serviceaccount={user.removeprefix(ACCOUNT)}" if user.startswith(ACCOUNT) else f"--user={user}"
