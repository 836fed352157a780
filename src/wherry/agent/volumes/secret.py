"""secret: the keys of a Secret as files, current while the pod runs."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence

from wherry.agent.volumes.interface import ContentType, File, Files, VolumeContext, VolumeFailure
from wherry.agent.volumes.keys import DEFAULT_MODE, select_files
from wherry.api.core.secret import SECRETS
from wherry.api.core.volume import KeyToPath, Volume


async def secret_files(
    name: str, items: Sequence[KeyToPath], mode: int, context: VolumeContext, *, optional: bool
) -> dict[str, File]:
    """The files that a Secret gives. Raises VolumeFailure."""
    secret = await context.objects.get(SECRETS, context.namespace, name)
    if secret is None:
        if optional:
            return {}
        raise VolumeFailure(f'secret "{name}" not found', waits=True)
    data = {key: b64decode(text) for key, text in secret.data.items()}
    return select_files(data, items, mode, source="secret", optional=optional)


async def _render(volume: Volume, context: VolumeContext) -> Files:
    source = volume.secret
    assert source is not None
    mode = DEFAULT_MODE if source.default_mode is None else source.default_mode
    return await secret_files(source.secret_name, source.items, mode, context, optional=bool(source.optional))


SECRET = ContentType("secret", _render)
