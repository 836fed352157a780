"""Strangers' pages get nowhere."""

from __future__ import annotations

import pytest

from wherry.dashboard.guard import guarded, host_of, is_known_host, is_own_form
from wherry.kit.http.types import Request, Response


def asked(**headers: str) -> Request:
    return Request("POST", "/ui/", headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("header", "host"),
    [("127.0.0.1:6443", "127.0.0.1"), ("LocalHost", "localhost"), ("[::1]:6443", "::1"), ("", "")],
)
def test_a_host_is_known_by_its_name_whatever_the_port(header: str, host: str) -> None:
    assert host_of(asked(host=header)) == host
    assert is_known_host(asked(host=header), {host}) is True
    assert is_known_host(asked(host=header), {"other"}) is False


def test_a_form_must_come_from_our_own_page() -> None:
    own = "127.0.0.1:6443"
    assert is_own_form(asked(host=own, origin=f"https://{own}"))
    assert is_own_form(asked(host=own, sec_fetch_site="same-origin"))
    for strange in ("https://evil.example", "null", "https://127.0.0.1:7443", f"http://{own}"):
        assert not is_own_form(asked(host=own, origin=strange, sec_fetch_site="same-origin"))
    assert not is_own_form(asked(host=own))


def test_every_answer_forbids_frames_strange_sources_and_storing() -> None:
    headers = dict(guarded(Response()).headers)
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
