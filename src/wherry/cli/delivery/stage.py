"""Where the delivery commands stand: the project, its clusters, and what goes wrong in a sentence."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

from wherry.apimachinery.errors import Forbidden, StatusError
from wherry.cli.missing_right import way_to_the_right
from wherry.cli.output import Trouble
from wherry.cli.termination import TERMINATED
from wherry.cli.where import Where
from wherry.method.delivery.clusters import Clusters
from wherry.method.delivery.refusal import CannotDeliver
from wherry.method.project import NotAProject, Project, find_project
from wherry.runtime.interface import RuntimeFailure

T = TypeVar("T")


@contextlib.contextmanager
def told() -> Iterator[None]:
    """What goes wrong in a stage, as a sentence with a way out: never a traceback."""
    try:
        yield
    except asyncio.CancelledError:
        # SIGTERM, while something was open that had to be closed first.
        sys.exit(TERMINATED)
    except CannotDeliver as error:
        raise Trouble(error.message, remedy=error.remedy, exit_code=error.exit_code) from error
    except NotAProject as error:
        raise Trouble(str(error), remedy=error.remedy, exit_code=2) from error
    except RuntimeFailure as error:
        raise Trouble(str(error), remedy="wherry image list shows what is there") from error
    except Forbidden as error:
        raise Trouble(error.message, remedy=way_to_the_right(error.message), exit_code=4) from error
    except StatusError as error:
        raise Trouble(f"the cluster refuses: {error.message}", remedy="wherry status") from error
    except BrokenPipeError:
        raise
    except (ConnectionError, TimeoutError) as error:
        raise Trouble(
            f"the cluster does not answer ({str(error) or type(error).__name__})",
            remedy="wherry status, and if it is not running: wherry up",
            exit_code=3,
        ) from error


def on_clusters(where: Where, use: Callable[[Clusters], Awaitable[T]]) -> T:
    """Call `use` with the way to the clusters, and turn what goes wrong into sentences."""

    async def connected() -> T:
        async with where.clusters() as clusters:
            return await use(clusters)

    with told():
        return asyncio.run(connected())


def project_here(folder: Path | None = None) -> Project:
    """The project that a folder (by default the working one) belongs to. Raises Trouble."""
    with told():
        return find_project(folder or Path.cwd())


def project_or_none(folder: Path | None = None) -> Project | None:
    """The same where a project is of use and not needed; a broken wherry.toml is still said."""
    from wherry.method.project import FILE_NAME

    start = (folder or Path.cwd()).absolute()
    has_one = any((place / FILE_NAME).is_file() for place in (start, *start.parents))
    return project_here(start) if has_one else None
