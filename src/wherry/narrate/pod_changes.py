"""What changed about the pods of each workload: how many came, went, and were started again. Pure.

Which pod it was matters to nobody: the masters replace them. So they are counted for the workload that wants them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from wherry.apimachinery.deed import Deed
from wherry.apimachinery.document import Document
from wherry.narrate.authors import controller_in, meta_in, seconds, uid_in
from wherry.narrate.deletions import Deletions
from wherry.narrate.doers import is_deletion, is_master, names_of, users_of
from wherry.narrate.grouping import app_name
from wherry.narrate.history import Change, History, Key
from wherry.narrate.past_templates import CHANGES, DETAILS
from wherry.narrate.templates import count


def tell_pods(histories: Iterable[History], deletions: Deletions) -> Iterator[Change]:
    """One change for each workload whose pods are not what they were."""
    came: Counter[Key] = Counter()
    went: Counter[Key] = Counter()
    restarted: Counter[Key] = Counter()
    times: dict[Key, float] = {}
    removals: defaultdict[Key, list[Deed]] = defaultdict(list)
    for history in histories:
        whose = _workload(history)
        new = _came(history)
        came[whose] += new
        went[whose] += history.deletions
        restarted[whose] += _restarts(history.any) - (0 if new else _restarts(history.before))
        removals[whose] += [one for one in history.deeds if is_deletion(one) and not is_master(one.author)]
        created_s = max(seconds(meta_in(one).get("creationTimestamp")) for one in history.states)
        times[whose] = max(times.get(whose, 0.0), created_s)
    for whose, time_s in times.items():
        parts = _parts(came[whose], went[whose], restarted[whose])
        if parts:
            because = deletions.because_of(whose) or _removed(removals[whose])
            what = f"{whose.name} in {whose.namespace}"
            text = CHANGES["pods"].text.format(
                what=what, parts=", ".join(parts), because=f", {because}" if because else ""
            )
            yield Change(
                kind=whose.kind,
                namespace=whose.namespace,
                name=whose.name,
                deed="pods",
                who="",
                time_s=time_s if came[whose] else 0.0,
                text=text,
                details=tuple(parts),
                next="",
                because=because,
                people=users_of(removals[whose]),
            )


def _parts(came: int, went: int, restarted: int) -> list[str]:
    counted = (("came", came, "pod"), ("went", went, "pod"), ("restarted", restarted, "container"))
    return [DETAILS[key].text.format(number=count(number, noun)) for key, number, noun in counted if number > 0]


def _removed(deeds: list[Deed]) -> str:
    """That people have deleted some of them, in a clause."""
    if not deeds:
        return ""
    whole = [*{deed.author.user: deed for deed in deeds}.values()]
    number = len({deed.name for deed in deeds})
    return DETAILS["removed-pods"].text.format(who=names_of(whole), number=number)


def _came(history: History) -> int:
    uids = {uid_in(one) for one in history.states}
    return len(uids - {uid_in(history.before)} if history.before is not None else uids)


def _workload(history: History) -> Key:
    """Whose pod it was: a ReplicaSet's pods are its Deployment's, by the form of its name."""
    kind, name = controller_in(history.any) or ("", history.key.name)
    if kind == "ReplicaSet" and app_name(name) != name:
        return Key("Deployment", history.key.namespace, app_name(name))
    return Key(kind, history.key.namespace, name)


def _restarts(pod: Document | None) -> int:
    status = pod.get("status") if pod is not None else None
    entries = status.get("containerStatuses") if isinstance(status, dict) else None
    counts = [one.get("restartCount") for one in entries if isinstance(one, dict)] if isinstance(entries, list) else []
    return sum(number for number in counts if isinstance(number, int))
