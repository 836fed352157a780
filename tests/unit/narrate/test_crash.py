"""Why a program crashed."""

from __future__ import annotations

import pytest

from wherry.narrate.crash import LAST_WORDS_MAX, Crash, explain_crash


def crash(*log: str, exit_code: int = 1, reason: str = "Error") -> Crash:
    return explain_crash("c", exit_code=exit_code, reason=reason, log=log, pod="web-1", namespace="shop")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("KeyError: 'ORDERS_URL'", "reads ORDERS_URL"),
        ("Error: environment variable DATABASE_URL is not set", "reads DATABASE_URL"),
        ("API_KEY is required", "reads API_KEY"),
        ("ModuleNotFoundError: No module named 'flask'", "lacks flask"),
        ("Error: Cannot find module 'express'", "lacks express"),
        ("OSError: [Errno 98] Address already in use", "same port"),
        ('psycopg2.OperationalError: could not translate host name "db" to address', "not exist here: db"),
        ("Error: getaddrinfo ENOTFOUND orders", "not exist here: orders"),
        ("dial tcp: lookup orders on 10.96.0.10:53: no such host", "not exist here: orders"),
        ("socket.gaierror: [Errno -2] Name or service not known", "a name that does not exist here"),
        ("connect ECONNREFUSED 10.96.0.3:5432", "does not answer"),
        ('FATAL: password authentication failed for user "shop"', "wrong password"),
        ("OSError: [Errno 30] Read-only file system: '/data'", "only read"),
        ("write /x: no space left on device", "no room left"),
        ("exec /app: exec format error", "another kind of processor"),
        ("PermissionError: [Errno 13] Permission denied: '/var/x'", "may not use"),
        ("sh: frobnicate: not found", "not in the image"),
        ("FATAL ERROR: JavaScript heap out of memory", "more memory"),
        ("panic: runtime error: index out of range", "has a fault"),
    ],
)
def test_a_known_pattern_gets_its_likely_cause(line: str, words: str) -> None:
    found = crash("starting", line)
    assert found.is_known
    assert words in found.likely
    assert found.next


def test_the_cause_wins_over_the_trace_around_it() -> None:
    found = crash("Traceback (most recent call last):", '  File "main.py", line 1', "KeyError: 'ORDERS_URL'")
    assert found.likely.startswith("A setting is missing")
    assert found.next == "Set ORDERS_URL for it"


@pytest.mark.parametrize(
    ("exit_code", "words"), [(0, "ended well"), (127, "not in the image"), (137, "stopped it at once")]
)
def test_without_words_the_exit_code_tells(exit_code: int, words: str) -> None:
    assert words in crash(exit_code=exit_code).likely


def test_too_much_memory_is_known_whatever_was_written() -> None:
    assert crash("KeyError: 'X_Y'", exit_code=137, reason="OOMKilled").likely == "It used more memory than its limit."


def test_an_unknown_way_to_crash_is_said_to_be_unknown() -> None:
    found = crash("it was a dark and stormy night", exit_code=3)
    assert not found.is_known
    assert found.likely.startswith("Nobody here knows")
    assert found.next == "wherry logs pod/web-1 -n shop --previous"


def test_only_the_last_words_are_shown() -> None:
    found = crash(*(f"line {n}" for n in range(20)), "")
    assert found.last_words == tuple(f"line {n}" for n in range(20 - LAST_WORDS_MAX, 20))
