"""One sentence about an object that is true, false or not known: Ready, Available, Complete."""

from __future__ import annotations

from wherry.apimachinery.struct import Struct


class Condition(Struct):
    """What most kinds say about themselves; kinds that say more add their fields to it.

    `status` is "True", "False" or "Unknown"; `reason` is one word for programs, `message` a sentence for people.
    """

    last_transition_time: str = ""
    message: str = ""
    reason: str = ""
    status: str
    type: str
