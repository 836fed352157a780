"""All roles and bindings, found by whom they concern.

Kept current from the store's own changes: `apply` takes what was written since the last look, so that a role
counts from the request after the one that made it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from wherry.api.rbac.policy_rule import RBAC_GROUP, PolicyRule
from wherry.api.rbac.role_ref import GROUP, SERVICE_ACCOUNT, USER, RoleRef, Subject
from wherry.apimachinery.struct import Struct
from wherry.apiserver.request import ACCOUNT_PREFIX, UserInfo, account_of
from wherry.kit.log import get_logger

log = get_logger(__name__)

PREFIX = f"/{RBAC_GROUP}/"

_RoleKey = tuple[str, str]
"""Namespace ("" for cluster roles) and name."""


class _Role(Struct):
    rules: tuple[PolicyRule, ...] = ()


class _Binding(Struct):
    role_ref: RoleRef = msgspec.field(default_factory=RoleRef)
    subjects: tuple[Subject, ...] = ()


@dataclass(frozen=True, slots=True)
class Bound:
    """A binding as the index keeps it: where it holds ("": everywhere), which role it lends, and to whom."""

    key: str
    namespace: str
    role: _RoleKey
    subjects: frozenset[tuple[str, str]]

    def described(self, subject: tuple[str, str]) -> str:
        """The binding, its role and one of its subjects, as reviews name them."""
        name = self.key.rsplit("/", 1)[1]
        binding = f'RoleBinding "{name}/{self.namespace}"' if self.namespace else f'ClusterRoleBinding "{name}"'
        account = account_of(subject[1]) if subject[0] == USER else None
        who = f'{SERVICE_ACCOUNT} "{account[1]}/{account[0]}"' if account else f'{subject[0]} "{subject[1]}"'
        return f'{binding} of {"Role" if self.role[0] else "ClusterRole"} "{self.role[1]}" to {who}'


class Policy:
    """Roles and bindings by subject. `generation` changes with every change."""

    def __init__(self) -> None:
        """Empty: nobody may do anything."""
        self.generation = 0
        self._roles: dict[_RoleKey, tuple[PolicyRule, ...]] = {}
        self._bindings: dict[str, Bound] = {}
        self._by_subject: dict[tuple[str, str], dict[str, Bound]] = {}
        self._role_decoder = msgspec.json.Decoder(_Role)
        self._binding_decoder = msgspec.json.Decoder(_Binding)

    def apply(self, key: str, value: bytes | None) -> None:
        """Take in one stored object, or (None) that it is gone. Other keys than PREFIX's are not for here."""
        self.generation += 1
        try:
            self._put(key, value)
        except msgspec.ValidationError as error:
            # One object that cannot be read gives no rights, and must not take them from everybody.
            log.error("Skipped an unreadable role or binding", key=key, err=str(error))

    def _put(self, key: str, value: bytes | None) -> None:
        plural, *place = key.removeprefix(PREFIX).split("/")
        match plural, place:
            case ("roles", [namespace, name]):
                self._put_role((namespace, name), value)
            case ("clusterroles", [name]):
                self._put_role(("", name), value)
            case ("rolebindings", [namespace, _]):
                self._put_binding(key, namespace, value)
            case ("clusterrolebindings", [_]):
                self._put_binding(key, "", value)
            case _:
                pass

    def clear(self) -> None:
        """Forget everything, to be told it anew."""
        self.generation += 1
        self._roles.clear()
        self._bindings.clear()
        self._by_subject.clear()

    def role(self, namespace: str, name: str) -> tuple[PolicyRule, ...] | None:
        """The rules of a role ("" as namespace: of a cluster role), or None."""
        return self._roles.get((namespace, name))

    def rules_for(self, user: UserInfo, namespace: str) -> tuple[list[PolicyRule], list[str]]:
        """What `user` may do in a namespace ("": in the cluster), and which of the bindings lend a missing role."""
        rules: list[PolicyRule] = []
        missing: list[str] = []
        for bound in self._bound_to(user, namespace):
            found = self._roles.get(bound.role)
            if found is not None:
                rules += found
            else:
                plural = "roles" if bound.role[0] else "clusterroles"
                missing.append(f'{plural.removesuffix("s")}.{RBAC_GROUP} "{bound.role[1]}" not found')
        return rules, missing

    def grants(self, user: UserInfo, namespace: str) -> Iterable[tuple[str, tuple[PolicyRule, ...]]]:
        """The bindings that concern the user, in a few words each, with the rules of their roles."""
        identities = {(USER, user.name), *((GROUP, group) for group in user.groups)}
        for bound in self._bound_to(user, namespace):
            rules = self._roles.get(bound.role)
            if rules is not None:
                yield bound.described(min(bound.subjects & identities)), rules

    def _bound_to(self, user: UserInfo, namespace: str) -> list[Bound]:
        found: dict[str, Bound] = {}
        for subject in ((USER, user.name), *((GROUP, group) for group in user.groups)):
            known = self._by_subject.get(subject, {})
            found |= {key: bound for key, bound in known.items() if bound.namespace in ("", namespace)}
        return sorted(found.values(), key=lambda bound: (bound.namespace, bound.key))

    def _put_role(self, key: _RoleKey, value: bytes | None) -> None:
        self._roles.pop(key, None)
        if value is not None:
            self._roles[key] = self._role_decoder.decode(value).rules

    def _put_binding(self, key: str, namespace: str, value: bytes | None) -> None:
        before = self._bindings.pop(key, None)
        for subject in before.subjects if before else ():
            del self._by_subject[subject][key]
        if value is None:
            return
        binding = self._binding_decoder.decode(value)
        reference = binding.role_ref
        role = (namespace if reference.kind == "Role" else "", reference.name)
        bound = Bound(key, namespace, role, frozenset(_identities(binding.subjects, namespace)))
        self._bindings[key] = bound
        for subject in bound.subjects:
            self._by_subject.setdefault(subject, {})[key] = bound


def _identities(subjects: Iterable[Subject], namespace: str) -> Iterable[tuple[str, str]]:
    """The users and groups that the subjects stand for; a service account is a user."""
    for subject in subjects:
        if subject.kind == SERVICE_ACCOUNT:
            yield USER, f"{ACCOUNT_PREFIX}{subject.namespace or namespace}:{subject.name}"
        elif subject.kind in (USER, GROUP):
            yield subject.kind, subject.name
