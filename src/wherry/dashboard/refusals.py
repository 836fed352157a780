"""What to do when the API server refuses what somebody asked for on a page: the way out, beside its own words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from wherry.apimachinery.errors import Conflict, Forbidden, Invalid, NotFound, StatusError
from wherry.dashboard.markup import link, text, with_terms


class WayOut(NamedTuple):
    """A sentence, and a command where one helps."""

    says: str
    command: str = ""


def _quota(error: StatusError) -> bool:
    # Kubernetes gives the same reason to a right that lacks and to a quota that is full; only its words differ.
    return isinstance(error, Forbidden) and "exceeded" in error.message and "quota" in error.message


def _fixed_field(error: StatusError) -> bool:
    words = ("immutable", "statefulset spec", "may not change fields", "may not be changed")
    said = [error.message, *(str(cause.get("message", "")) for cause in error.causes)]
    return isinstance(error, Invalid) and any(word in one for one in said for word in words)


WAYS: Sequence[tuple[Callable[[StatusError], bool], WayOut]] = (
    (
        _quota,
        WayOut(
            "The namespace has used up what it may have. Ask for less, or for a larger quota.",
            "kubectl describe quota",
        ),
    ),
    (
        lambda error: isinstance(error, Forbidden),
        WayOut("Your rights do not reach so far. Ask who administers the cluster.", "kubectl auth can-i --list"),
    ),
    (
        _fixed_field,
        WayOut(
            "This field stays as it is until the object is deleted. Leave it, or delete the object and make it anew.",
            "kubectl replace --force -f FILE",
        ),
    ),
    (
        lambda error: isinstance(error, Conflict),
        WayOut("Somebody else has changed it. Look at it as it is now, and ask again."),
    ),
    (lambda error: isinstance(error, Invalid), WayOut("Correct what the sentence above names, and send it again.")),
    (
        lambda error: isinstance(error, NotFound),
        WayOut("It may be gone: look at what there is now.", "kubectl get all"),
    ),
    (lambda error: error.code in (429, 503, 504), WayOut("The masters are busy. Try it again in a moment.")),
)


def way_out(error: StatusError) -> WayOut | None:
    """The first that fits; None where the API's own words say it all."""
    return next((way for fits, way in WAYS if fits(error)), None)


def refusal(error: StatusError, back: str) -> str:
    """The main part of a page that says what was refused and what to do. Nothing was changed."""
    way = way_out(error)
    said = f"<p>{with_terms(way.says)}</p>" if way else ""
    command = f'<p class="next">Next: <code>{text(way.command)}</code></p>' if way and way.command else ""
    return f'<p class="headline trouble">{text(error.message)}</p>{said}{command}<p>{link(back, "Back")}</p>'
