"""How a program that somebody ran in a container has ended, as clients want to hear it."""

from __future__ import annotations

from dataclasses import dataclass

from wherry.apimachinery.document import Document


@dataclass(frozen=True, slots=True)
class Outcome:
    """What went wrong ("": nothing), and the exit code if it is the program itself that failed."""

    message: str = ""
    exit_code: int | None = None

    def status(self) -> Document:
        """The Status that newer protocols tell it with."""
        if not self.message:
            return {"metadata": {}, "status": "Success"}
        status: Document = {"metadata": {}, "status": "Failure", "message": self.message}
        if self.exit_code is None:
            return {**status, "reason": "InternalError", "code": 500}
        cause: Document = {"reason": "ExitCode", "message": str(self.exit_code)}
        return {**status, "reason": "NonZeroExitCode", "details": {"causes": [cause]}}


def outcome_of(exit_code: int) -> Outcome:
    """The end of a program that ran."""
    if not exit_code:
        return Outcome()
    return Outcome(f"command terminated with non-zero exit code: exit status {exit_code}", exit_code)
