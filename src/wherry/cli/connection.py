"""The command line's way to a cluster: its folder, its kubeconfig, a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from wherry.apimachinery.errors import StatusError
from wherry.cli.missing_right import way_to_the_right
from wherry.cli.output import Trouble
from wherry.cli.troubles import known
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir

T = TypeVar("T")


def with_client(
    kubeconfig: Path | None, data_dir: DataDir, use: Callable[[Client], Awaitable[T]], *, context: str = ""
) -> T:
    """Connect, call `use`, and turn what can go wrong into sentences.

    Args:
        kubeconfig: of any cluster; None means the one of `data_dir`.
        data_dir: Wherry's folder.
        use: gets the client; its result is returned.
        context: one of the kubeconfig's contexts; the current one, if not named.
    """
    path = kubeconfig or data_dir.kubeconfig
    if not path.exists():
        raise known("W0101", home=data_dir.root)

    async def connect_and_use() -> T:
        from wherry.client.kubeconfig import KubeconfigError, transport_from_kubeconfig

        try:
            transport = transport_from_kubeconfig(path, context=context)
        except KubeconfigError as error:
            raise known("W0103", kubeconfig=path, error=error) from error
        try:
            return await use(Client(transport, user_agent="wherry"))
        finally:
            await transport.close()

    try:
        return asyncio.run(connect_and_use())
    except StatusError as error:
        raise refused(error) from error
    except BrokenPipeError:
        # The reader of our answer (head, less) has left; `main` knows what to do.
        raise
    except (ConnectionError, OSError) as error:
        raise known("W0102", kubeconfig=path, error=error) from error


def refused(error: StatusError) -> Trouble:
    """What an API server's refusal means for a person."""
    code = {401: "W0302", 403: "W0301", 504: "W0304"}.get(error.code, "W0303")
    return known(code, error=error.message, do=way_to_the_right(error.message))
