"""Your own credentials, where `docker login` leaves them: a file, or a program that asks the system's key store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from wherry.kit.process import run
from wherry.kit.threads import run_in_thread
from wherry.runtime.images.reference import DEFAULT_REGISTRY, Reference
from wherry.runtime.interface import NO_KEYS, Credentials, Keyring
from wherry.runtime.registry.credentials import InvalidCredentials, credential_helpers, docker_config_keyring

PROGRAM_TIMEOUT_S = 30.0
# What such programs say of a token instead of a name.
TOKEN_NAME = "<token>"  # noqa: S105 - no secret: the word that stands where a name would


class _Answer(msgspec.Struct, frozen=True, rename="pascal"):
    username: str = ""
    secret: str = ""


def config_file(environ: Mapping[str, str]) -> Path:
    """Docker's configuration of whoever calls."""
    folder = environ.get("DOCKER_CONFIG")
    return Path(folder) / "config.json" if folder else Path(environ.get("HOME", "/root")) / ".docker" / "config.json"


async def read_keyring(environ: Mapping[str, str], reference: Reference) -> Keyring:
    """The credentials for an image's registry; none when nobody has logged in.

    Raises:
        InvalidCredentials: the file, or the program that it names, cannot be used.
    """
    try:
        document = await run_in_thread(config_file(environ).read_bytes)
    except (FileNotFoundError, NotADirectoryError):
        return NO_KEYS
    except OSError as error:
        raise InvalidCredentials(f"it cannot be read: {error.strerror}") from error
    program = credential_helpers(document).program_for(reference.registry)
    from_program = await _ask(program, reference.registry, environ) if program else NO_KEYS
    return from_program + docker_config_keyring(document)


async def _ask(program: str, registry: str, environ: Mapping[str, str]) -> Keyring:
    """What a credential helper knows of a registry; it fails for those that it does not know."""
    asked = "https://index.docker.io/v1/" if registry == DEFAULT_REGISTRY else registry
    try:
        done = await run([program, "get"], input=asked.encode(), timeout_s=PROGRAM_TIMEOUT_S, env=environ)
    except FileNotFoundError as error:
        raise InvalidCredentials(f"it names {program}, which is not installed") from error
    except TimeoutError as error:
        raise InvalidCredentials(str(error)) from error
    if done.exit_code != 0:
        return NO_KEYS
    try:
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except msgspec.DecodeError as error:
        raise InvalidCredentials(f"{program} says what nobody understands: {error}") from error
    if answer.username == TOKEN_NAME:
        return Keyring(((registry, Credentials(identity_token=answer.secret)),))
    return Keyring(((registry, Credentials(answer.username, answer.secret)),))
