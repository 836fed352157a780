"""Tells the API server how a pod is: the first report at once, then one at a time, the latest wins.

The node knows best how its pods are. Somebody else may say otherwise: while a node was silent, the node controller
says that its pods are not ready. When the node is back it says again what it knows.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict, NotFound, StatusError
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger
from wherry.reconcile.pods import is_terminal

RETRY_FIRST_S = 0.2
RETRY_LONGEST_S = 10.0

log = get_logger(__name__)


@dataclass(slots=True)
class StatusWriter:
    """One pod's reports. `put` returns whether the caller has to run `write` (nobody does yet)."""

    client: Client
    clock: Clock
    _next: Document | None = None
    _is_writing: bool = False
    _last: Document = field(default_factory=dict)
    _last_revision: str = ""

    def put(self, status: Document) -> bool:
        """Replace what will be reported next."""
        if not self._is_writing and status == self._last:
            return False
        self._next = status
        if self._is_writing:
            return False
        self._is_writing = True
        return True

    def is_overwritten(self, pod: Pod) -> bool:
        """Whether somebody else has changed a condition since the last report. Then the next `put` counts."""
        if self._is_writing or not self._last or not _is_later(pod.metadata.resource_version, self._last_revision):
            return False
        if is_terminal(pod):
            return False
        now = {(one.type, one.status, one.reason) for one in pod.status.conditions}
        if _conditions(self._last) <= now:
            return False
        self._last = {}
        return True

    async def write(self, pod: Pod) -> None:
        """Report until there is nothing new; errors of the API server are tried again."""
        meta = pod.metadata
        retry_s = RETRY_FIRST_S
        try:
            while self._next is not None:
                status, self._next = self._next, None
                try:
                    # The uid makes a pod of the same name that came after this one refuse the report.
                    patch: Document = {"metadata": {"uid": meta.uid}, "status": status}
                    after = await self.client.patch(
                        PODS, meta.name, patch, meta.namespace, subresource="status", patch_type="strategic"
                    )
                    self._last, self._last_revision = status, after.metadata.resource_version
                    retry_s = RETRY_FIRST_S
                except (NotFound, Conflict):
                    self._next = None
                except (StatusError, OSError, EOFError) as error:
                    log.warning("Could not report status", pod=str(meta.key), err=str(error))
                    self._keep(status)
                    await self.clock.sleep(retry_s)
                    retry_s = min(RETRY_LONGEST_S, retry_s * 2)
        finally:
            self._is_writing = False

    def _keep(self, status: Document) -> None:
        """Report this again, unless something newer has come."""
        if self._next is None:
            self._next = status


def _conditions(status: Document) -> set[tuple[object, object, object]]:
    """What a report says of each condition: its type, its status and the reason."""
    reported = status["conditions"]
    assert isinstance(reported, list)
    return {(one["type"], one["status"], one.get("reason") or "") for one in reported}


def _is_later(revision: str, than: str) -> bool:
    """Whether a revision came after another; what is no number cannot be told."""
    return revision.isdigit() and than.isdigit() and int(revision) > int(than)
