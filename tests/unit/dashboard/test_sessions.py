"""Links work once; sessions end; what outlives a restart holds no secret."""

from __future__ import annotations

from pathlib import Path

from wherry.dashboard.person import Credentials
from wherry.dashboard.sessions import (
    CODE_LIFE_S,
    SESSION_IDLE_S,
    SESSION_LIFE_S,
    SESSIONS_MAX,
    Sessions,
    cookie_in,
    cookie_name,
    set_cookie,
)
from wherry.kit.clock import FakeClock
from wherry.kit.http.types import Peer

ANA = Credentials(Peer("ana", ("shop",), 0.0, "ab"))
ROBOT = Credentials(None, "Bearer secret-token")


def signed_in(sessions: Sessions, credentials: Credentials = ANA) -> str:
    cookie = sessions.redeem(sessions.make_code("ana", credentials))
    assert cookie is not None
    return cookie


def test_a_code_is_good_for_one_session(clock: FakeClock) -> None:
    sessions = Sessions(clock)
    code = sessions.make_code("ana", ANA)
    cookie = sessions.redeem(code)
    assert cookie is not None
    session = sessions.find(cookie)
    assert session is not None
    assert (session.name, session.credentials) == ("ana", ANA)
    assert sessions.redeem(code) is None
    assert sessions.redeem("guessed") is None
    assert sessions.find("guessed") is None
    assert sessions.find("") is None


async def test_a_code_is_good_for_a_short_time(clock: FakeClock) -> None:
    sessions = Sessions(clock)
    code = sessions.make_code("ana", ANA)
    await clock.advance(CODE_LIFE_S)
    assert sessions.redeem(code) is None


async def test_a_session_ends_when_nobody_uses_it_and_in_any_case(clock: FakeClock) -> None:
    sessions = Sessions(clock)
    idle = signed_in(sessions)
    await clock.advance(SESSION_IDLE_S)
    assert sessions.find(idle) is None
    busy = signed_in(sessions)
    for _ in range(int(SESSION_LIFE_S / 3600) - 1):
        await clock.advance(3600)
        assert sessions.find(busy) is not None
    await clock.advance(3600)
    assert sessions.find(busy) is None


async def test_a_session_ends_with_its_certificate(clock: FakeClock) -> None:
    sessions = Sessions(clock)
    cookie = signed_in(sessions, Credentials(Peer("ana", (), clock.now_s() + 60)))
    assert sessions.find(cookie) is not None
    await clock.advance(60)
    assert sessions.find(cookie) is None


def test_signing_out_ends_a_session_for_good(clock: FakeClock, tmp_path: Path) -> None:
    sessions = Sessions(clock, tmp_path / "sessions")
    cookie = signed_in(sessions)
    session = sessions.find(cookie)
    assert session is not None
    sessions.end(session)
    assert sessions.find(cookie) is None
    assert Sessions(clock, tmp_path / "sessions").find(cookie) is None


def test_a_restart_keeps_sessions_of_certificates_and_no_secret(clock: FakeClock, tmp_path: Path) -> None:
    file = tmp_path / "sessions"
    sessions = Sessions(clock, file)
    ana, robot = signed_in(sessions), signed_in(sessions, ROBOT)
    again = Sessions(clock, file)
    kept = again.find(ana)
    assert kept is not None
    assert kept.credentials == ANA
    assert again.find(robot) is None
    text = file.read_text()
    assert "secret-token" not in text
    assert ana not in text
    assert file.stat().st_mode & 0o077 == 0
    file.write_text("damaged")
    assert Sessions(clock, file).find(ana) is None


def test_sessions_are_bounded(clock: FakeClock) -> None:
    sessions = Sessions(clock)
    first = signed_in(sessions)
    for _ in range(SESSIONS_MAX):
        signed_in(sessions)
    assert sessions.find(first) is None


def test_two_clusters_on_one_machine_have_two_cookies() -> None:
    assert cookie_name("127.0.0.1:6443") != cookie_name("127.0.0.1:7443")
    name, header = set_cookie("__Host-wherry-1", "x")
    assert name == "Set-Cookie"
    assert header == "__Host-wherry-1=x; Path=/; Secure; HttpOnly; SameSite=Strict"
    assert cookie_in("a=b; __Host-wherry-1=x; c=d", "__Host-wherry-1") == "x"
    assert cookie_in("a=b", "c") == ""
