"""A function of CEL in one of its forms: its types, what it does, what it costs, how large its result gets.

A signature reads as in CEL's documentation: `size(string) -> int` is a function, `string.charAt(int) -> string` a
method; `A` and `B` stand for any type.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wherry.apimachinery.cel.types import Type, parse_type, split_types

Sizes = Sequence[int]
"""How large each argument is: characters, items, entries; 1 for all else."""

Price = Callable[[Sizes], int]

_QUALIFIED = re.compile(r"(?:math|sets|lists|strings|optional|format|ip|base64|cel)\.\S+\(.*")

# Looking at a text costs a tenth of a unit for each character, as upstream.
PER_CHARACTER = 0.1


@dataclass(frozen=True, slots=True)
class Overload:
    """One form of a function. `price` and `result_size` judge by the sizes of the arguments."""

    name: str
    is_member: bool
    params: tuple[Type, ...]
    result: Type
    call: Callable[..., object]
    price: Price
    result_size: Price


def one(sizes: Sizes) -> int:
    """What most things cost."""
    return 1


def largest(sizes: Sizes) -> int:
    """A result as large as the largest argument."""
    return max(sizes, default=1)


def total(sizes: Sizes) -> int:
    """A result as large as all arguments together."""
    return sum(sizes)


def reading(*positions: int) -> Price:
    """The price of looking at every character of these arguments."""
    return lambda sizes: max(1, math.ceil(sum(sizes[each] for each in positions) * PER_CHARACTER))


def walking(*positions: int) -> Price:
    """The price of looking at every item of these arguments."""
    return lambda sizes: max(1, sum(sizes[each] for each in positions))


def crossing(first: int, second: int) -> Price:
    """The price of comparing every item of one with every item of the other."""
    return lambda sizes: max(1, sizes[first] * sizes[second])


def matching(text: int, pattern: int) -> Price:
    """The price of a regular expression."""
    return lambda sizes: max(1, math.ceil((sizes[text] + 1) * PER_CHARACTER) * math.ceil(sizes[pattern] * 0.25))


def overload(signature: str, call: Callable[..., object], price: Price = one, result_size: Price = largest) -> Overload:
    """Declare a function."""
    head, _, result = signature.partition(" -> ")
    before, _, params = head.partition("(")
    params = params[:-1]
    types = tuple(parse_type(part) for part in split_types(params))
    target, dot, name = before.rpartition(".")
    is_member = bool(dot) and _QUALIFIED.fullmatch(head) is None
    if is_member:
        types = (parse_type(target), *types)
    return Overload(name if is_member else before, is_member, types, parse_type(result), call, price, result_size)
