"""Numbers about the running system, in Prometheus' text form.

Counter, Gauge and Histogram with labels. A metric with given label values is looked up once
(`metric.labels("get", "200")`) and kept where it is hot: counting is then one addition.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Generic, Protocol, TypeVar

# Kubernetes' request durations, in seconds: from 5 ms to a minute.
DEFAULT_BUCKETS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class _Sample(Protocol):
    def lines(self, name: str, labels: str) -> list[str]: ...


S = TypeVar("S", bound=_Sample)


class CounterValue:
    """A number that only grows."""

    __slots__ = ("_read", "value")

    def __init__(self) -> None:
        """Start at 0."""
        self.value = 0.0
        self._read: Callable[[], float] | None = None

    def inc(self, amount: float = 1.0) -> None:
        """Count `amount` more (never negative)."""
        assert amount >= 0
        self.value += amount

    def read_from(self, read: Callable[[], float]) -> None:
        """Ask `read`, which must never return less than before, whenever the metrics are shown."""
        self._read = read

    def lines(self, name: str, labels: str) -> list[str]:
        """The Prometheus line."""
        value = float(self._read()) if self._read is not None else self.value
        return [f"{name}{_braced(labels)} {_number(value)}"]


class GaugeValue:
    """A number that goes up and down."""

    __slots__ = ("_read", "value")

    def __init__(self) -> None:
        """Start at 0."""
        self.value = 0.0
        self._read: Callable[[], float] | None = None

    def set(self, value: float) -> None:
        """Set it."""
        self.value = value

    def inc(self, amount: float = 1.0) -> None:
        """Add `amount` (may be negative)."""
        self.value += amount

    def read_from(self, read: Callable[[], float]) -> None:
        """Ask `read` whenever the metrics are shown, instead of keeping a value."""
        self._read = read

    def lines(self, name: str, labels: str) -> list[str]:
        """The Prometheus line."""
        value = float(self._read()) if self._read is not None else self.value
        return [f"{name}{_braced(labels)} {_number(value)}"]


class HistogramValue:
    """How often values fell into which range, their number and their sum."""

    __slots__ = ("_bounds", "_counts", "sum")

    def __init__(self, bounds: Sequence[float]) -> None:
        """`bounds` are the ranges' upper ends, rising."""
        self._bounds = tuple(bounds)
        self._counts = [0] * (len(self._bounds) + 1)
        self.sum = 0.0

    @property
    def count(self) -> int:
        """How many values were observed."""
        return sum(self._counts)

    def observe(self, value: float) -> None:
        """Count one value."""
        # bisect_left: a value equal to a bound belongs to it (Prometheus' "le").
        self._counts[bisect_left(self._bounds, value)] += 1
        self.sum += value

    def lines(self, name: str, labels: str) -> list[str]:
        """The Prometheus lines: cumulative buckets, sum and count."""
        prefix = f"{labels}," if labels else ""
        seen = 0
        lines = []
        for bound, count in zip((*self._bounds, float("inf")), self._counts, strict=True):
            seen += count
            edge = "+Inf" if bound == float("inf") else _number(bound)
            lines.append(f'{name}_bucket{{{prefix}le="{edge}"}} {seen}')
        return [*lines, f"{name}_sum{_braced(labels)} {_number(self.sum)}", f"{name}_count{_braced(labels)} {seen}"]


class Metric(Generic[S]):
    """A named family of values, one for each combination of its labels."""

    def __init__(self, name: str, help_text: str, kind: str, labels: tuple[str, ...], make: Callable[[], S]) -> None:
        """Made by a `Registry`."""
        self.name = name
        self.help_text = help_text
        self.kind = kind
        self.label_names = labels
        self._make = make
        self._values: dict[tuple[str, ...], S] = {}

    def labels(self, *values: str) -> S:
        """The value for these label values, in the order in which the labels were declared."""
        found = self._values.get(values)
        if found is None:
            assert len(values) == len(self.label_names), f"{self.name} has labels {self.label_names}"
            found = self._values[values] = self._make()
        return found

    def remove(self, *values: str) -> None:
        """Forget one combination (its object is gone)."""
        self._values.pop(values, None)

    def text(self) -> str:
        """This family in Prometheus' text form."""
        lines = [f"# HELP {self.name} {_escape_help(self.help_text)}", f"# TYPE {self.name} {self.kind}"]
        for values, sample in sorted(self._values.items(), key=lambda item: item[0]):
            pairs = zip(self.label_names, values, strict=True)
            labels = ",".join(f'{label}="{_escape(value)}"' for label, value in pairs)
            lines.extend(sample.lines(self.name, labels))
        return "\n".join(lines) + "\n"


class Registry:
    """All metrics of one process."""

    def __init__(self) -> None:
        """Empty."""
        self._metrics: dict[str, Metric[CounterValue] | Metric[GaugeValue] | Metric[HistogramValue]] = {}

    def counter(self, name: str, help_text: str, labels: tuple[str, ...] = ()) -> Metric[CounterValue]:
        """Declare a counter (its name ends in `_total`)."""
        metric = Metric(name, help_text, "counter", labels, CounterValue)
        self._add(metric)
        return metric

    def gauge(self, name: str, help_text: str, labels: tuple[str, ...] = ()) -> Metric[GaugeValue]:
        """Declare a gauge."""
        metric = Metric(name, help_text, "gauge", labels, GaugeValue)
        self._add(metric)
        return metric

    def histogram(
        self, name: str, help_text: str, labels: tuple[str, ...] = (), buckets: Sequence[float] = DEFAULT_BUCKETS_S
    ) -> Metric[HistogramValue]:
        """Declare a histogram with these upper bounds."""
        assert list(buckets) == sorted(set(buckets))
        metric = Metric(name, help_text, "histogram", labels, lambda: HistogramValue(buckets))
        self._add(metric)
        return metric

    def metrics(self) -> list[Metric[CounterValue] | Metric[GaugeValue] | Metric[HistogramValue]]:
        """All that are declared, by name."""
        return [self._metrics[name] for name in sorted(self._metrics)]

    def text(self) -> str:
        """Everything, as GET /metrics shows it."""
        return "".join(metric.text() for metric in self.metrics())

    def _add(self, metric: Metric[CounterValue] | Metric[GaugeValue] | Metric[HistogramValue]) -> None:
        assert metric.name not in self._metrics, f"{metric.name} is declared twice"
        self._metrics[metric.name] = metric


def _braced(labels: str) -> str:
    return f"{{{labels}}}" if labels else ""


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")


def _escape_help(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")
