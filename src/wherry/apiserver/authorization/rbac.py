"""Role-based access control: may this user do this, by the roles that are bound to it?

Decisions are remembered by who asks and what kind of thing is asked for, until a role or binding changes; names
are looked up in what is remembered. So nearly every request costs one look into a dictionary.
"""

from __future__ import annotations

from wherry.api.rbac.policy_rule import PolicyRule
from wherry.apiserver.authorization.policy import PREFIX, Policy
from wherry.apiserver.authorization.rules import Names, is_path_allowed, names_allowed
from wherry.apiserver.filters.authorize import Access
from wherry.apiserver.request import UserInfo
from wherry.store.interface import Compacted, Store, Watch

DECISIONS_MAX = 16_384
# A request for what has a longer name than anything is decided anew each time: strangers may ask for a megabyte.
REMEMBERED_CHARS_MAX = 4096
"""Users x verbs x resources x namespaces that are remembered; some 300 bytes each."""

_Rules = tuple[tuple[PolicyRule, ...], tuple[str, ...]]


class Rbac:
    """Decides by roles and bindings; `refresh` first when `is_behind`."""

    def __init__(self, store: Store) -> None:
        """Nothing is read before the first `refresh`."""
        self.policy = Policy()
        self._store = store
        self._watch: Watch | None = None
        self._generation = 0
        self._decisions: dict[tuple[object, ...], Names] = {}
        self._rules: dict[tuple[str, tuple[str, ...], str], _Rules] = {}

    @property
    def is_behind(self) -> bool:
        """Whether roles or bindings have changed since the last `refresh`."""
        return self._watch is None or self._watch.has_changes

    async def refresh(self) -> None:
        """Take in what has changed."""
        try:
            if self._watch is not None:
                for event in self._watch.take():
                    self.policy.apply(event.key, event.value)
                return
        except Compacted:
            # So much was written between two requests that it is quicker to read everything again.
            self._watch = None
        watch = self._store.watch(PREFIX, after_revision=self._store.revision)
        page = await self._store.list(PREFIX)
        self.policy.clear()
        for item in page.items:
            self.policy.apply(item.key, item.value)
        # What was written meanwhile is in the list or still to come; applying it twice changes nothing.
        self._watch = watch

    def is_allowed(self, user: UserInfo, access: Access) -> bool:
        """Whether a role that is bound to the user lets it."""
        if self._generation != self.policy.generation or len(self._decisions) >= DECISIONS_MAX:
            self._decisions.clear()
            self._rules.clear()
            self._generation = self.policy.generation
        asked = (access.verb, access.group, access.resource, access.subresource, access.namespace, access.path)
        key = (user.name, user.groups, asked)
        decision = self._decisions.get(key)
        if decision is None:
            decision = self._decide(user, access)
            if _is_short(user, access.namespace, access.path):
                self._decisions[key] = decision
        return decision if isinstance(decision, bool) else access.name in decision

    def allowed_by(self, user: UserInfo, access: Access) -> str:
        """Which binding lets the user, in a sentence; "" when none does."""
        for described, rules in self.policy.grants(user, access.namespace):
            if access.path:
                names: Names = is_path_allowed(rules, access.verb, access.path)
            else:
                names = names_allowed(rules, access.verb, access.group, access.resource, access.subresource)
            if names is True or (isinstance(names, frozenset) and access.name in names):
                return f"RBAC: allowed by {described}"
        return ""

    def reason(self, user: UserInfo, access: Access) -> str:
        """What is to be said besides no: the roles that are bound and missing."""
        missing = self.rules_for(user, access.namespace)[1]
        if not missing:
            return ""
        unique = tuple(dict.fromkeys(missing))
        return "RBAC: " + (unique[0] if len(unique) == 1 else f"[{', '.join(unique)}]")

    def rules_for(self, user: UserInfo, namespace: str) -> _Rules:
        """All that the user may do in a namespace, and which roles are missing."""
        key = (user.name, user.groups, namespace)
        rules = self._rules.get(key)
        if rules is None or self._generation != self.policy.generation:
            found, missing = self.policy.rules_for(user, namespace)
            rules = (tuple(found), tuple(missing))
            if _is_short(user, namespace):
                self._rules[key] = rules
        return rules

    def _decide(self, user: UserInfo, access: Access) -> Names:
        rules = self.rules_for(user, access.namespace)[0]
        if access.path:
            return is_path_allowed(rules, access.verb, access.path)
        return names_allowed(rules, access.verb, access.group, access.resource, access.subresource)


def _is_short(user: UserInfo, *asked: str) -> bool:
    return sum(map(len, (user.name, *user.groups, *asked))) <= REMEMBERED_CHARS_MAX
