"""The command line's way to a cluster: its folder, its kubeconfig, a client."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from wherry.apimachinery.errors import StatusError
from wherry.cli.output import Trouble
from wherry.client.client import Client
from wherry.cluster.data_dir import DataDir

T = TypeVar("T")


def with_client(kubeconfig: Path | None, data_dir: DataDir, use: Callable[[Client], Awaitable[T]]) -> T:
    """Connect, call `use`, and turn what can go wrong into sentences.

    Args:
        kubeconfig: of any cluster; None means the one of `data_dir`.
        data_dir: Wherry's folder.
        use: gets the client; its result is returned.
    """
    path = kubeconfig or data_dir.kubeconfig
    if not path.exists():
        raise Trouble(f"there is no cluster in {data_dir.root} yet", remedy="wherry up", exit_code=3)

    async def connect_and_use() -> T:
        from wherry.client.kubeconfig import transport_from_kubeconfig

        transport = transport_from_kubeconfig(path)
        try:
            return await use(Client(transport, user_agent="wherry"))
        finally:
            await transport.close()

    try:
        return asyncio.run(connect_and_use())
    except StatusError as error:
        raise Trouble(error.message) from error
    except BrokenPipeError:
        # The reader of our answer (head, less) has left; `main` knows what to do.
        raise
    except (ConnectionError, OSError) as error:
        raise Trouble(
            f"the API server of {path} does not answer ({error})",
            remedy="wherry status, and if it is not running: wherry up",
            exit_code=3,
        ) from error
