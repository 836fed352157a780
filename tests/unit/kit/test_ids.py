from __future__ import annotations

import uuid

from wherry.kit.ids import new_uid


def test_a_uid_is_a_random_uuid_written_as_usual() -> None:
    made = [new_uid() for _ in range(200)]
    assert len(set(made)) == len(made)
    for text in made:
        read = uuid.UUID(text)
        assert (str(read), read.version, read.variant) == (text, 4, uuid.RFC_4122)
