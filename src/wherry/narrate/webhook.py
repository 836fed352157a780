"""An address that takes messages, and what a message is: the same for a command that tells and for the masters.

    webhook = Webhook("https://chat.example/hooks/T0")     # raises BadAddress
    refusal = await deliver(webhook, message(notice))      # None: it was taken

A redirect is not followed: what is wrong in a cluster goes to the address that somebody named, and nowhere else.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import msgspec

from wherry.kit.http.client import HttpClient
from wherry.kit.http.types import Request
from wherry.narrate.incidents import Notice

TIMEOUT_S = 10.0
PORTS = {"http": 80, "https": 443}
# The receiver is busy, or not there just now: the same message may be taken later.
BUSY = frozenset((408, 425, 429))


class BadAddress(ValueError):
    """No message can go there; the message says why, without what may be secret in it, and `remedy` what to do."""

    def __init__(self, message: str, remedy: str) -> None:
        """Both are sentences for people."""
        super().__init__(message)
        self.remedy = remedy


class Webhook:
    """One address that takes messages."""

    def __init__(self, url: str) -> None:
        """Raises BadAddress when no message can go to `url`."""
        self._parts = _checked(url)
        self._tls = ssl.create_default_context() if self._parts.scheme == "https" else None

    @property
    def name(self) -> str:
        """The address without what may be secret in it."""
        return f"{self._parts.scheme}://{self._parts.netloc}"

    async def post(self, body: bytes) -> int:
        """Send one message; returns the status of the answer. Raises OSError, also when it takes too long."""
        parts = self._parts
        client = HttpClient(parts.hostname or "", parts.port or PORTS[parts.scheme], tls=self._tls)
        headers = {"content-type": "application/json", "user-agent": "wherry"}
        request = Request("POST", parts.path or "/", parts.query, headers=headers, body=body)
        try:
            async with asyncio.timeout(TIMEOUT_S):
                # What the answer says is nobody's: its body is left unread.
                return (await client.request(request, streams_answer=True)).status
        finally:
            await client.close()


class Refusal(NamedTuple):
    """Why a message was not taken; `is_final`: another try is of no use; `is_away`: the receiver was not reached."""

    why: str
    is_final: bool = False
    is_away: bool = False


async def deliver(webhook: Webhook, body: bytes) -> Refusal | None:
    """Try once to have a message taken; None: it was."""
    try:
        status = await webhook.post(body)
    except TimeoutError:
        return Refusal(f"no answer within {TIMEOUT_S:g} s", is_away=True)
    except (OSError, UnicodeError) as error:
        # UnicodeError: a name that no host can have, such as one with two dots in a row.
        return Refusal(str(error), is_away=True)
    if 200 <= status < 300:
        return None
    if 300 <= status < 400:
        return Refusal(f"the answer {status} leads to another address, where no message goes by itself", is_final=True)
    return Refusal(f"the answer was {status}", is_final=status < 500 and status not in BUSY)


def message(notice: Notice) -> bytes:
    """The JSON of a notice; `text` says all of it in a line, for chats that show no other field."""
    step = f" Next: {notice.next}" if notice.next else ""
    return msgspec.json.encode({**msgspec.to_builtins(notice), "text": f"{notice.sentence}{step}"})


def _checked(url: str) -> SplitResult:
    parts = SplitResult("", "", "", "", "")
    try:
        parts = urlsplit(url)
        is_good = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_good = False
    if not is_good or not url.isascii() or not url.isprintable() or " " in url:
        raise BadAddress(
            "the webhook is no address that takes messages",
            "name one that begins with http:// or https://, with %20 for a space",
        )
    if "@" in parts.netloc:
        raise BadAddress(
            "the webhook's address has a name or a password in it",
            "use an address with the secret in its path, as chats give it",
        )
    return parts
