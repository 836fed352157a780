"""Signing in: a link that works once, and the session that a browser gets for it.

    wherry open ──credentials──> code (two minutes, once) ──browser──> cookie ──> session ──> the person's credentials

Codes and cookies are random and kept only as hashes. A session ends by signing out, when nobody has used it for some
hours, after a working day, or when its certificate ends. Those of people with certificates outlive a restart of the
masters, as they hold no secret; a session that holds a token lives in memory only.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from wherry.dashboard.person import Credentials
from wherry.kit.clock import Clock
from wherry.kit.files import write_atomically
from wherry.kit.http.types import Peer

CODE_LIFE_S = 120.0
SESSION_LIFE_S = 12 * 3600.0
SESSION_IDLE_S = 4 * 3600.0
CODES_MAX = 64
SESSIONS_MAX = 256


@dataclass(slots=True)
class Session:
    """One browser that has signed in. `note` is shown once, on the next page.

    `is_technical` says how deep it reads, `has_keys` whether single keys do something. `namespace` is where it has
    seen something last: pages go on there for who does not see the whole cluster.
    """

    id: str
    name: str
    credentials: Credentials
    ends_s: float
    used_s: float
    note: str = ""
    is_over: bool = False
    is_technical: bool = False
    has_keys: bool = True
    namespace: str = ""
    over: asyncio.Event = field(default_factory=asyncio.Event)


class _Kept(msgspec.Struct, frozen=True):
    id: str
    name: str
    common_name: str
    organizations: tuple[str, ...]
    not_after_s: float
    fingerprint: str
    ends_s: float
    used_s: float


class Sessions:
    """All codes and sessions."""

    def __init__(self, clock: Clock, keep_in: Path | None = None) -> None:
        """`keep_in` is the file where sessions without a secret outlive a restart."""
        self._clock = clock
        self._file = keep_in
        self._codes: dict[str, tuple[float, str, Credentials, str]] = {}
        self._sessions: dict[str, Session] = self._read()

    def make_code(self, name: str, credentials: Credentials, namespace: str = "") -> str:
        """A code for one sign-in of this person; `namespace` is the one that they call their own."""
        now_s = self._clock.now_s()
        self._codes = {key: entry for key, entry in self._codes.items() if entry[0] > now_s}
        while len(self._codes) >= CODES_MAX:
            del self._codes[next(iter(self._codes))]
        code = secrets.token_urlsafe(32)
        self._codes[_digest(code)] = (now_s + CODE_LIFE_S, name, credentials, namespace)
        return code

    def redeem(self, code: str) -> str | None:
        """The cookie of a new session for a code, which is worth nothing from now on; None for a bad one."""
        entry = self._codes.pop(_digest(code), None)
        now_s = self._clock.now_s()
        if entry is None or entry[0] <= now_s:
            return None
        _, name, credentials, namespace = entry
        cookie = secrets.token_urlsafe(32)
        ends_s = now_s + SESSION_LIFE_S
        if credentials.peer is not None and credentials.peer.not_after_s:
            ends_s = min(ends_s, credentials.peer.not_after_s)
        while len(self._sessions) >= SESSIONS_MAX:
            self.end(min(self._sessions.values(), key=lambda session: session.used_s))
        session = Session(_digest(cookie), name, credentials, ends_s, now_s, namespace=namespace)
        self._sessions[session.id] = session
        self._write()
        return cookie

    def find(self, cookie: str) -> Session | None:
        """The session of a cookie, if it is still good."""
        session = self._sessions.get(_digest(cookie)) if cookie else None
        if session is None or not self.is_good(session):
            return None
        session.used_s = self._clock.now_s()
        return session

    def is_good(self, session: Session) -> bool:
        """Whether it has not ended; one whose time is over ends by this."""
        now_s = self._clock.now_s()
        if not session.is_over and (now_s >= session.ends_s or now_s >= session.used_s + SESSION_IDLE_S):
            self.end(session)
        return not session.is_over

    def end(self, session: Session) -> None:
        """Sign out."""
        session.is_over = True
        session.over.set()
        if self._sessions.pop(session.id, None) is not None:
            self._write()

    def _read(self) -> dict[str, Session]:
        if self._file is None or not self._file.exists():
            return {}
        try:
            kept = msgspec.json.decode(self._file.read_bytes(), type=list[_Kept])
        except msgspec.DecodeError:
            # People sign in again; nothing else is lost.
            return {}
        return {one.id: _session(one) for one in kept}

    def _write(self) -> None:
        if self._file is not None:
            kept = [_kept(session) for session in self._sessions.values() if not session.credentials.authorization]
            write_atomically(self._file, msgspec.json.encode(kept), mode=0o600, fsync=False)


def _session(kept: _Kept) -> Session:
    peer = Peer(kept.common_name, kept.organizations, kept.not_after_s, kept.fingerprint)
    return Session(kept.id, kept.name, Credentials(peer), kept.ends_s, kept.used_s)


def _kept(session: Session) -> _Kept:
    peer = session.credentials.peer or Peer("")
    return _Kept(
        session.id,
        session.name,
        peer.common_name,
        peer.organizations,
        peer.not_after_s,
        peer.fingerprint,
        session.ends_s,
        session.used_s,
    )


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()


def cookie_name(host: str) -> str:
    """Cookies know no ports, so two clusters on one machine need two names; __Host-: no other host can set it."""
    port = host.rpartition(":")[2]
    return f"__Host-wherry-{port if port.isdigit() else '443'}"


def cookie_in(header: str, name: str) -> str:
    """The value of one cookie in a Cookie header; "" when it is not there."""
    for part in header.split(";"):
        key, _, value = part.strip().partition("=")
        if key == name:
            return value
    return ""


def set_cookie(name: str, value: str) -> tuple[str, str]:
    """The header that gives a browser its session; without a value, the one that takes it away."""
    age = "" if value else "; Max-Age=0"
    return "Set-Cookie", f"{name}={value}; Path=/; Secure; HttpOnly; SameSite=Strict{age}"
