from __future__ import annotations

import pytest

from wherry.kit.metrics import Registry


def test_prometheus_reads_our_text() -> None:
    registry = Registry()
    requests = registry.counter("requests_total", "Requests\nso far.", ("verb", "path"))
    requests.labels("get", 'a"b\\c').inc()
    requests.labels("get", 'a"b\\c').inc(2)
    registry.gauge("nodes", "Nodes.").labels().set(1.5)
    duration = registry.histogram("duration_seconds", "How long.", buckets=(0.1, 1.0))
    for value in (0.1, 0.5, 7):
        duration.labels().observe(value)
    assert registry.text() == (
        "# HELP duration_seconds How long.\n# TYPE duration_seconds histogram\n"
        'duration_seconds_bucket{le="0.1"} 1\nduration_seconds_bucket{le="1"} 2\nduration_seconds_bucket{le="+Inf"} 3\n'
        "duration_seconds_sum 7.6\nduration_seconds_count 3\n"
        "# HELP nodes Nodes.\n# TYPE nodes gauge\nnodes 1.5\n"
        "# HELP requests_total Requests\\nso far.\n# TYPE requests_total counter\n"
        'requests_total{verb="get",path="a\\"b\\\\c"} 3\n'
    )
    assert duration.labels().count == 3


def test_a_gauge_can_be_read_when_asked_and_forgotten() -> None:
    gauge = Registry().gauge("watchers", "Watchers.", ("kind",))
    gauge.labels("pods").read_from(lambda: 7)
    gauge.labels("nodes").inc(-2)
    assert 'watchers{kind="pods"} 7' in gauge.text()
    assert 'watchers{kind="nodes"} -2' in gauge.text()
    gauge.remove("pods")
    assert "pods" not in gauge.text()


def test_wrong_labels_and_double_declarations_are_programming_errors() -> None:
    registry = Registry()
    metric = registry.counter("a_total", "A.", ("x",))
    with pytest.raises(AssertionError):
        metric.labels("1", "2")
    with pytest.raises(AssertionError):
        registry.gauge("a_total", "A.")
