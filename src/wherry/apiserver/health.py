"""Is the server alive, is it ready? /healthz, /livez and /readyz, as a whole or check by check.

What the checks say is told to Prometheus too, at /metrics/slis.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wherry.kit.http.types import Request, Response
from wherry.kit.metrics import Registry

TEXT = "text/plain; charset=utf-8"
NO_SNIFF = ("X-Content-Type-Options", "nosniff")
ROOTS = ("healthz", "livez", "readyz")

Check = Callable[[], str]
"""Looks at one thing; returns what is wrong, or ""."""


class Health:
    """Runs named checks. `readyz` has those of `livez` and more."""

    def __init__(self, live: Mapping[str, Check], ready: Mapping[str, Check]) -> None:
        """`live` says whether the server works at all, `ready` whether clients should come."""
        self._checks: dict[str, dict[str, Check]] = {
            "healthz": dict(live),
            "livez": dict(live),
            "readyz": {**live, **ready},
        }
        self.registry = Registry()
        self._results = self.registry.gauge(
            "kubernetes_healthcheck", "[STABLE] 1: the check passes, 0: it does not.", ("name", "type")
        )
        self._totals = self.registry.counter(
            "kubernetes_healthchecks_total", "[STABLE] How often checks were run.", ("name", "status", "type")
        )

    def paths(self) -> list[str]:
        """All paths that `answer` knows."""
        return [path for root in ROOTS for path in (f"/{root}", *(f"/{root}/{name}" for name in self._checks[root]))]

    def service_levels(self) -> str:
        """All checks as GET /metrics/slis shows them."""
        for root, checks in self._checks.items():
            for name, check in checks.items():
                self._results.labels(name, root).set(0.0 if check() else 1.0)
        return self.registry.text()

    def answer(self, request: Request) -> Response | None:
        """The answer to a health path; None for any other path."""
        root, _, name = request.path.strip("/").partition("/")
        checks = self._checks.get(root)
        if checks is None:
            return None
        if name:
            if name not in checks:
                return None
            wrong = self._run(root, name)
            return text_answer(f"internal server error: {wrong}\n", 500) if wrong else text_answer("ok")
        items = request.query_items()
        excluded = {value for key, value in items if key == "exclude"}
        return self._all(root, checks, excluded, is_verbose=any(key == "verbose" for key, _ in items))

    def _run(self, root: str, name: str) -> str:
        wrong = self._checks[root][name]()
        self._totals.labels(name, "error" if wrong else "success", root).inc()
        return wrong

    def _all(self, root: str, checks: Mapping[str, Check], excluded: set[str], *, is_verbose: bool) -> Response:
        lines: list[str] = []
        has_failed = False
        for name in checks:
            if name in excluded:
                lines.append(f"[+]{name} excluded: ok\n")
            elif self._run(root, name):
                has_failed = True
                lines.append(f"[-]{name} failed: reason withheld\n")
            else:
                lines.append(f"[+]{name} ok\n")
        unknown = sorted(excluded - set(checks))
        if unknown:
            names = ", ".join(f'"{name}"' for name in unknown)
            lines.append(f"warn: some health checks cannot be excluded: no matches for {names}\n")
        if has_failed:
            return text_answer("".join(lines) + f"{root} check failed\n", 500)
        return text_answer("".join(lines) + f"{root} check passed\n") if is_verbose else text_answer("ok")


def text_answer(text: str, status: int = 200) -> Response:
    """Plain text that no browser takes for anything else."""
    return Response(status, TEXT, text.encode(), [NO_SNIFF])
