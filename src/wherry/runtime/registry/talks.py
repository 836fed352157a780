"""Who is asked, as whom, and what a talk that went wrong is called.

Mirrors come before the registry itself, and each credential that fits is tried. The last refusal is what people hear.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import msgspec

from wherry.runtime.images.reference import Reference
from wherry.runtime.interface import Credentials, FailedPrecondition, Keyring
from wherry.runtime.registry import failures
from wherry.runtime.registry.connections import Connections, TlsContexts
from wherry.runtime.registry.credentials import credentials_for
from wherry.runtime.registry.downloads import Unavailable
from wherry.runtime.registry.endpoints import Endpoint
from wherry.runtime.registry.session import PULL, Refused, Session

T = TypeVar("T")
_DENIED = frozenset((401, 403))


@dataclass(frozen=True, slots=True)
class Talks:
    """How talks are begun. `environ` may name a proxy; `contexts` remember whom we trust."""

    environ: Mapping[str, str]
    contexts: TlsContexts = field(default_factory=TlsContexts)

    async def ask(
        self,
        about: failures.About,
        endpoints: Sequence[Endpoint],
        keyring: Keyring,
        deed: Callable[[Session], Awaitable[T]],
        *,
        actions: str = PULL,
        also_reads: Sequence[str] = (),
    ) -> T:
        """Do something with the first endpoint that lets us, as the first of our users that it lets.

        Raises:
            RegistryFailure: none gives, or takes; the last one's words.
            FailedPrecondition: what it has there is no image.
        """
        failure: failures.RegistryFailure | None = None
        for endpoint in endpoints:
            for credentials in credentials_for(keyring, _looked_up(endpoint, about.reference)) or (None,):
                try:
                    async with self._session(about, endpoint, credentials, actions, also_reads) as session:
                        return await deed(session)
                except failures.RegistryFailure as error:
                    failure = error
                    if endpoint.is_tried and error.cause not in failures.NO_ANSWER:
                        raise
                    if error.cause is not failures.Cause.DENIED:
                        break
        assert failure is not None, "there is always an endpoint to ask"
        raise failure

    @asynccontextmanager
    async def _session(
        self,
        about: failures.About,
        endpoint: Endpoint,
        credentials: Credentials | None,
        actions: str,
        also_reads: Sequence[str],
    ) -> AsyncIterator[Session]:
        connections = Connections(endpoint, self.contexts, self.environ)
        session = Session(connections, about.reference.path, credentials, actions, also_reads)
        try:
            yield session
        except Refused as error:
            raise refusal(about, session, error.status, error.words) from error
        except Unavailable as error:
            raise refusal(about, session, error.status, "") from error
        except OSError as error:
            raise failures.unreachable(about, endpoint, error) from error
        except (msgspec.DecodeError, RecursionError) as error:
            raise FailedPrecondition(
                f"{about.begin}: what {endpoint.url} has there is no container image: {error}"
            ) from error
        finally:
            connections.close()


def refusal(about: failures.About, session: Session, status: int, words: str) -> failures.RegistryFailure:
    """What an answer other than the one that was hoped for means."""
    endpoint = session.endpoint
    if status in _DENIED:
        return failures.denied(about, endpoint, words, had_credentials=session.is_known)
    if status == 404:
        return failures.not_found(about, endpoint)
    if status == 429:
        return failures.too_many(about, endpoint, words)
    return failures.unexpected(about, endpoint, status, words)


def _looked_up(endpoint: Endpoint, reference: Reference) -> Reference:
    """What credentials are looked up for: a mirror never hears what is for the registry."""
    if not endpoint.is_mirror:
        return reference
    return Reference(endpoint.authority, endpoint.repository(reference.path), reference.tag, reference.digest)
