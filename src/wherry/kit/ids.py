"""Identities: object uids, random name endings, and hashes that are safe inside a name."""

from __future__ import annotations

from os import urandom
from random import Random

# No vowels and no 0, 1, 3: a random ending can neither spell a word nor be misread.
# Source: kubernetes apimachinery/pkg/util/rand.
SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


def new_uid() -> str:
    """A new object uid (a random UUID: version 4 of RFC 9562)."""
    digits = urandom(16).hex()
    # Two of its bits say which variant it is, four which version.
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"


def name_suffix(random: Random, length: int = 5) -> str:
    """The random ending of a generated name, such as `x7k2p`."""
    return "".join(random.choices(SAFE_ALPHABET, k=length))


def safe_encode_hash(number: int) -> str:
    """A hash as it appears in the names of ReplicaSets: its decimal digits in the safe alphabet."""
    return "".join(SAFE_ALPHABET[ord(digit) % len(SAFE_ALPHABET)] for digit in str(number))
