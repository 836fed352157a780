from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from suites.api_harness import Answer, Api, make_api

MAPS = "/api/v1/namespaces/default/configmaps"
NEWEST, PAST = ["m1", "m2", "m3"], ["m0", "m1", "m2"]
MATCH = "resourceVersionMatch"


@pytest.fixture
async def api() -> Api:
    """Three maps, whose state "then" is a revision in the past: m0 was there and m3 was not."""
    api = await make_api()
    for name in ("m0", "m1", "m2"):
        await api.must("POST", MAPS, {"metadata": {"name": name}})
    api.then = str(api.server.environment.store.revision)  # type: ignore[attr-defined]
    await api.must("DELETE", f"{MAPS}/m0")
    await api.must("POST", MAPS, {"metadata": {"name": "m3"}})
    return api


def names(answer: Answer) -> list[str]:
    items = answer.json["items"]
    assert isinstance(items, list)
    return [item["metadata"]["name"] for item in items]


# The table of the Kubernetes documentation: match, limit, continue, resourceVersion, and what comes back.
TABLE: list[tuple[str, str, str, str, object]] = [
    ("", "", "", "", NEWEST),
    ("", "", "", "0", NEWEST),
    ("", "", "", "then", NEWEST),
    ("", "2", "", "", NEWEST[:2]),
    ("", "2", "", "0", NEWEST[:2]),
    ("", "2", "", "then", PAST[:2]),
    ("", "2", "token", "", NEWEST[2:]),
    ("", "2", "token", "0", NEWEST[2:]),
    ("", "2", "token", "then", 400),
    ("", "", "token", "", NEWEST[2:]),
    ("Exact", "", "", "", 422),
    ("Exact", "", "", "0", 422),
    ("Exact", "", "", "then", PAST),
    ("Exact", "2", "", "", 422),
    ("Exact", "2", "", "0", 422),
    ("Exact", "2", "", "then", PAST[:2]),
    ("NotOlderThan", "", "", "", 422),
    ("NotOlderThan", "", "", "0", NEWEST),
    ("NotOlderThan", "", "", "then", NEWEST),
    ("NotOlderThan", "2", "", "", 422),
    ("NotOlderThan", "2", "", "0", NEWEST[:2]),
    ("NotOlderThan", "2", "", "then", NEWEST[:2]),
    ("Exact", "2", "token", "then", 422),
    ("NotOlderThan", "2", "token", "0", 422),
    ("Sometimes", "", "", "then", 422),
]


@pytest.mark.parametrize(("match", "limit", "token", "revision", "expected"), TABLE)
async def test_each_combination_means_what_the_documentation_says(
    api: Api, match: str, limit: str, token: str, revision: str, expected: object
) -> None:
    if token:
        token = str((await api.ask("GET", MAPS, limit="2")).at("metadata.continue"))
    if revision == "then":
        revision = api.then  # type: ignore[attr-defined]
    query = {MATCH: match, "limit": limit, "continue": token, "resourceVersion": revision}
    answer = await api.ask("GET", MAPS, **{name: text for name, text in query.items() if text})
    assert (names(answer) if answer.status == 200 else answer.status) == expected


@pytest.mark.parametrize(
    ("query", "messages"),
    [
        ({MATCH: "Exact"}, ["Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"]),
        (
            {MATCH: "Exact", "continue": "x"},
            [
                "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided",
                "Forbidden: resourceVersionMatch is forbidden when continue is provided",
            ],
        ),
        (
            {MATCH: "Exact", "resourceVersion": "0"},
            ['Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'],
        ),
        (
            {MATCH: "Never", "resourceVersion": "1"},
            ['Unsupported value: "Never": supported values: "Exact", "NotOlderThan", ""'],
        ),
        ({"sendInitialEvents": "true"}, ["Forbidden: sendInitialEvents is forbidden for list"]),
        ({"sendInitialEvents": "false"}, ["Forbidden: sendInitialEvents is forbidden for list"]),
        (
            {"watch": "1", "sendInitialEvents": "true", MATCH: "Exact", "resourceVersion": "1"},
            [
                "Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
                'Unsupported value: "Exact": supported values: "NotOlderThan"',
            ],
        ),
        (
            {"watch": "1", MATCH: "NotOlderThan", "resourceVersion": "1"},
            ["Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"],
        ),
        (
            {"watch": "1", "sendInitialEvents": "true", MATCH: "NotOlderThan", "continue": "x"},
            ["Forbidden: resourceVersionMatch is forbidden when continue is provided"],
        ),
    ],
)
async def test_all_that_is_wrong_is_said_at_once(api: Api, query: dict[str, str], messages: list[str]) -> None:
    answer = await api.ask("GET", MAPS, **query)
    assert (answer.status, answer.at("details.kind"), answer.at("details.group")) == (
        422, "ListOptions", "meta.k8s.io",
    )  # fmt: skip
    causes = answer.at("details.causes")
    assert isinstance(causes, list)
    assert [cause["message"] for cause in causes] == messages


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ({"limit": "abc"}, 400, 'strconv.ParseInt: parsing "abc": invalid syntax'),
        ({"limit": str(2**63)}, 400, f'strconv.ParseInt: parsing "{2**63}": value out of range'),
        ({"timeoutSeconds": "1.5", "watch": "1"}, 400, 'strconv.ParseInt: parsing "1.5": invalid syntax'),
        (
            {"resourceVersion": "-1"},
            400,
            'resourceVersion: Invalid value: "-1": strconv.ParseUint: parsing "-1": invalid syntax',
        ),
        (
            {"resourceVersion": "9" * 5000},
            400,
            f'resourceVersion: Invalid value: "{"9" * 5000}": strconv.ParseUint: parsing "{"9" * 5000}": '
            "value out of range",
        ),
        ({"resourceVersion": "\u0661"}, 400, None),
    ],
)
async def test_what_is_no_number_is_a_bad_request(
    api: Api, query: dict[str, str], status: int, message: str | None
) -> None:
    answer = await api.ask("GET", MAPS, **query)
    assert answer.status == status
    assert message is None or answer.at("message") == message


@pytest.mark.parametrize("limit", ["-1", "0", str(2**63 - 1), str(-(2**63)), ""])
async def test_no_limit_a_negative_and_a_huge_one_mean_all(api: Api, limit: str) -> None:
    answer = await api.ask("GET", MAPS, limit=limit)
    assert names(answer) == NEWEST
    assert answer.json["metadata"] == {"resourceVersion": str(api.server.environment.store.revision)}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {MATCH: "Exact"},
        {MATCH: "NotOlderThan"},
        {"limit": "1"},
        {"watch": "1", "sendInitialEvents": "1", MATCH: "NotOlderThan"},
    ],
)
async def test_a_revision_of_the_future_is_a_timeout_that_says_when_to_try_again(
    api: Api, query: dict[str, str]
) -> None:
    answer = await api.ask("GET", MAPS, resourceVersion=str(2**64 - 1), **query)
    assert (answer.status, answer.at("reason"), answer.at("details.retryAfterSeconds")) == (504, "Timeout", 1)
    assert answer.at("details.causes.0.reason") == "ResourceVersionTooLarge"
    assert ("Retry-After", "1") in answer.headers


async def test_an_exact_revision_that_is_forgotten_has_expired(api: Api) -> None:
    store = api.server.environment.store
    await store.compact(store.revision)
    for query in ({MATCH: "Exact"}, {"limit": "1"}):
        answer = await api.ask("GET", MAPS, resourceVersion=api.then, **query)  # type: ignore[attr-defined]
        assert (answer.status, answer.at("reason")) == (410, "Expired")
        assert answer.at("message") == "The resourceVersion for the provided list is too old."


@pytest.mark.parametrize(
    ("text", "is_watch"),
    [("true", True), ("1", True), ("", True), ("yes", True), ("0", False), ("false", False), ("FALSE", False)],
)
async def test_any_word_but_false_and_0_switches_a_watch_on(api: Api, text: str, is_watch: bool) -> None:
    response = await api.raw("GET", MAPS, watch=text, timeoutSeconds="0")
    assert isinstance(response.body, AsyncIterator) == is_watch
