"""Tells the API server how a pod is: the first report at once, then one at a time, the latest wins."""

from __future__ import annotations

from dataclasses import dataclass, field

from wherry.api.core.pod import PODS, Pod
from wherry.apimachinery.document import Document
from wherry.apimachinery.errors import Conflict, NotFound, StatusError
from wherry.client.client import Client
from wherry.kit.clock import Clock
from wherry.kit.log import get_logger

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

    def put(self, status: Document) -> bool:
        """Replace what will be reported next."""
        if not self._is_writing and status == self._last:
            return False
        self._next = status
        if self._is_writing:
            return False
        self._is_writing = True
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
                    await self.client.patch(
                        PODS, meta.name, patch, meta.namespace, subresource="status", patch_type="strategic"
                    )
                    self._last = status
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
