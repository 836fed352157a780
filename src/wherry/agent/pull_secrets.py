"""What a pod's imagePullSecrets say: as whom its images are fetched."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass

from wherry.agent.objects import ObjectUser
from wherry.api.core.pod import Pod
from wherry.api.core.secret import LOGINS, SECRETS, Secret
from wherry.runtime.interface import NO_KEYS, Keyring
from wherry.runtime.registry.credentials import InvalidCredentials, docker_cfg_keyring, docker_config_keyring

_READERS: dict[str, Callable[[bytes], Keyring]] = {
    ".dockercfg": docker_cfg_keyring,
    ".dockerconfigjson": docker_config_keyring,
}


@dataclass(frozen=True, slots=True)
class PullSecrets:
    """The credentials that could be read, and the sentence about those that could not ("" when all could)."""

    keyring: Keyring = NO_KEYS
    trouble: str = ""


async def read_pull_secrets(pod: Pod, objects: ObjectUser) -> PullSecrets:
    """All of a pod's secrets together; one that is missing or broken does not stop the others."""
    keyring, missing, broken = NO_KEYS, list[str](), list[str]()
    for name in dict.fromkeys(reference.name for reference in pod.spec.image_pull_secrets if reference.name):
        secret = await objects.get(SECRETS, pod.metadata.namespace, name)
        if secret is None:
            missing.append(name)
            continue
        try:
            keyring += keyring_of(secret)
        except InvalidCredentials as error:
            missing.append(name)
            broken.append(f"The Secret {name} cannot be used: {error}.")
    if not missing:
        return PullSecrets(keyring)
    sentence = (
        f"Unable to retrieve some image pull secrets ({', '.join(missing)}); attempting to pull the image may not "
        "succeed."
    )
    return PullSecrets(keyring, " ".join([sentence, *broken]))


def keyring_of(secret: Secret) -> Keyring:
    """The credentials in one Secret. Raises InvalidCredentials when it has none, or they cannot be read."""
    key = LOGINS.get(secret.type, "")
    if not key:
        raise InvalidCredentials(f"its type is {secret.type or 'Opaque'}, not one of {', '.join(sorted(LOGINS))}")
    try:
        document = base64.b64decode(secret.data.get(key, ""), validate=True)
    except binascii.Error as error:
        raise InvalidCredentials(f"{key} is not base64") from error
    return _READERS[key](document)
