"""The macros over lists and maps with one variable, in the forms that folds.py recognises."""

from __future__ import annotations

from wherry.apimachinery.cel.frame import LIST_COST, Frame, Run, items_of
from wherry.apimachinery.cel.values import CelError, CostExceeded, type_name


def quantifier(over: Run, place: int, predicate: Run, *, stops_at: bool) -> Run:
    """`all` stops at the first false, `exists` at the first true; an error counts only if nothing stops it."""

    def run(frame: Frame) -> object:
        places, failure = frame.places, None
        for item in items_of(over(frame)):
            frame.budget -= 2
            if frame.budget < 0:
                raise CostExceeded
            places[place] = item
            try:
                holds = predicate(frame)
            except CelError as error:
                failure = failure or error
                continue
            if holds is stops_at:
                return stops_at
            if type(holds) is not bool:
                failure = failure or CelError(f"no such overload: {type_name(holds)} is no bool")
        if failure is not None:
            raise failure
        return not stops_at

    return run


def collecting(over: Run, place: int, item_of: Run, condition: Run | None) -> Run:
    """`map` and `filter`."""

    def run(frame: Frame) -> object:
        places = frame.places
        made: list[object] = []
        for item in items_of(over(frame)):
            frame.charge(LIST_COST + 1)
            places[place] = item
            if condition is not None:
                chosen = condition(frame)
                if chosen is False:
                    continue
                if chosen is not True:
                    raise CelError(f"no such overload: {type_name(chosen)} is no bool")
            made.append(item_of(frame))
        return made

    return run
