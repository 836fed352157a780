"""projected: several sources in one directory; among them the service account's token, renewed in time."""

from __future__ import annotations

from wherry.agent.volumes.config_map import config_map_files
from wherry.agent.volumes.downward_api import downward_files
from wherry.agent.volumes.interface import ContentType, File, Files, VolumeContext, VolumeFailure
from wherry.agent.volumes.keys import DEFAULT_MODE, check_path
from wherry.agent.volumes.secret import secret_files
from wherry.api.core.volume import ServiceAccountTokenProjection, Volume, VolumeProjection

DEFAULT_EXPIRATION_S = 3600
PRIVATE_MODE = 0o600


async def _render(volume: Volume, context: VolumeContext) -> Files:
    source = volume.projected
    assert source is not None
    mode = DEFAULT_MODE if source.default_mode is None else source.default_mode
    files: dict[str, File] = {}
    for projection in source.sources:
        files.update(await _project(projection, mode, context))
    return files


async def _project(projection: VolumeProjection, mode: int, context: VolumeContext) -> dict[str, File]:
    if (config_map := projection.config_map) is not None:
        optional = bool(config_map.optional)
        return await config_map_files(config_map.name, config_map.items, mode, context, optional=optional)
    if (secret := projection.secret) is not None:
        return await secret_files(secret.name, secret.items, mode, context, optional=bool(secret.optional))
    if projection.downward_api is not None:
        return downward_files(projection.downward_api.items, mode, context)
    if projection.service_account_token is not None:
        return await _token_file(projection.service_account_token, mode, context)
    raise VolumeFailure("a projected volume has a source that Wherry does not support")


async def _token_file(projection: ServiceAccountTokenProjection, mode: int, context: VolumeContext) -> dict[str, File]:
    check_path(projection.path)
    expiration_s = projection.expiration_seconds or DEFAULT_EXPIRATION_S
    token = await context.tokens.token(context.pod, projection.audience, expiration_s)
    context.refresh_at_s.append(token.refresh_at_s)
    # With a group of its own the token is for that group only; otherwise any user of the pod may need it.
    security = context.pod.spec.security_context
    is_private = security is not None and security.fs_group is not None
    return {projection.path: File(token.text.encode(), PRIVATE_MODE if is_private else mode)}


PROJECTED = ContentType("projected", _render)
