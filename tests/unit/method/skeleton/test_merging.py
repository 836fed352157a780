from __future__ import annotations

import pytest

from wherry.method.skeleton.git import blob_name
from wherry.method.skeleton.merging import Action, OldFile, plan_update

OLD = OldFile(blob_name(b"old"), b"old")


@pytest.mark.parametrize(
    ("old", "new", "yours", "action"),
    [
        (None, b"new", None, Action.ADD),
        (None, b"new", b"new", None),
        (None, b"new", b"mine", Action.MERGE),
        (OLD, b"old", b"mine", None),
        (OLD, b"old", None, None),
        (OLD, b"new", b"old", Action.REPLACE),
        (OLD, b"new", b"new", None),
        (OLD, b"new", b"mine", Action.MERGE),
        (OLD, b"new", None, Action.KEEP),
        (OLD, None, b"old", Action.DELETE),
        (OLD, None, b"mine", Action.KEEP),
        (OLD, None, None, None),
        (OldFile(OLD.name, None), b"new", b"old", Action.REPLACE),
        (OldFile(OLD.name, None), b"new", b"mine", Action.MERGE),
    ],
)
def test_three_texts_decide_what_is_done_with_a_file(
    old: OldFile | None, new: bytes | None, yours: bytes | None, action: Action | None
) -> None:
    changes = plan_update(
        {} if old is None else {"a": old}, {} if new is None else {"a": new}, {} if yours is None else {"a": yours}
    )
    assert [change.action for change in changes] == ([] if action is None else [action])
    assert all(change.why for change in changes)
