"""Events in both groups: the same objects, two forms, and what each refuses."""

from __future__ import annotations

import pytest

from suites.api_harness import MERGE, TABLE, make_api
from suites.kind_rules import errors_of
from suites.sample_objects import created, sample
from wherry.api.core.event import EVENTS
from wherry.api.events.event import NEW_EVENTS
from wherry.apimachinery.document import Document
from wherry.apimachinery.resource_type import AnyResourceType

NEW_FORM: Document = {
    "eventTime": "2026-11-23T07:00:00.000000Z",
    "action": "Killing",
    "reportingComponent": "kubelet",
    "reportingInstance": "n1",
}
ANYWHERE: Document = {"kind": "Node", "name": "n1"}


@pytest.mark.parametrize(
    ("resource", "changes", "wanted"),
    [
        (EVENTS, NEW_FORM, []),
        (
            EVENTS,
            {"eventTime": NEW_FORM["eventTime"]},
            [
                "reportingController: Required value",
                'reportingController: Invalid value: "": name part must be non-empty; name part must consist of '
                "alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character "
                "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
                "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
                "reportingInstance: Required value",
                "action: Required value",
            ],
        ),
        (EVENTS, NEW_FORM | {"action": "x" * 129}, ['action: Invalid value: "": can have at most 128 characters']),
        (EVENTS, NEW_FORM | {"message": "x" * 1025}, ['message: Invalid value: "": can have at most 1024 characters']),
        (EVENTS, {"message": "x" * 1025}, []),
        (EVENTS, {"involvedObject": ANYWHERE}, []),
        (
            EVENTS,
            {"involvedObject": ANYWHERE, "metadata": {"namespace": "shop"}},
            ['involvedObject.namespace: Invalid value: "": does not match event.namespace'],
        ),
        (NEW_EVENTS, {"regarding": ANYWHERE, "metadata": {"namespace": "kube-system"}}, []),
        (NEW_EVENTS, {"eventTime": None}, ["eventTime: Required value"]),
        (NEW_EVENTS, {"type": "Odd"}, ['type: Invalid value: "": has invalid value: Odd']),
        (NEW_EVENTS, {"deprecatedCount": 2}, ['count: Invalid value: "": needs to be unset']),
        (NEW_EVENTS, {"deprecatedSource": {"component": "x"}}, ['source: Invalid value: "": needs to be unset']),
        (
            NEW_EVENTS,
            {"series": {"count": 1}},
            [
                'series.count: Invalid value: "": should be at least 2',
                "series.lastObservedTime: Required value",
            ],
        ),
    ],
)
def test_an_event_is_refused_in_the_words_of_kubernetes(
    resource: AnyResourceType, changes: Document, wanted: list[str]
) -> None:
    assert errors_of(resource, changes) == wanted


def test_only_the_series_of_a_new_event_may_change() -> None:
    old = created(NEW_EVENTS)
    series: Document = {"count": 2, "lastObservedTime": "2026-11-23T08:00:00.000000Z"}
    assert errors_of(NEW_EVENTS, {"series": series}, old) == []
    assert errors_of(NEW_EVENTS, {"note": "other"}, old) == ['message: Invalid value: "other": field is immutable']


async def test_both_groups_show_the_same_objects() -> None:
    api = await make_api()
    made = await api.must("POST", NEW_EVENTS.url("default"), {**sample(NEW_EVENTS), "note": "hello"})
    assert made["note"] == "hello"
    assert made["regarding"] == {"kind": "Pod", "name": "p", "namespace": "default"}
    old = await api.must("GET", EVENTS.url("default", "web"))
    assert (old["message"], old["involvedObject"]) == ("hello", made["regarding"])
    assert (old["reportingComponent"], old["metadata"]) == ("example.com/puller", made["metadata"])

    patch = {"series": {"count": 5, "lastObservedTime": "2026-11-23T08:00:00Z"}}
    await api.must("PATCH", EVENTS.url("default", "web"), patch, content_type=MERGE)
    answer = await api.ask("GET", NEW_EVENTS.url("default", "web"))
    assert answer.at("series") == {"count": 5, "lastObservedTime": "2026-11-23T08:00:00.000000Z"}

    await api.must("DELETE", EVENTS.url("default", "web"))
    assert (await api.ask("GET", NEW_EVENTS.url("default", "web"))).status == 404


async def test_an_old_event_says_in_the_newer_form_that_it_has_no_event_time() -> None:
    api = await make_api()
    old = {**sample(EVENTS), "count": 3, "source": {"component": "kubelet", "host": "n1"}}
    await api.must("POST", EVENTS.url("default"), old)
    new = await api.must("GET", NEW_EVENTS.url("default", "web"))
    assert "eventTime" in new
    assert new["eventTime"] is None
    assert (new["deprecatedCount"], new["deprecatedSource"]) == (3, {"component": "kubelet", "host": "n1"})
    patch = {"metadata": {"labels": {"a": "b"}}}
    assert (await api.ask("PATCH", NEW_EVENTS.url("default", "web"), patch, content_type=MERGE)).status == 200
    assert "eventTime" not in await api.must("GET", EVENTS.url("default", "web"))


async def test_events_are_selected_by_what_they_are_about_in_either_form() -> None:
    api = await make_api()
    await api.must("POST", EVENTS.url("default"), sample(EVENTS))
    for resource, selector in (
        (EVENTS, "involvedObject.name=p,reason=Killing"),
        (NEW_EVENTS, "regarding.name=p,reason=Killing"),
    ):
        listed = await api.ask("GET", resource.url("default"), fieldSelector=selector)
        assert listed.at("items.0.metadata.name") == "web", listed.body
        other = await api.ask("GET", resource.url("default"), fieldSelector=selector.replace("=p", "=q"))
        assert other.at("items") == []
    table = await api.ask("GET", NEW_EVENTS.url("default"), accept=TABLE)
    assert table.at("rows.0.cells.3") == "pod/p"
