"""How much of each thing: amounts by resource name, added up, compared and written down.

Like Kubernetes' ResourceList. Exact: an amount is counted in billionths, the finest step of a quantity, and
remembers how it was written, so that memory stays in Mi and money in m.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

from wherry.apimachinery.quantity import QuantityForm, QuantityText, format_quantity, parse_quantity, quantity_form

NANO = 10**9


class Amount(NamedTuple):
    """So many billionths, and the form in which it is printed."""

    nano: int
    form: QuantityForm = "DecimalSI"

    def __str__(self) -> str:
        """As Kubernetes prints it."""
        return format_quantity(Fraction(self.nano, NANO), self.form)


Amounts = Mapping[str, Amount]

ONE = Amount(NANO)


def amount_from(quantity: QuantityText) -> Amount:
    """Read a quantity. Raises QuantityError."""
    return Amount(int(parse_quantity(quantity) * NANO), quantity_form(quantity))


def amounts_from(quantities: Mapping[str, QuantityText]) -> dict[str, Amount]:
    """Read a resource list. Raises QuantityError."""
    return {name: amount_from(quantity) for name, quantity in quantities.items()}


def texts_from(amounts: Amounts) -> dict[str, str]:
    """Write a resource list."""
    return {name: str(amount) for name, amount in amounts.items()}


def add(left: Amounts, right: Amounts) -> dict[str, Amount]:
    """The sum, name by name; what is absent counts as nothing."""
    return _joined(left, right, lambda one, other: one + other)


def subtract(left: Amounts, right: Amounts) -> dict[str, Amount]:
    """The difference, name by name; it may be below zero."""
    return _joined(left, right, lambda one, other: one - other)


def largest(left: Amounts, right: Amounts) -> dict[str, Amount]:
    """The larger of both, name by name."""
    return _joined(left, right, max)


def total(each: Iterable[Amounts]) -> dict[str, Amount]:
    """The sum of all."""
    whole: dict[str, Amount] = {}
    for amounts in each:
        whole = add(whole, amounts)
    return whole


def only(amounts: Amounts, names: Collection[str]) -> dict[str, Amount]:
    """The amounts of these names."""
    return {name: amount for name, amount in amounts.items() if name in names}


def above(amounts: Amounts, limits: Amounts) -> list[str]:
    """The names of which there is more than allowed, sorted; what has no limit is never too much."""
    return sorted(name for name, limit in limits.items() if name in amounts and amounts[name].nano > limit.nano)


def print_amounts(amounts: Amounts) -> str:
    """`pods=1,requests.cpu=500m`: how messages show a resource list."""
    return ",".join(f"{name}={amounts[name]}" for name in sorted(amounts))


def _joined(left: Amounts, right: Amounts, join: Callable[[int, int], int]) -> dict[str, Amount]:
    result = dict(left)
    for name, amount in right.items():
        before = result.get(name)
        nano = join(before.nano if before else 0, amount.nano)
        # Zero has no form of its own: it takes that of what is added to it.
        result[name] = Amount(nano, before.form if before and before.nano else amount.form)
    return result
