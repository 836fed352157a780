from __future__ import annotations

import pytest

from wherry.runtime.interface import FailedPrecondition, ImageConfig, Security
from wherry.runtime.oci.users import User, resolve_user

PASSWD = "root:x:0:0:root:/root:/bin/sh\napp:x:1000:1001:App:/home/app:/bin/sh\n12:x:77:77::/:/bin/sh\nbroken\n"
GROUP = "root:x:0:\nextra:x:7:app,other\nweb:x:8:\nbroken\n"


def resolve(image_user: str = "", **security: object) -> User:
    return resolve_user(Security(**security), ImageConfig(user=image_user), PASSWD, GROUP)  # type: ignore[arg-type]


def test_without_a_word_it_is_root() -> None:
    assert resolve() == User(0, 0, (), "/root")


def test_a_name_brings_its_groups_and_home() -> None:
    assert resolve("app") == User(1000, 1001, (7,), "/home/app")
    assert resolve("app:web") == User(1000, 8, (7,), "/home/app")
    assert resolve("1000") == User(1000, 1001, (7,), "/home/app")


def test_numbers_need_no_entry_and_names_that_look_like_numbers_are_numbers() -> None:
    assert resolve("4000:5000") == User(4000, 5000, (), "/")
    assert resolve("12") == User(12, 0, (), "/")


def test_the_pod_wins_over_the_image() -> None:
    assert resolve("app:web", user=3, group=4, supplemental_groups=(9, 5)) == User(3, 4, (5, 9), "/")


@pytest.mark.parametrize("text", ["nosuch", "app:nosuch", "-1", "99999999999", "a\nb"])
def test_unknown_names_are_refused(text: str) -> None:
    with pytest.raises(FailedPrecondition, match="unable to find"):
        resolve(text)


def test_root_is_refused_in_kubernetes_words() -> None:
    with pytest.raises(FailedPrecondition, match=r"^container has runAsNonRoot and image will run as root$"):
        resolve(run_as_non_root=True)
    with pytest.raises(FailedPrecondition, match="container's runAsUser breaks non-root policy"):
        resolve("app", user=0, run_as_non_root=True)
    with pytest.raises(FailedPrecondition, match=r"non-numeric user \(app\), cannot verify"):
        resolve("app", run_as_non_root=True)
    assert resolve("1000", run_as_non_root=True).uid == 1000
