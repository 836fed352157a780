"""Is the server alive, is it ready? /healthz, /livez and /readyz, as a whole or check by check."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from wherry.kit.http.types import Request, Response

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

    def paths(self) -> list[str]:
        """All paths that `answer` knows."""
        return [path for root in ROOTS for path in (f"/{root}", *(f"/{root}/{name}" for name in self._checks[root]))]

    def answer(self, request: Request) -> Response | None:
        """The answer to a health path; None for any other path."""
        segments = request.path.strip("/").split("/", 1)
        checks = self._checks.get(segments[0])
        if checks is None:
            return None
        if len(segments) > 1:
            check = checks.get(segments[1])
            if check is None:
                return None
            wrong = check()
            return text_answer(f"internal server error: {wrong}\n", 500) if wrong else text_answer("ok")
        items = request.query_items()
        excluded = {value for name, value in items if name == "exclude"}
        return self._all(segments[0], checks, excluded, is_verbose=any(name == "verbose" for name, _ in items))

    def _all(self, root: str, checks: dict[str, Check], excluded: set[str], *, is_verbose: bool) -> Response:
        lines: list[str] = []
        has_failed = False
        for name, check in checks.items():
            if name in excluded:
                lines.append(f"[+]{name} excluded: ok\n")
            elif check():
                has_failed = True
                lines.append(f"[-]{name} failed: reason withheld\n")
            else:
                lines.append(f"[+]{name} ok\n")
        if has_failed:
            return text_answer("".join(lines) + f"{root} check failed\n", 500)
        return text_answer("".join(lines) + f"{root} check passed\n") if is_verbose else text_answer("ok")


def text_answer(text: str, status: int = 200) -> Response:
    """Plain text that no browser takes for anything else."""
    return Response(status, TEXT, text.encode(), [NO_SNIFF])
