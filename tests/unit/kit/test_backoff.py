from __future__ import annotations

from random import Random

from wherry.kit.backoff import Backoff
from wherry.kit.ids import SAFE_ALPHABET, name_suffix, new_uid, safe_encode_hash


def test_delays_double_up_to_the_maximum_and_begin_again_after_a_reset() -> None:
    backoff = Backoff(Random(1), initial_s=1, maximum_s=5, jitter=0)
    assert [backoff.next_s() for _ in range(5)] == [1, 2, 4, 5, 5]
    backoff.reset()
    assert backoff.next_s() == 1


def test_jitter_only_lengthens(seeded: Random) -> None:
    backoff = Backoff(seeded, initial_s=1, maximum_s=1, jitter=0.5)
    delays = {backoff.next_s() for _ in range(50)}
    assert all(1 <= delay <= 1.5 for delay in delays)
    assert len(delays) > 40


def test_names_and_hashes_use_the_safe_alphabet(seeded: Random) -> None:
    assert len(name_suffix(seeded)) == 5
    assert set(name_suffix(seeded, 500)) <= set(SAFE_ALPHABET)
    # As Kubernetes encodes it: "0" is code 48, and 48 modulo 27 is 21.
    assert safe_encode_hash(0) == SAFE_ALPHABET[21]
    assert safe_encode_hash(67) == "bc"
    assert new_uid() != new_uid()
